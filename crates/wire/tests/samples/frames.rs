//! One frame of every kind, and the decoder of every kind: what the other tests are made from.

use bytes::Bytes;
use posse_wire::msg::*;
use posse_wire::*;

pub const ID: CommandId = CommandId(0x0000_0002_0000_0011);

/// Decodes a frame as its kind says and encodes what came out.
pub fn again(frame: &Frame) -> Result<Frame, WireError> {
    let (id, kind) = (frame.id, frame.kind);
    Ok(match kind {
        Kind::Hello => Hello::decode(frame)?.frame(id),
        Kind::Welcome => Welcome::decode(frame)?.frame(id),
        Kind::Refused => Refused::decode(frame)?.frame(id),
        Kind::Heartbeat => Heartbeat::decode(frame)?.frame(id),
        Kind::Reach => Reach::decode(frame)?.frame(id),
        Kind::Down => Down::decode(frame)?.frame(id),
        Kind::Join => Join::decode(frame)?.frame(id),
        Kind::Deploy => Deploy::decode(frame)?.frame(id),
        Kind::Admission => Admission::decode(frame)?.frame(id),
        Kind::Leader => Leader::decode(frame)?.frame(id),
        Kind::Led => Led::decode(frame)?.frame(id),
        Kind::Seek => Seek::decode(frame)?.frame(id),
        Kind::Sought => Sought::decode(frame)?.frame(id),
        Kind::Doubt => Doubt::decode(frame)?.frame(id),
        Kind::Spawn => Spawn::decode(frame)?.frame(id),
        Kind::Offer => Offer::decode(frame)?.frame(id),
        Kind::Output | Kind::Input => StreamChunk::decode(frame)?.frame(kind, id),
        Kind::OutputAck | Kind::InputAck => StreamAck::decode(frame)?.frame(kind, id),
        Kind::Signal => Signal::decode(frame)?.frame(id),
        Kind::End => End::decode(frame)?.frame(id),
        Kind::Exit => Exit::decode(frame)?.frame(id),
        Kind::Resize => Resize::decode(frame)?.frame(id),
        Kind::Attach => Attach::decode(frame)?.frame(id),
        Kind::Settled => Settled::decode(frame)?.frame(id),
        Kind::Resumed => Resumed::decode(frame)?.frame(id),
        Kind::Current => Current::decode(frame)?.frame(id),
        Kind::Query => Query::decode(frame)?.frame(id),
        Kind::Reply => Reply::decode(frame)?.frame(id),
        Kind::Up => Up::decode(frame)?.frame(id),
        Kind::Launch => Launch::decode(frame)?.frame(id),
        Kind::Ask => Ask::decode(frame)?.frame(id),
        Kind::Answer => Answer::decode(frame)?.frame(id),
        Kind::Remove => Remove::decode(frame)?.frame(id),
        Kind::Hosts => Hosts::decode(frame)?.frame(id),
        Kind::Set => Set::decode(frame)?.frame(id),
        Kind::Commands => Commands::decode(frame)?.frame(id),
        Kind::Watch => Watch::decode(frame)?.frame(id),
        Kind::Event => Event::decode(frame)?.frame(id),
        Kind::Done => Done::decode(frame)?.frame(id),
        Kind::Burst => Burst::decode(frame)?.frame(),
        Kind::Control => Control::decode(frame)?.frame(id),
        Kind::Names => Names::decode(frame)?.frame(id),
        Kind::Named => Named::decode(frame)?.frame(id),
        Kind::Voters => Voters::decode(frame)?.frame(id),
        Kind::Recover => Recover::decode(frame)?.frame(id),
        Kind::Message => Packet::decode(frame)?.frame(),
        Kind::Enrol => Enrol::decode(frame)?.frame(id),
        Kind::Enrolled => Enrolled::decode(frame)?.frame(id),
        Kind::Follow => Follow::decode(frame)?.frame(id),
        Kind::Gone => Gone::decode(frame)?.frame(id),
        Kind::Lost => Lost::decode(frame)?.frame(id),
        Kind::Meet => Meet::decode(frame)?.frame(id),
        Kind::Met => Met::decode(frame)?.frame(id),
        Kind::Part => Part::decode(frame)?.frame(id),
        Kind::Introduce => Introduce::decode(frame)?.frame(id),
        Kind::Introduced => Introduced::decode(frame)?.frame(id),
        Kind::Called => Called::decode(frame)?.frame(id),
        Kind::Passed => Passed::decode(frame)?.frame(id),
        Kind::Job | Kind::Jobs | Kind::Lease | Kind::Leased => farm_again(frame)?,
        Kind::Bring | Kind::Brought | Kind::Ship | Kind::Shipped => data_again(frame)?,
        Kind::Group => Group::decode(frame)?.frame(id),
        Kind::Grouped => Grouped::decode(frame)?.frame(id),
        Kind::Mail => Mail::decode(frame)?.frame(id),
        Kind::Mailed => Mailed::decode(frame)?.frame(id),
    })
}

