//! Time: heartbeats, suspicion, deadlines. The shell ticks at [`Daemon::next_tick`].

use crate::link::Standing;
use crate::{Daemon, LinkId, Peer, Time};
use posse_wire::msg::{Happening, Heartbeat, HostState};
use posse_wire::{CommandId, Frame, HostId, Incarnation, Message, WireError, limits};
use std::time::Duration;

/// One heartbeat in so many asks for an echo, which measures the round trip.
const ECHO_EVERY: u64 = 16;

impl Daemon {
    /// When to send the next [`crate::Input::Tick`]; `None` while nothing depends on time.
    pub fn next_tick(&self) -> Option<Time> {
        let beat = self.look_every().map(|every| self.last_tick + every);
        let due = self.commands.next_due();
        let query = self.queries.next_due();
        let linger = self.is_alone().then(|| self.idle_since + self.lingers_for());
        let missing = self.missing.next_due();
        let held_down = self.held_down.map(|held| held.until);
        let held = self.held_ups.next_due().into_iter().chain(held_down).min();
        let board = self.board_next_due();
        let all = [beat, due, query, linger, missing, held, board];
        all.into_iter().flatten().min()
    }

    /// How often the links are to be looked at: for each heartbeat where there are hosts below,
    /// seldom where there is only the parent, whose heartbeats are answered.
    fn look_every(&self) -> Option<Duration> {
        let daemons = || self.links.values().filter(|link| !link.is_served());
        let only_parent = || daemons().all(|link| link.standing == Standing::Parent);
        daemons().next()?;
        Some(if only_parent() { limits::LOOK_EVERY } else { limits::HEARTBEAT_EVERY })
    }

    /// A host whose owner is not connected and that has no work; where it leads, the whole vm.
    fn is_alone(&self) -> bool {
        let served = self.leads() && self.has_front_end();
        let watched = self.is_owner() || self.parent.is_some() || served;
        !watched && !self.is_attended() && !self.leaving
    }

    /// One that never came to its vm, because that ended while it was launched, waits for nobody.
    fn lingers_for(&self) -> Duration {
        let is_new = self.incarnation == Incarnation::default();
        if is_new { limits::JOIN_WITHIN } else { self.config.linger }
    }

    /// A host that nobody comes back to ends itself; what runs on it keeps it.
    fn linger(&mut self) {
        if !self.is_alone() {
            self.idle_since = self.now;
        } else if self.now.since(self.idle_since) >= self.lingers_for() {
            self.end_everything(false);
        }
    }

    pub(crate) fn tick(&mut self) {
        let every = self.look_every().unwrap_or(limits::LOOK_EVERY);
        let late = self.now.since(self.last_tick) > every + limits::LATE_AFTER;
        self.last_tick = self.now;
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        for id in ids {
            if late {
                self.restart_suspicion(id);
            }
            self.beat(id);
            self.flush_settled(id);
        }
        self.missing_due(late);
        self.seeks_due();
        self.commands_due();
        self.queries_due();
        self.held_ups_due();
        self.board_due();
        self.linger();
    }

    /// What was not heard while this daemon slept proves nothing.
    fn restart_suspicion(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.heard = self.now;
            link.opened = self.now;
        }
    }

    fn beat(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.is_served() {
            return;
        }
        let silent = self.now.since(link.heard);
        if !link.is_daemon() {
            let within = match link.peer {
                Peer::Local => limits::HANDSHAKE_WITHIN,
                Peer::Child(_) | Peer::Parent => limits::JOIN_WITHIN,
            };
            if self.now.since(link.opened) > within {
                self.refuse(id, &format!("no handshake in {} s", within.as_secs()));
            }
            return;
        }
        if silent >= self.config.down_after {
            self.refuse(id, &format!("silent for {} s", silent.as_secs()));
            return;
        }
        if silent >= self.config.down_after / limits::SUSPECT_PART && !link.suspect {
            link.suspect = true;
            self.suspected(id, silent.as_millis() as u64);
        }
        let Some(link) = self.links.get_mut(&id) else { return };
        if self.now.since(link.sent) >= limits::HEARTBEAT_EVERY || link.beats == 0 {
            let asks = link.beats.is_multiple_of(ECHO_EVERY);
            link.beats += 1;
            let sent_us = if asks { self.now.0.max(1) } else { 0 };
            let beat = Heartbeat { sent_us, echo_us: 0 };
            self.send(id, beat.frame(CommandId::NONE));
        }
    }

    pub(crate) fn heartbeat(&mut self, id: LinkId, frame: &Frame) -> Result<(), WireError> {
        let beat = Heartbeat::decode(frame)?;
        if beat.sent_us != 0 {
            let echo = Heartbeat { sent_us: 0, echo_us: beat.sent_us };
            self.send(id, echo.frame(CommandId::NONE));
        } else if beat.echo_us == 0 {
            self.answer_beat(id);
        }
        if beat.echo_us != 0 && beat.echo_us <= self.now.0 {
            let rtt_us = u32::try_from(self.now.0 - beat.echo_us).unwrap_or(u32::MAX);
            let child = self.links.get_mut(&id).and_then(|link| {
                link.rtt_us = rtt_us;
                link.child()
            });
            if let Some(entry) = child.and_then(|host| self.members.entry_mut(host)) {
                entry.rtt_us = rtt_us;
            }
        }
        Ok(())
    }

    /// The parent's heartbeat is the child's clock.
    fn answer_beat(&mut self, id: LinkId) {
        let Some(link) = self.links.get(&id) else { return };
        if link.standing == Standing::Parent
            && self.now.since(link.sent) >= limits::HEARTBEAT_EVERY / 2
        {
            self.send(id, Heartbeat::default().frame(CommandId::NONE));
        }
        // Where there is nobody else to look after, the next look is due after the next silence.
        if self.look_every() == Some(limits::LOOK_EVERY) {
            self.last_tick = self.now;
        }
    }

    fn suspected(&mut self, id: LinkId, silent_ms: u64) {
        self.mark(id, HostState::Suspect, Happening::HostSuspect { silent_ms });
        if let Some(host) = self.links.get(&id).and_then(|link| link.child()) {
            self.doubt(host, silent_ms);
        }
    }

    /// A suspected peer was heard again.
    pub(crate) fn trusted(&mut self, id: LinkId) {
        self.mark(id, HostState::Up, Happening::HostTrusted);
        if let Some(host) = self.links.get(&id).and_then(|link| link.child()) {
            self.trust(host);
        }
    }

    fn mark(&mut self, id: LinkId, state: HostState, what: Happening) {
        let child: Option<HostId> = self.links.get(&id).and_then(|link| link.child());
        if let Some(host) = child {
            if let Some(entry) = self.members.entry_mut(host) {
                entry.state = state;
            }
            self.happened(host, what);
        }
    }
}
