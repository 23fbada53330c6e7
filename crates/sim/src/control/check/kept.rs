//! What a disk promised to keep is there after a crash.

use super::super::disk::Durable;
use super::super::world::World;
use posse_control::consensus::Stored;

impl World {
    pub fn kept(&mut self, host: usize, promised: &Durable, found: &Stored) {
        let last = found.entries.last().map_or(found.meta.index, |entry| entry.index);
        let (term, was) = (found.hard.term, promised.hard.term);
        if last < promised.last || term < was {
            let what = format!(
                "host {host} had entries up to {} in term {was}, finds {last} in term {term}",
                promised.last
            );
            self.wrong("kept", what);
        }
        let hard = self.hosts[host].promised;
        if hard.term == term && hard.vote.is_some() && hard.vote != found.hard.vote {
            let what = format!("host {host} voted in term {term} and has forgotten for whom");
            self.wrong("kept", what);
        }
    }
}