pub fn facts() -> Facts {
    Facts {
        hostname: "lab1".into(),
        arch: "x86_64".into(),
        system: "Linux 6.1.0".into(),
        version: "0.1.0".into(),
        cores: 8,
        memory: 1 << 34,
        user: "ada".into(),
        home: "/home/ada".into(),
        pid: 4711,
        listens: "10.0.0.7:4711".into(),
    }
}

pub fn entry() -> HostEntry {
    HostEntry {
        number: HostId(1),
        name: "lab1".into(),
        incarnation: Incarnation(2),
        state: HostState::Down { why: "gone".into() },
        launcher: "ssh".into(),
        parent: HostId::OWNER,
        rtt_us: 250,
        slots: 8,
        key: [3; 32],
        facts: facts(),
    }
}

pub fn spec() -> Spec {
    Spec {
        program: Program::Argv(vec!["sort".into(), "-n".into()]),
        directory: Directory::BelowHome("src".into()),
        environment: vec![("LANG".into(), "C".into())],
        loads: vec![
            Load { hosts: LoadHosts::All, text: "module load gcc".into() },
            Load { hosts: LoadHosts::of([HostId(2)]), text: "use cuda".into() },
        ],
        umask: Some(0o22),
        nice: -1,
        resource_limits: vec![ResourceLimit { name: "core".into(), soft: Some(0), hard: None }],
        terminal: None,
        pipes: vec![Pipe { fd: 0, input: true }, Pipe { fd: 1, input: false }],
        window: 65_536,
        input_window: 65_536,
        timeout_ms: Some(60_000),
        end_grace_ms: 1_000,
        session_grace_ms: 600_000,
        detached: false,
        parent: Some(ProcessId(0x0000_0100_0000_0003)),
        vm: "main".into(),
        title: "sort -n".into(),
    }
}

/// One frame of this kind.
pub fn sample(kind: Kind) -> Frame {
    let chunk = StreamChunk {
        rank: Rank(5),
        fd: Fd::STDOUT,
        offset: 4096,
        end: true,
        bytes: Bytes::from_static(b"hello\n"),
    };
    let (rank, fd, offset) = (Rank::ALL, Fd::STDIN, 4102);
    let ack = StreamAck { rank, fd, offset, closed: false, again: false };
    match kind {
        Kind::Output => chunk.frame(kind, ID),
        Kind::Burst => Burst { end: true, bytes: chunk.bytes }.frame(),
        Kind::Input => {
            StreamChunk { rank: Rank::ALL, fd: Fd::STDIN, end: false, ..chunk }.frame(kind, ID)
        }
        Kind::OutputAck => ack.frame(kind, ID),
        Kind::InputAck => StreamAck { closed: true, rank: Rank(5), ..ack }.frame(kind, ID),
        Kind::Hello | Kind::Welcome | Kind::Refused | Kind::Heartbeat | Kind::Reach => link(kind),
        Kind::Down | Kind::Join | Kind::Admission | Kind::Leader | Kind::Led => link(kind),
        Kind::Seek | Kind::Sought | Kind::Doubt => seek(kind),
        Kind::Spawn | Kind::Signal | Kind::End | Kind::Exit | Kind::Resize => command(kind),
        Kind::Attach | Kind::Settled | Kind::Resumed | Kind::Current => command(kind),
        Kind::Offer => command(kind),
        Kind::Query | Kind::Reply => command(kind),
        Kind::Control | Kind::Names | Kind::Named | Kind::Voters | Kind::Recover => registry(kind),
        Kind::Message | Kind::Enrol | Kind::Enrolled => process(kind),
        Kind::Follow | Kind::Gone | Kind::Lost | Kind::Passed => process(kind),
        Kind::Meet | Kind::Met | Kind::Part => process(kind),
        Kind::Introduce | Kind::Introduced | Kind::Called => process(kind),
        Kind::Group | Kind::Grouped | Kind::Mail | Kind::Mailed => board(kind),
        Kind::Job | Kind::Jobs | Kind::Lease | Kind::Leased => farm(kind),
        Kind::Bring | Kind::Brought | Kind::Ship | Kind::Shipped => data(kind),
        _ => request(kind),
    }
}

