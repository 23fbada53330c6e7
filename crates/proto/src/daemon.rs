//! The daemon's state and its one entry, [`Daemon::handle`], which hands each input to the part
//! that owns the matter. Called by the shell in `daemon` and by `sim`.

use crate::admission::Asked;
use crate::ask::Questions;
use crate::board::Board;
use crate::command::Commands;
use crate::deploy::Deploys;
use crate::held::{HeldDown, HeldUps};
use crate::link::Link;
use crate::member::Members;
use crate::missing::Missing;
use crate::pass::Passes;
use crate::process::{Meetings, Processes};
use crate::query::Queries;
use crate::request::Requests;
use crate::route::Routes;
use crate::seek::Seeks;
use crate::{Effect, Input, LinkId, Peer, Time};
use posse_wire::msg::{Facts, Led, Refused, Welcome};
use posse_wire::{CommandId, Frame, HostId, Incarnation, Kind, Message, VmId, WireError};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a daemon is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    pub vm: VmId,
    pub vm_name: String,
    pub host: HostId,
    /// The owner's daemon names its own host.
    pub name: String,
    /// Differs in every life of every daemon.
    pub boot: u64,
    pub key: [u8; 32],
    pub facts: Facts,
    /// See [`posse_wire::limits::DOWN_AFTER`]; settable per vm.
    pub down_after: Duration,
    /// See [`posse_wire::limits::LINGER`]; settable per `up`.
    pub linger: Duration,
    /// See [`posse_wire::limits::KEPT_MAX`].
    pub kept_max: usize,
    /// Wall clock at [`Time`] zero, milliseconds since 1970: events are stamped with it.
    pub epoch_ms: u64,
}

/// What a lost link leaves to hope for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hope {
    /// It was ended on purpose, or has been silent for too long.
    None,
    /// The daemon at the other end may live: it is looked for.
    Some,
    /// The other end closed it, with a reason.
    Refused,
    /// A newer link is there already.
    Replaced,
}

/// What a daemon is in its vm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// The table of hosts is here, and the tree hangs here.
    Leads,
    /// It hangs at another, or looks for one.
    Follows,
    /// It led, and another does now: it waits until it leads again.
    Between,
}

/// Where a daemon's command ids begin. Hosts may still run commands of its earlier life, so two
/// lives should not count from the same number; the lower byte is left to count.
fn first_id(boot: u64) -> u32 {
    ((boot ^ boot >> 32) as u32 & 0x7fff_ff00) + 1
}

/// One daemon's state. Single owner: the shell that feeds it.
#[derive(Debug)]
pub struct Daemon {
    pub(crate) config: Config,
    pub(crate) now: Time,
    pub(crate) out: Vec<Effect>,
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) parent: Option<LinkId>,
    /// Since when there is none where one is to be.
    pub(crate) parent_lost: Option<Time>,
    pub(crate) routes: Routes,
    /// What the hosts below said, where this daemon is a relay.
    pub(crate) joins: BTreeMap<HostId, Asked>,
    pub(crate) members: Members,
    pub(crate) missing: Missing,
    pub(crate) processes: Processes,
    pub(crate) meetings: Meetings,
    pub(crate) passes: Passes,
    pub(crate) seeks: Seeks,
    pub(crate) board: Board,
    pub(crate) commands: Commands,
    pub(crate) queries: Queries,
    pub(crate) requests: Requests,
    pub(crate) held_ups: HeldUps,
    pub(crate) held_down: Option<HeldDown>,
    pub(crate) questions: Questions,
    pub(crate) deploys: Deploys,
    pub(crate) incarnation: Incarnation,
    /// The greatest lead that this daemon has heard of.
    pub(crate) led: Led,
    pub(crate) part: Part,
    /// Who led before this daemon took over.
    pub(crate) led_before: Option<HostId>,
    /// The owner's word that this daemon's key is this host; empty before it came.
    pub(crate) ticket: Vec<u8>,
    pub(crate) next_id: u32,
    pub(crate) last_tick: Time,
    /// No owner was connected, or there was work, until then.
    pub(crate) idle_since: Time,
    pub(crate) leaving: bool,
    /// The owner's daemon, in a later life, or one that took its place: hosts may run what it knows
    /// nothing of.
    pub(crate) restored: bool,
    /// The daemon above asks for what it may not know.
    pub(crate) asked_to_offer: bool,
}

