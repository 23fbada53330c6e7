//! A network between engines: each pair has a path of the moment, on which packets keep their
//! order most of the time; packets on an older path may come later than those on the next one.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use posse_wire::ProcessId;

use crate::chance::Chance;

#[derive(Clone)]
pub struct Packet {
    pub from: ProcessId,
    pub to: ProcessId,
    pub bytes: Bytes,
    /// Of what it offers, where that can be read.
    pub address: Option<u64>,
}

#[derive(Default)]
pub struct Network {
    /// By the time of arrival, then the order of sending.
    flying: BTreeMap<(Duration, u64), Packet>,
    /// When the last packet of a path arrives.
    last: BTreeMap<(ProcessId, ProcessId), Duration>,
    count: u64,
    /// Of a hundred packets, how many are lost, doubled, overtaken.
    pub lossy: [u64; 3],
}

impl Network {
    pub fn send(&mut self, chance: &mut Chance, now: Duration, packet: Packet) {
        if chance.percent(self.lossy[0]) {
            return;
        }
        if chance.percent(self.lossy[1]) {
            self.fly(chance, now, packet.clone());
        }
        self.fly(chance, now, packet);
    }

    fn fly(&mut self, chance: &mut Chance, now: Duration, packet: Packet) {
        let mut at = now + Duration::from_micros(50 + chance.below(2_000));
        if !chance.percent(self.lossy[2]) {
            let last = self.last.entry((packet.from, packet.to)).or_default();
            at = at.max(*last);
            *last = at;
        }
        self.count += 1;
        self.flying.insert((at, self.count), packet);
    }

    /// Another path: it is faster than what is still on the old one, of which a part is lost.
    pub fn change_path(&mut self, chance: &mut Chance, a: ProcessId, b: ProcessId) {
        self.last.remove(&(a, b));
        self.last.remove(&(b, a));
        let percent = chance.below(101);
        let is_of = |p: &Packet| (p.from, p.to) == (a, b) || (p.from, p.to) == (b, a);
        self.flying.retain(|_, packet| !(is_of(packet) && chance.percent(percent)));
    }

    pub fn next_time(&self) -> Option<Duration> {
        self.flying.first_key_value().map(|((time, _), _)| *time)
    }

    pub fn arrived(&mut self, now: Duration) -> Option<Packet> {
        let entry = self.flying.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}