fn process(kind: Kind) -> Frame {
    let (host, incarnation) = (HostId(7), Incarnation(2));
    let process = ProcessId::new(host, incarnation, 5).unwrap_or(ProcessId(5));
    let by = ProcessId::new(HostId(2), incarnation, 6).unwrap_or(ProcessId(6));
    let id = CommandId(process.0);
    match kind {
        Kind::Message => Packet { from: by, to: process, bytes: Bytes::from_static(b"hi") }.frame(),
        Kind::Enrol => Enrol { claims: Some(process) }.frame(ID),
        Kind::Enrolled => Enrolled { process }.frame(ID),
        Kind::Follow => Follow { by }.frame(id),
        Kind::Gone => Gone { process: by, why: "it ended".into() }.frame(id),
        Kind::Meet => Meet { key: Some([4; 32]), answers: true }.frame(id),
        Kind::Met => Met { number: 3, permits: 2 }.frame(id),
        Kind::Part => Part {}.frame(id),
        Kind::Introduce => {
            let (listens, ticket, signature) = ("10.0.0.7:4711".into(), vec![5; 3], vec![6; 2]);
            let (from, key, answers) = (by, [4; 32], false);
            Introduce { from, key, answers, listens, ticket, signature }.frame(id)
        }
        Kind::Introduced => {
            let (there, here) = ("10.0.0.7:4711".into(), true);
            Introduced { key: [4; 32], answers: false, there, here }.frame(id)
        }
        Kind::Called => Called {}.frame(id),
        Kind::Lost => {
            let (hosts, why) = (vec![(host, incarnation)], "silent for 9 s".into());
            Lost { hosts, why }.frame(CommandId::NONE)
        }
        _ => {
            let what = Passing::Bytes(vec![1, 2, 3]);
            Passed { host, client: 4, what }.frame(CommandId::NONE)
        }
    }
}

fn board(kind: Kind) -> Frame {
    let by = ProcessId::new(HostId(7), Incarnation(2), 5).unwrap_or(ProcessId(5));
    let (name, flags) = ("workers".to_owned(), MailFlags::MULTI | MailFlags::OVERWRITABLE);
    let at = Stored { index: 3, version: 41, board: 9 };
    match kind {
        Kind::Group => {
            let again = Some(Heard { round: 7, members: 4, count: 4 });
            let ask = GroupAsk::Barrier { name, count: Some(4), strict: true, again };
            Group { by, ask }.frame(ID)
        }
        Kind::Grouped => Grouped::Members { members: vec![(2, by)], more: true }.frame(ID),
        Kind::Mail => {
            let ask = MailAsk::Keep { name, flags, value: b"here".to_vec(), at };
            Mail { by, ask }.frame(ID)
        }
        _ => {
            let entry = MailEntry { name, class: 9, index: 3, owner: Some(by), flags, bytes: 4 };
            Mailed::Listed { entries: vec![entry], more: false }.frame(ID)
        }
    }
}

fn led() -> Led {
    let lead = Lead { epoch: 1, term: 9 };
    Led { lead, leader: HostId(2), voters: vec![HostId(0), HostId(2), HostId(3)] }
}

fn link(kind: Kind) -> Frame {
    let (number, boot, key) = (HostId(7), 0x0123_4567_89ab_cdef, [9; 32]);
    match kind {
        Kind::Hello => {
            let lead = Lead { epoch: 1, term: 9 };
            let role = Role::Host { number, boot, key, lead, facts: Box::new(facts()) };
            Hello { wire: 1, wire_oldest: 1, vm: VmId([1; 16]), role }.frame(CommandId::NONE)
        }
        Kind::Welcome => Welcome {
            wire: 1,
            vm_name: "main".into(),
            host: number,
            incarnation: Incarnation(1),
            led: led(),
            ticket: vec![0xaa; 4],
            command_first: ID.0,
            command_count: 256,
            hosts: Hosts { hosts: vec![entry()], more: true },
            settings: vec![("cd".into(), b"/tmp".to_vec())],
            adopt: true,
        }
        .frame(CommandId::NONE),
        Kind::Refused => Refused { reason: "this is another vm".into() }.frame(CommandId::NONE),
        Kind::Heartbeat => Heartbeat { sent_us: 1_000_000, echo_us: 0 }.frame(CommandId::NONE),
        Kind::Reach => {
            Reach { down: vec![(number, "silent for 9 s".into())] }.frame(CommandId::NONE)
        }
        Kind::Down => Down { purge: true }.frame(CommandId::NONE),
        Kind::Join => {
            let parent = HostId(2);
            Join { number, parent, boot, key, facts: Box::new(facts()) }.frame(CommandId::NONE)
        }
        Kind::Leader => {
            let (address, ticket) = ("10.0.0.7:4711".into(), vec![0xaa; 4]);
            let at = LeaderAt::Host { number, address, ticket };
            Leader { at }.frame(CommandId::NONE)
        }
        Kind::Led => led().frame(CommandId::NONE),
        _ => {
            let (incarnation, ticket) = (Incarnation(1), vec![0xaa; 4]);
            let verdict = Verdict::Admitted { boot, incarnation, ticket, adopt: false };
            Admission { number, verdict }.frame(CommandId::NONE)
        }
    }
}

