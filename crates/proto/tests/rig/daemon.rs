//! One daemon and what it wants done: the tests speak to it as shell, parent, child and client.

use posse_proto::{Config, Daemon, Effect, Input, LinkId, Peer, Time};
use posse_wire::msg::*;
use posse_wire::*;
use std::collections::BTreeMap;
use std::time::Duration;

pub const VM: VmId = VmId([1; 16]);

pub struct Rig {
    pub daemon: Daemon,
    pub now: Time,
    next_link: u64,
    /// The length of what is kept of each command.
    files: BTreeMap<CommandId, u64>,
}

pub fn config(host: u32, boot: u64) -> Config {
    Config {
        vm: VM,
        vm_name: "main".into(),
        host: HostId(host),
        name: "here".into(),
        boot,
        key: [host as u8; 32],
        facts: Facts::default(),
        down_after: limits::DOWN_AFTER,
        linger: limits::LINGER,
        kept_max: limits::KEPT_MAX,
        epoch_ms: 0,
    }
}

pub fn hello(role: Role) -> Frame {
    let (wire, wire_oldest) = (WIRE_VERSION, WIRE_VERSION_OLDEST);
    Hello { wire, wire_oldest, vm: VM, role }.frame(CommandId::NONE)
}

pub fn host_hello(number: u32, boot: u64) -> Frame {
    let number = HostId(number);
    let (key, lead, facts) = ([7; 32], Lead::default(), Box::new(Facts::default()));
    hello(Role::Host { number, boot, key, lead, facts })
}

pub fn welcome(host: u32) -> Frame {
    Welcome {
        wire: WIRE_VERSION,
        vm_name: "main".into(),
        host: HostId(host),
        incarnation: Incarnation(1),
        led: Led::default(),
        ticket: vec![1],
        command_first: 0,
        command_count: 0,
        hosts: Hosts::default(),
        settings: Vec::new(),
        adopt: false,
    }
    .frame(CommandId::NONE)
}

pub fn spec() -> Spec {
    let pipe = |fd, input| Pipe { fd, input };
    Spec {
        program: Program::Shell("true".into()),
        directory: Directory::Home,
        environment: Vec::new(),
        loads: vec![],
        umask: None,
        nice: 0,
        resource_limits: Vec::new(),
        terminal: None,
        pipes: vec![pipe(0, true), pipe(1, false), pipe(2, false)],
        window: 4096,
        input_window: 4096,
        timeout_ms: None,
        end_grace_ms: 1_000,
        session_grace_ms: 5_000,
        detached: false,
        parent: None,
        vm: "main".into(),
        title: "true".into(),
    }
}

impl Rig {
    pub fn owner() -> Rig {
        Rig {
            daemon: Daemon::new(config(0, 1), Time(0)),
            now: Time(0),
            next_link: 0,
            files: BTreeMap::new(),
        }
    }

    pub fn host(number: u32) -> Rig {
        Rig {
            daemon: Daemon::new(config(number, 1), Time(0)),
            now: Time(0),
            next_link: 0,
            files: BTreeMap::new(),
        }
    }

    pub fn feed(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.daemon.handle(self.now, input, &mut effects);
        effects
    }

    pub fn open(&mut self, peer: Peer) -> (LinkId, Vec<Effect>) {
        self.next_link += 1;
        let link = LinkId(self.next_link);
        (link, self.feed(Input::LinkOpened { link, peer }))
    }

    pub fn frame(&mut self, link: LinkId, frame: Frame) -> Vec<Effect> {
        self.feed(Input::Frame { link, frame })
    }

    pub fn close(&mut self, link: LinkId) -> Vec<Effect> {
        self.feed(Input::LinkClosed { link, why: "gone".into() })
    }

    /// A host that is looked for was not found.
    pub fn not_found(&mut self, number: u32, gone: bool) -> Vec<Effect> {
        self.feed(Input::NotFound { number: HostId(number), gone, why: "nobody there".into() })
    }

    /// A client, and the id of its first command.
    pub fn client(&mut self) -> (LinkId, CommandId) {
        let (link, _) = self.open(Peer::Local);
        let effects = self.frame(link, hello(Role::Client));
        let first: Welcome = sent(&effects, link).remove(0);
        (link, CommandId(first.command_first))
    }

    /// A link to the parent, welcomed.
    pub fn parent(&mut self) -> LinkId {
        let (link, effects) = self.open(Peer::Parent);
        assert_eq!(sent::<Hello>(&effects, link).len(), 1);
        let host = self.daemon.host().0;
        assert!(refusal(&self.frame(link, welcome(host))).is_none());
        link
    }

    /// `up` for hosts of these names; they get the numbers from 1 on.
    pub fn up(&mut self, client: LinkId, id: CommandId, names: &[&str]) -> Vec<Effect> {
        self.up_via(client, id, names, None)
    }