impl Daemon {
    pub fn new(config: Config, now: Time) -> Self {
        let members = Members::new(&config);
        Daemon {
            now,
            out: Vec::new(),
            links: BTreeMap::new(),
            parent: None,
            parent_lost: None,
            routes: Routes::default(),
            joins: BTreeMap::new(),
            incarnation: members.incarnation_of(config.host),
            led: Led::default(),
            part: if config.host == HostId::OWNER { Part::Leads } else { Part::Follows },
            led_before: None,
            ticket: Vec::new(),
            members,
            missing: Missing::default(),
            processes: Processes::default(),
            meetings: Meetings::default(),
            passes: Passes::default(),
            seeks: Seeks::default(),
            board: Board::new(config.boot),
            commands: Commands::default(),
            queries: Queries::default(),
            requests: Requests::default(),
            held_ups: HeldUps::default(),
            held_down: None,
            questions: Questions::default(),
            deploys: Deploys::default(),
            next_id: first_id(config.boot),
            last_tick: now,
            idle_since: now,
            leaving: false,
            restored: false,
            asked_to_offer: false,
            config,
        }
    }

    /// Takes one input at `now` and appends what is to be done to `effects`.
    pub fn handle(&mut self, now: Time, input: Input, effects: &mut Vec<Effect>) {
        self.now = now;
        match input {
            Input::LinkOpened { link, peer } => self.link_opened(link, peer),
            Input::Frame { link, frame } => self.frame(link, frame),
            Input::LinkClosed { link, why } => self.link_gone(link, &why, Hope::Some),
            Input::Admitted { link, ticket } => self.admitted(link, ticket),
            Input::Kept { command, frame, end } => self.kept(command, &frame, end),
            Input::Fetched { command, from, frames } => self.fetched(command, from, &frames),
            Input::Answer { query, answer } => self.answered(query, answer),
            Input::Launch { number, stage } => self.launch_here(number, stage),
            Input::Answers { number } => self.answers(number),
            Input::NotFound { number, gone, why } => self.not_found(number, gone, &why),
            Input::NotSought { number, gone, why } => self.not_sought(number, gone, why),
            Input::Lead { lead, table } => self.take_lead(lead, &table),
            Input::Voters { voters } => self.take_voters(voters),
            Input::ControlSend { to, body } => self.control_send(to, body),
            Input::Introduce { frame } => self.introduces(&frame),
            Input::LeaseSend { to, piece } => self.lease_send(to, piece),
            Input::LeasedSend { to, piece } => self.leased_send(to, piece),
            Input::BringSend { bring } => self.bring_send(bring),
            Input::ShipSend { to, body } => self.ship_send(to, body),
            Input::ShippedSend { to, body } => self.shipped_send(to, body),
            Input::Tell { link, frame } => self.send(link, frame),
            Input::Tick => self.tick(),
            process => self.process_input(process),
        }
        self.held_down_due();
        effects.append(&mut self.out);
    }

