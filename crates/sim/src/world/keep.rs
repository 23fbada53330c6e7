//! The disk of a virtual host as far as detached commands go: frames are appended, read back, sent
//! to who follows. It may be full for a while: what does not fit waits, and its sources with it.

use super::{Event, World};
use crate::plan::{MS, SECOND};
use posse_proto::{Input, LinkId};
use posse_wire::msg::{Done, Exit};
use posse_wire::{CommandId, Frame, HEADER_BYTES, Kind, Message};
use std::collections::VecDeque;

/// A full disk is tried again after this.
const RETRY: u64 = SECOND;

/// A detached command's frames.
#[derive(Debug, Default)]
pub struct Kept {
    pub frames: Vec<Frame>,
    /// Where in the file each of them ends.
    ends: Vec<u64>,
    /// In memory: those that the disk has no room for.
    pub waiting: VecDeque<Frame>,
    pub followers: Vec<LinkId>,
}

impl World {
    pub fn keep(&mut self, host: usize, command: CommandId, frame: Frame) {
        let kept = self.hosts[host].kept.entry(command).or_default();
        let waited = !kept.waiting.is_empty();
        kept.waiting.push_back(frame);
        if !waited {
            self.append(host, command);
        }
    }

    /// Writes what waits, or tries again later.
    pub fn append(&mut self, host: usize, command: CommandId) {
        let life = self.hosts[host].life;
        if self.now < self.hosts[host].full_until {
            return self.after(RETRY, Event::DiskRetry { host, life, command });
        }
        let Some(kept) = self.hosts[host].kept.get_mut(&command) else { return };
        let frames: Vec<Frame> = kept.waiting.drain(..).collect();
        let followers = kept.followers.clone();
        for frame in frames {
            let Some(kept) = self.hosts[host].kept.get_mut(&command) else { return };
            let end = kept.ends.last().unwrap_or(&0) + (HEADER_BYTES + frame.body.len()) as u64;
            kept.frames.push(frame.clone());
            kept.ends.push(end);
            for link in &followers {
                self.send_kept(host, *link, frame.clone());
            }
            let input = Input::Kept { command, frame, end };
            self.after(MS, Event::Daemon { host, life, input });
        }
        self.tell_followers(host, command);
    }

    pub fn unkeep(&mut self, host: usize, command: CommandId) {
        self.hosts[host].kept.remove(&command);
        self.hosts[host].disk.heads.remove(&command);
        if self.detached.iter().any(|job| job.id == command && job.host == host) {
            self.dropped.insert(command);
        }
    }

    pub fn fetch(&mut self, host: usize, command: CommandId, from: u64, bytes_max: usize) {
        let Some(kept) = self.hosts[host].kept.get(&command) else { return };
        let first = kept.ends.partition_point(|end| *end <= from);
        let upto = from + bytes_max as u64;
        let fits = kept.ends.iter().skip(first).take_while(|end| **end <= upto).count();
        let frames: Vec<Frame> =
            kept.frames.iter().skip(first).take(fits.max(1)).cloned().collect();
        let life = self.hosts[host].life;
        let after = self.chance.below(MS);
        let input = Input::Fetched { command, from, frames };
        self.after(after, Event::Daemon { host, life, input });
    }

    pub fn replay(&mut self, host: usize, link: LinkId, command: CommandId, follow: bool) {
        let frames = self.hosts[host].kept.entry(command).or_default().frames.clone();
        for frame in frames {
            self.send_kept(host, link, frame);
        }
        let runs = self.hosts[host].daemon.as_ref().is_some_and(|daemon| daemon.runs(command));
        if follow && runs {
            let kept = self.hosts[host].kept.entry(command).or_default();
            kept.followers.push(link);
            self.tell_followers(host, command);
        } else {
            self.send_kept(host, link, Done { error: None }.frame(command));
        }
    }

    /// The last exit is kept: those who follow are told.
    fn tell_followers(&mut self, host: usize, command: CommandId) {
        let Some(job) = self.detached.iter().find(|job| job.id == command) else { return };
        let size = job.size;
        let Some(kept) = self.hosts[host].kept.get_mut(&command) else { return };
        if exits(kept) < size {
            return;
        }
        self.followers_done(host, command);
    }

    pub fn followers_done(&mut self, host: usize, command: CommandId) {
        let Some(kept) = self.hosts[host].kept.get_mut(&command) else { return };
        for link in std::mem::take(&mut kept.followers) {
            self.send_kept(host, link, Done { error: None }.frame(command));
        }
    }

    fn send_kept(&mut self, host: usize, link: LinkId, frame: Frame) {
        if link.is_guest() {
            return self.feed(host, Input::Tell { link, frame });
        }
        if let Some((conn, side)) = self.hosts[host].links.get(&link).copied() {
            self.send(conn, side, frame);
        }
    }
}

fn exits(kept: &Kept) -> u32 {
    let exits = kept.frames.iter().filter(|frame| frame.kind == Kind::Exit);
    exits.filter_map(|frame| Exit::decode(frame).ok()).map(|exit| exit.count).sum()
}
