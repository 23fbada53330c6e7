//! Faults as they strike, and what must be known of them afterwards.

use super::net::End;
use super::{Event, World};
use crate::check::death;
use crate::plan::{Fault, MS, SECOND};
use crate::trace::Place;
use posse_proto::Daemon;
use posse_wire::HostId;

/// A link held back or an end standing still for longer may be taken for dead.
const TOLD_ALIVE: u64 = 8 * SECOND;

impl World {
    pub fn fault(&mut self, fault: Fault) {
        self.faults_pending -= 1;
        self.faults_fired += 1;
        self.say(Place::World, || format!("FAULT {fault}"));
        match fault {
            Fault::Cut { host } => {
                if let Some(conn) = self.uplink(host) {
                    self.cut(conn);
                }
            }
            Fault::Silence { host } => {
                if let Some(conn) = self.uplink(host) {
                    self.conns[conn].silent = true;
                    self.silenced_at = self.now;
                }
            }
            Fault::Clog { host, us } => {
                if let Some(conn) = self.uplink(host) {
                    let until = self.now + us;
                    let conn = &mut self.conns[conn];
                    conn.clogged_until = conn.clogged_until.max(until);
                }
            }
            Fault::Part { host, us, way, with_others } => self.part(host, us, way, with_others),
            Fault::Split { us, with_owner } => self.split(us, with_owner),
            Fault::Kill { host } => self.kill(host, false),
            Fault::Crash { host } => self.kill(host, true),
            Fault::OwnerDies => self.owner_dies(false),
            Fault::OwnerLosesDisk => self.owner_dies(true),
            Fault::DiskFull { host, us } => {
                let until = self.now + us;
                self.hosts[host].full_until = self.hosts[host].full_until.max(until);
            }
            Fault::OwnerLost { us } => self.owner_lost(us),
            Fault::Pause { host, us } => self.pause(host, us),
            Fault::Vanish { front } => self.front_vanishes(front),
            Fault::UpAgain => self.up_again(),
        }
    }

    /// A daemon and all its processes die; where the computer dies, nobody is told.
    fn kill(&mut self, number: usize, silently: bool) {
        if self.hosts[number].daemon.is_none() {
            return;
        }
        let was_up = self.hosts[0].daemon.as_ref().is_some_and(|owner| {
            let state = owner.host_state(HostId(number as u32));
            matches!(state, Some(posse_wire::msg::HostState::Up))
        });
        let (life, died) = (self.hosts[number].life, self.now);
        let relay = self.above(number);
        if silently {
            self.silenced_at = self.now;
        }
        let ends: Vec<(usize, usize)> = self.hosts[number].links.values().copied().collect();
        for (conn, side) in ends {
            if silently {
                self.conns[conn].silent = true;
                self.conns[conn].closed[side] = true;
            } else {
                self.close(conn, side, "connection reset");
            }
        }
        self.daemon_dies(number);
        self.hosts[number].crashed = silently;
        self.fronts_die_with(number);
        let within = if silently { death::SILENT_WITHIN } else { death::CLOSED_WITHIN };
        // Through a relay the news takes a step more; neither may stand still meanwhile.
        let relayed = relay != Some(0);
        let within = if relayed { within + 2 * self.plan.delay_us.1 } else { within };
        if was_up {
            self.after(within, Event::Known { host: number, life, died });
        }
    }

    /// What is on the owner's disk survives its daemon, which is back a moment later; or only the
    /// table does, and what it kept of detached commands is gone.
    fn owner_dies(&mut self, loses_disk: bool) {
        self.owner_goes(false, loses_disk);
        let after = self.chance.between(50 * MS, SECOND);
        self.after(after, Event::OwnerIsBack);
    }

    /// Nobody is told, and it takes so long that somebody else may lead meanwhile.
    fn owner_lost(&mut self, us: u64) {
        self.owner_goes(true, false);
        self.after(us, Event::OwnerIsBack);
        self.must_elect();
    }