    pub(crate) fn frame(&mut self, id: LinkId, frame: Frame) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.heard = self.now;
        if link.suspect {
            link.suspect = false;
            self.trusted(id);
        }
        let kind = frame.kind;
        if let Err(error) = self.dispatch(id, frame) {
            self.refuse(id, &format!("{}: {error}", kind.name()));
        }
    }

    fn dispatch(&mut self, link: LinkId, frame: Frame) -> Result<(), WireError> {
        use crate::link::Standing::{Child, Client, New, Parent, Passed, Process};
        let Some(standing) = self.links.get(&link).map(|link| link.standing.clone()) else {
            return Ok(());
        };
        match (standing, frame.kind) {
            (_, Kind::Refused) => {
                let why = Refused::decode(&frame)?.reason;
                self.close(link);
                self.link_gone(link, &why, Hope::Refused);
                Ok(())
            }
            (New, _) => self.handshake(link, &frame),
            (Passed(guest), _) => {
                self.pass_up(guest, &frame);
                Ok(())
            }
            (Client, _) if self.is_denied_to_lent(link, &frame) => {
                self.refuse(link, "a computer that joined by a code may not do that");
                Ok(())
            }
            (_, Kind::Heartbeat) => self.heartbeat(link, &frame),
            (Parent | Client, Kind::Spawn) => self.spawn(link, &frame),
            (Parent | Client, Kind::OutputAck | Kind::Input) => self.towards_process(&frame),
            (Parent | Client, Kind::Signal | Kind::End | Kind::Resize) => self.control(&frame),
            (Child(_), Kind::Output | Kind::InputAck | Kind::Exit) => {
                self.towards_front_end(link, frame)
            }
            (Child(_), Kind::Resumed) => self.resumed(link, &frame),
            (Child(_), Kind::Offer) => self.offer(link, &frame),
            (Parent | Client, Kind::Query) => self.query(link, &frame),
            (Child(_), Kind::Reply) => self.reply(link, &frame),
            (Child(_), Kind::Join) => self.join(link, &frame),
            (Parent, Kind::Welcome) => self.welcomed(link, &Welcome::decode(&frame)?),
            (Parent, Kind::Admission) => self.admission(&frame),
            (Child(_), Kind::Reach) => self.reach(link, &frame),
            (Parent, Kind::Led) => self.led(&frame),
            (Parent, Kind::Seek) => self.seek(&frame),
            (Child(_), Kind::Sought) => self.sought(link, &frame),
            (Child(_), Kind::Doubt) => self.doubted_below(link, &frame),
            (Parent, Kind::Down) => self.down(&frame),
            (Parent, Kind::Deploy) => self.deploy(&frame),
            (Parent, Kind::Settled) => self.settled(&frame),
            (Parent, Kind::Current) => self.current(link, &frame),
            (Child(_), Kind::Launch) => self.launch_news(link, &frame),
            (Parent | Child(_), Kind::Control) => self.control_frame(link, &frame),
            (Parent, Kind::Lease | Kind::Brought | Kind::Ship) => self.farm_from_above(&frame),
            (Child(_), Kind::Leased | Kind::Bring | Kind::Shipped) => {
                self.farm_from_below(link, &frame)
            }
            (Client, kind) if self.is_denied(link, kind) => {
                self.refuse_guest(link, frame.id);
                Ok(())
            }
            (Process | Parent | Child(_), Kind::Message) => self.message(link, frame),
            (Process | Parent | Child(_), Kind::Follow) => self.follow(link, &frame),
            (Parent | Child(_), Kind::Gone) => self.gone(link, &frame),
            (Parent, Kind::Lost) => self.hosts_are_lost(&frame),
            (Parent | Child(_), Kind::Passed) => self.passed(link, &frame),
            (Process, Kind::Enrol) => self.enrol(link, &frame),
            (Process, Kind::Meet) => self.meet(link, &frame),
            (Process, Kind::Part) => self.part(link, &frame),
            (Parent | Child(_), Kind::Introduce) => self.introduce(link, &frame),
            (Client, Kind::Group | Kind::Mail) => self.board(link, &frame),
            (Client, Kind::Names | Kind::Voters | Kind::Recover) => self.registry(link, &frame),
            (Child(_), Kind::Apply) => self.child_leaves(link, &frame),
            (Client, _) => self.request(link, &frame),
            _ => Err(WireError::WrongKind { wanted: "another", got: frame.kind.name() }),
        }
    }

    pub(crate) fn send(&mut self, link: LinkId, frame: Frame) {
        if let Some(state) = self.links.get_mut(&link) {
            state.sent = self.now;
            match state.guest {
                Some(guest) => self.pass_down(guest, &frame),
                None => self.out.push(Effect::Send { link, frame }),
            }
        }
    }

    /// Says why, closes, and does what a lost link entails.
    pub(crate) fn refuse(&mut self, link: LinkId, why: &str) {
        self.refuse_with(link, why, Hope::None);
    }

    pub(crate) fn refuse_with(&mut self, link: LinkId, why: &str, hope: Hope) {
        self.send(link, Refused { reason: why.to_owned() }.frame(CommandId::NONE));
        self.close(link);
        self.link_gone(link, why, hope);
    }

    fn close(&mut self, link: LinkId) {
        match self.links.get(&link).and_then(|state| state.guest) {
            Some(guest) => self.close_guest(guest),
            None => self.out.push(Effect::Close { link }),
        }
    }

    pub(crate) fn link_gone(&mut self, id: LinkId, why: &str, hope: Hope) {
        let Some(link) = self.links.remove(&id) else { return };
        if self.parent == Some(id) {
            self.parent = None;
            self.parent_lost = Some(self.now);
            self.idle_since = self.now;
        }
        let lost: Vec<HostId> =
            link.reaches.iter().copied().filter(|host| self.routes.remove(*host, id)).collect();
        self.joins.retain(|_, asked| asked.link != id);
        if !self.leaving {
            self.miss(&lost, &link, why, hope);
        }
        self.passes_lost_link(id, why);
        let cut = self.commands_lost_link(id, &link);
        self.queries_lost_link(id, why);
        self.requests_lost_client(id);
        self.board_lost_link(id);
        if let Some(process) = link.process {
            self.process_left(process);
        }
        if let Some(first) = link.first {
            self.out.push(Effect::ClientGone { link: id, first });
        }
        self.questions_lost_client(id);
        for host in lost {
            if !self.missing.is_missing(host) {
                self.give_up_host(host, why);
            }
        }
        // A relay that had lost them would have said what became of their processes.
        for host in cut {
            if !self.missing.is_missing(host) && self.routes.below(host).is_none() {
                self.commands_lost_host(host, why);
            }
        }
        if let (Peer::Child(number), true) = (&link.peer, link.child().is_none()) {
            self.launch_lost(*number, why, hope);
        }
    }

    /// The host that this daemon is.
    pub fn host(&self) -> HostId {
        self.config.host
    }

    /// Silence that is taken for death in this vm.
    pub fn down_after(&self) -> Duration {
        self.config.down_after
    }

    pub fn vm_name(&self) -> &str {
        &self.config.vm_name
    }

    /// Whether this is the owner's daemon.
    pub fn is_owner(&self) -> bool {
        self.config.host == HostId::OWNER
    }

    /// What `Effect::Persist` asks to be kept: see [`Daemon::restore`] and [`Input::Lead`].
    pub fn table(&self) -> Vec<u8> {
        self.members.table(&self.led, self.config.down_after)
    }

    /// Takes a table kept by an earlier life of the owner's daemon. Its hosts are looked for with
    /// the next input.
    pub fn restore(&mut self, table: &[u8]) -> Result<(), WireError> {
        let before = self.members.restore(table, &self.config)?;
        (self.led.lead, self.led.voters) = (before.lead, before.voters);
        self.config.down_after = before.down_after;
        self.restored = true;
        self.board_begins();
        // Its own incarnation is another; the next life must know.
        self.out.push(Effect::Persist);
        self.miss_restored(before.up, self.config.host, "the owner's daemon restarted");
        self.incarnation = self.members.incarnation_of(self.config.host);
        Ok(())
    }
}