fn seek(kind: Kind) -> Frame {
    let (at, number, key) = (HostId(2), HostId(7), [9; 32]);
    match kind {
        Kind::Seek => {
            let (lead, ticket) = (Lead { epoch: 1, term: 9 }, vec![0xaa; 4]);
            let warrant = Warrant { lead, signer: [8; 32], ticket, signature: vec![0xbb; 4] };
            let address = "10.0.0.7:4711".into();
            Seek { at, number, address, key, warrant }.frame(CommandId::NONE)
        }
        Kind::Sought => {
            let why = "its port is closed".into();
            Sought { at, number, gone: true, why }.frame(CommandId::NONE)
        }
        _ => Doubt { number, silent_ms: Some(3_000) }.frame(CommandId::NONE),
    }
}

fn origin() -> Origin {
    let targets = vec![Target { host: HostId(2), first: Rank(2), count: 1 }];
    Origin { number: 4, targets }
}

fn command(kind: Kind) -> Frame {
    let host = HostId(7);
    match kind {
        Kind::Spawn => {
            let targets = vec![Target { host, first: Rank(0), count: 2 }];
            let (spec, again, anew, origin) = (spec().encode(), false, 0, origin());
            Spawn { size: 3, targets, spec, again, anew, origin }.frame(ID)
        }
        Kind::Offer => {
            let targets = vec![Target { host, first: Rank(0), count: 2 }];
            Offer { size: 3, spec: spec().encode(), targets, origin: origin() }.frame(ID)
        }
        Kind::Signal => Signal { rank: Some(Rank(5)), signal: 2 }.frame(ID),
        Kind::End => End { rank: None, signal: 15 }.frame(ID),
        Kind::Exit => {
            let status = Status::Lost { why: "gone".into(), outcome: Outcome::Unknown };
            Exit { rank: Rank(5), count: 2, status, elapsed_us: 1_500 }.frame(ID)
        }
        Kind::Resize => Resize { size: WindowSize { rows: 24, columns: 80 } }.frame(ID),
        Kind::Attach => Attach { follow: true }.frame(ID),
        Kind::Resumed => Resumed { host, anew: 5 }.frame(ID),
        Kind::Current => {
            Current { host, origin: HostId::OWNER, commands: vec![ID] }.frame(CommandId::NONE)
        }
        Kind::Settled => Settled { commands: vec![ID] }.frame(CommandId::NONE),
        Kind::Query => Query { targets: vec![host], question: Question::Load }.frame(ID),
        _ => {
            let load = HostLoad { load: [0.5, 1.0, 2.0], ..HostLoad::default() };
            Reply { host, answer: Answered::Load(load) }.frame(ID)
        }
    }
}

fn farm_again(frame: &Frame) -> Result<Frame, WireError> {
    let id = frame.id;
    Ok(match frame.kind {
        Kind::Job => Job::decode(frame)?.frame(id),
        Kind::Jobs => Jobs::decode(frame)?.frame(id),
        Kind::Lease => Lease::decode(frame)?.frame(id),
        _ => Leased::decode(frame)?.frame(id),
    })
}

fn farm(kind: Kind) -> Frame {
    let piece = Piece { at: 0, more: true, bytes: vec![1, 2, 3] };
    match kind {
        Kind::Job => Job(piece).frame(ID),
        Kind::Jobs => Jobs(piece).frame(ID),
        Kind::Lease => Lease { to: HostId(7), from: HostId(0), piece }.frame(CommandId::NONE),
        _ => Leased { to: HostId(0), from: HostId(7), piece }.frame(CommandId::NONE),
    }
}

fn data_again(frame: &Frame) -> Result<Frame, WireError> {
    let id = frame.id;
    Ok(match frame.kind {
        Kind::Bring => Bring::decode(frame)?.frame(id),
        Kind::Brought => Brought::decode(frame)?.frame(id),
        Kind::Ship => Ship::decode(frame)?.frame(id),
        _ => Shipped::decode(frame)?.frame(id),
    })
}