    fn owner_goes(&mut self, silently: bool, loses_disk: bool) {
        let mut disk = std::mem::take(&mut self.hosts[0].disk);
        let mut kept = std::mem::take(&mut self.hosts[0].kept);
        if loses_disk {
            disk.heads.clear();
            kept.clear();
            // Nobody else has what its own processes said.
            for job in self.detached.iter().filter(|job| job.host == 0) {
                let command = self.truth.commands.get_mut(&job.id);
                let ranks = command.into_iter().flat_map(|command| command.ranks.values_mut());
                ranks.filter(|rank| rank.host == 0).for_each(|rank| rank.host_died = true);
            }
        }
        let detached = self.detached.clone();
        self.kill(0, silently);
        let host = &mut self.hosts[0];
        (host.disk, host.kept) = (disk, kept);
        for kept in host.kept.values_mut() {
            kept.followers.clear();
            kept.waiting.clear();
        }
        self.detached = detached;
    }

    /// A daemon was told to end: it closes its links in order.
    pub fn daemon_ends(&mut self, number: usize) {
        let ends: Vec<(usize, usize)> = self.hosts[number].links.values().copied().collect();
        for (conn, side) in ends {
            self.close(conn, side, "the daemon ended");
        }
        self.daemon_dies(number);
        self.fronts_die_with(number);
    }

    fn daemon_dies(&mut self, number: usize) {
        if number != 0 && self.voted.leader == number {
            self.must_elect();
        }
        let host = &mut self.hosts[number];
        host.daemon = None;
        host.links.clear();
        host.kept.clear();
        let procs = std::mem::take(&mut host.procs);
        for (command, rank) in procs.into_keys() {
            if let Some(truth) = self.truth.process(command, rank) {
                truth.host_died = true;
            }
        }
        self.detached.retain(|job| job.host != number);
        self.talkers_die_with(number);
    }

    fn pause(&mut self, number: usize, us: u64) {
        if std::mem::replace(&mut self.hosts[number].paused, true) {
            return;
        }
        if us > TOLD_ALIVE {
            for (conn, side) in self.hosts[number].links.values() {
                self.conns[*conn].excused[1 - side] = true;
            }
        }
        self.after(us, Event::Resume { host: number });
    }

    pub fn resume(&mut self, number: usize) {
        self.hosts[number].paused = false;
        self.hosts[number].went_on = self.now;
        self.say(Place::Host(number), || "goes on".to_owned());
        for event in std::mem::take(&mut self.hosts[number].inbox) {
            self.happen(event);
        }
    }

    /// A host died so long ago that the owner must know.
    pub fn must_be_known(&mut self, number: usize, life: u32, died: u64) {
        // A relay that lost its own link may welcome a host that died meanwhile.
        let last = self.hosts[number].upwards.last();
        let welcomed = last.map_or(0, |conn| self.conns[*conn].welcomed_at);
        let since = self.silenced_at.max(welcomed);
        let noticed = since + death::SILENT_WITHIN;
        if since > died && self.now < noticed {
            return self.at(noticed, Event::Known { host: number, life, died });
        }
        let still = self.hosts.iter().any(|host| host.paused);
        let clogged = self.conns.iter().any(|conn| conn.clogged_until + SECOND > self.now);
        let another = self.hosts[number].life != life;
        let Some(owner) = self.hosts[0].daemon.as_ref() else { return };
        if self.hosts[0].life > 1 {
            // Another life of the owner's daemon: it gives what it finds in its table its own time.
            return;
        }
        if still || clogged || another || self.is_falling_apart() || self.is_split() {
            return;
        }
        let relay = last.and_then(|conn| match self.conns[*conn].ends[0] {
            End::Host { host, .. } if host != 0 => Some(host),
            _ => None,
        });
        let daemon = relay.and_then(|relay| self.hosts[relay].daemon.as_ref());
        let looks = |daemon: &Daemon| daemon.inspect().missing > 0;
        if relay.is_some() && (looks(owner) || daemon.is_some_and(looks)) {
            // Its own link was lost before, or its relay's is: no news can come before that is
            // found or given up.
            return self.after(SECOND, Event::Known { host: number, life, died });
        }
        let held = death::known(number, owner.host_state(HostId(number as u32)));
        self.must("death", held, || "owner".to_owned());
    }
}