    /// As [`Rig::up`], by another launcher.
    pub fn up_by(&mut self, client: LinkId, id: CommandId, names: &[&str], by: Launcher) {
        self.up_with(client, id, (names, by), None);
    }

    /// As [`Rig::up`], from another host.
    pub fn up_via(
        &mut self,
        client: LinkId,
        id: CommandId,
        names: &[&str],
        via: Option<HostId>,
    ) -> Vec<Effect> {
        self.up_with(client, id, (names, Launcher::Local), via)
    }

    fn up_with(
        &mut self,
        client: LinkId,
        id: CommandId,
        (names, launcher): (&[&str], Launcher),
        via: Option<HostId>,
    ) -> Vec<Effect> {
        let request = |name: &&str| HostRequest {
            name: (*name).to_owned(),
            user: None,
            port: None,
            slots: None,
            launcher: launcher.clone(),
        };
        let up = Up {
            hosts: names.iter().map(request).collect(),
            environment: Vec::new(),
            interactive: true,
            ram: false,
            direct: false,
            ports: Ports::Any,
            via,
            linger_ms: 3_600_000,
            timeout_ms: 1000,
            connect_ms: None,
            window: 1,
        };
        self.frame(client, up.frame(id))
    }

    /// A child that said hello and was signed for.
    pub fn child(&mut self, number: u32, boot: u64) -> LinkId {
        let (link, _) = self.open(Peer::Child(HostId(number)));
        self.frame(link, host_hello(number, boot));
        self.feed(Input::Admitted { link, ticket: vec![1] });
        link
    }

    /// What these effects want kept is kept, each frame for itself.
    pub fn keep_all(&mut self, effects: &[Effect]) -> Vec<Effect> {
        let mut more = Vec::new();
        for effect in effects {
            if let Effect::Keep { command, frame } = effect {
                let end = self.files.entry(*command).or_default();
                *end += frame.to_bytes().len() as u64;
                let (command, frame, end) = (*command, frame.clone(), *end);
                more.extend(self.feed(Input::Kept { command, frame, end }));
            }
        }
        more
    }

    /// Lets time pass, in ticks as the daemon asks for them; what lives is heard.
    pub fn pass(&mut self, by: Duration, alive: &[LinkId]) -> Vec<Effect> {
        let end = self.now + by;
        let mut effects = Vec::new();
        while self.now < end {
            self.now = (self.now + limits::HEARTBEAT_EVERY).min(end);
            for link in alive {
                effects.extend(self.frame(*link, Heartbeat::default().frame(CommandId::NONE)));
            }
            effects.extend(self.feed(Input::Tick));
        }
        effects
    }
}

pub fn spawn(spec: &Spec, targets: &[(u32, u32, u32)]) -> Spawn {
    let target = |&(host, first, count): &(u32, u32, u32)| Target {
        host: HostId(host),
        first: Rank(first),
        count,
    };
    let targets: Vec<Target> = targets.iter().map(target).collect();
    let size = targets.iter().map(|target| target.first.0 + target.count).max().unwrap_or(0);
    Spawn { size, targets, spec: spec.encode(), ..Spawn::default() }
}

/// The messages of a kind that were sent over a link.
pub fn sent<M: Message>(effects: &[Effect], to: LinkId) -> Vec<M> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send { link, frame } if *link == to => Some(frame),
        _ => None,
    });
    frames.filter(|frame| frame.kind == M::KIND).map(|frame| M::decode(frame).unwrap()).collect()
}

/// Why a link was refused, where one was.
pub fn refusal(effects: &[Effect]) -> Option<String> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { frame, .. } if frame.kind == Kind::Refused => {
            Some(Refused::decode(frame).unwrap().reason)
        }
        _ => None,
    })
}

/// Whether another way to this host is looked for.
pub fn redials(effects: &[Effect], host: u32) -> bool {
    effects.iter().any(|e| matches!(e, Effect::Redial { number, .. } if number.0 == host))
}

pub fn closes(effects: &[Effect], link: LinkId) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Close { link: closed } if *closed == link))
}

pub fn output(id: CommandId, rank: u32, bytes: &'static [u8], end: bool) -> Input {
    let (command, rank, fd) = (id, Rank(rank), Fd::STDOUT);
    Input::Output { command, rank, fd, bytes: bytes::Bytes::from_static(bytes), end }
}

pub fn end_of(id: CommandId, rank: u32, fd: Fd) -> Input {
    let (command, rank, bytes) = (id, Rank(rank), bytes::Bytes::new());
    Input::Output { command, rank, fd, bytes, end: true }
}

pub fn exited(id: CommandId, rank: u32) -> Input {
    Input::Exited { command: id, rank: Rank(rank), status: Status::Exited(0) }
}