fn data(kind: Kind) -> Frame {
    let content = Content { hash: [7; 32], size: 70_000, executable: true };
    let (at, body) = (65_536, vec![1, 2, 3]);
    let (host, holder) = (HostId(7), HostId(0));
    match kind {
        Kind::Bring => Bring { content, at, bytes: 4_464 }.frame(CommandId::NONE),
        Kind::Brought => Brought { content, at, bytes: Ok(body) }.frame(CommandId::NONE),
        Kind::Ship => Ship { to: host, from: holder, body }.frame(CommandId::NONE),
        _ => Shipped { to: holder, from: host, body }.frame(CommandId::NONE),
    }
}

fn registry(kind: Kind) -> Frame {
    let (host, name, version) = (HostId(7), "db/main".to_owned(), 41);
    match kind {
        Kind::Control => {
            let body = vec![1, 2, 3];
            Control { to: HostId(2), from: host, body }.frame(CommandId::NONE)
        }
        Kind::Names => {
            let (client, seq, value) = (9, 3, b"10.0.0.7:5432".to_vec());
            let (process, version) = (Some((ID, Rank(5))), Some(version));
            Names::Register { client, seq, name, value, process, version }.frame(ID)
        }
        Kind::Named => {
            let (incarnation, rank) = (Incarnation(2), Rank::ALL);
            let holder = NameHolder { host, incarnation, command: ID, rank };
            let entry = NameEntry { name, value: b"x".to_vec(), holder, version };
            Named::Listed { names: vec![entry], more: true }.frame(ID)
        }
        Kind::Voters => {
            let (voters, followers) = (vec![HostId(0), host, HostId(9)], vec![HostId(8)]);
            let (leader, hangs_by) = (Some(host), Some(HostId(2)));
            Voters { epoch: 1, leader, voters, followers, hangs_by }.frame(ID)
        }
        _ => Recover { epoch: 1 }.frame(ID),
    }
}

fn request(kind: Kind) -> Frame {
    let (name, number) = ("lab1".to_owned(), HostId(7));
    match kind {
        Kind::Up | Kind::Deploy => {
            let launcher = Launcher::Exec { template: "rsh {host} {cmd}".into() };
            let request = HostRequest {
                name,
                user: Some("ada".into()),
                port: None,
                slots: Some(4),
                launcher,
            };
            let environment = vec![("PATH".into(), "/bin".into())];
            let (interactive, ram, direct, linger_ms) = (true, false, true, 3_600_000);
            let (timeout_ms, connect_ms, window) = (30_000, Some(9_000), 16);
            let hosts = vec![request];
            let via = Some(HostId(2));
            let up = Up {
                hosts,
                environment,
                interactive,
                ram,
                direct,
                ports: Ports::Range { first: 7000, last: 7010 },
                via,
                linger_ms,
                timeout_ms,
                connect_ms,
                window,
            };
            if kind == Kind::Deploy {
                let (at, request) = (HostId(2), up.hosts[0].clone());
                return Deploy { at, number: HostId(3), request, options: up }.frame(ID);
            }
            up.frame(ID)
        }
        Kind::Launch => {
            let (why, hint) = ("no route".into(), "check the name".into());
            let stage = Stage::Failed { cause: Cause::Unreachable, why, hint };
            Launch { name, number, stage }.frame(ID)
        }
        Kind::Ask => {
            let prompt = "Password: ".into();
            Ask { question: 1, host: name, prompt, secret: true }.frame(ID)
        }
        Kind::Answer => Answer { question: 1, text: Some("hunter2".into()) }.frame(ID),
        Kind::Remove => Remove { hosts: vec![number], purge: false }.frame(ID),
        Kind::Hosts => Hosts { hosts: vec![entry()], more: false }.frame(ID),
        Kind::Set => Set { name: "cd".into(), value: Some(b"/tmp".to_vec()) }.frame(ID),
        Kind::Commands => {
            let state = CommandState::Running { left: 3 };
            let (title, elapsed_us) = ("sort -n".into(), 2_000_000);
            let (id, number, detached, size) = (ID, 1, true, 8);
            let entry = CommandEntry { id, number, title, detached, size, elapsed_us, state };
            Commands { commands: vec![entry] }.frame(ID)
        }
        Kind::Watch => Watch { recent: true }.frame(ID),
        Kind::Event => {
            let what = Happening::HostUp { incarnation: Incarnation(1) };
            Event { at_ms: 1_700_000_000_000, host: number, name, what }.frame(ID)
        }
        _ => Done { error: Some("no such host".into()) }.frame(ID),
    }
}
