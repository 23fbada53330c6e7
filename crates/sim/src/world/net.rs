//! The network: connections of two ends, each direction a byte stream of frames that is never
//! reordered, but may be slow, held back, silent or closed.

use super::{Event, World};
use crate::check::limits;
use crate::trace::{self, Place};
use posse_proto::{Input, LinkId, Peer};
use posse_wire::{Frame, Kind};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
pub enum End {
    Host {
        host: usize,
        life: u32,
        link: LinkId,
    },
    Front(usize),
    /// A talker, as the process that it is.
    Talker(usize),
    /// A talker, as a client of the board.
    Desk(usize),
}

#[derive(Debug)]
enum Item {
    Frame(Frame),
    Closed(&'static str),
}

#[derive(Debug)]
pub struct Conn {
    pub ends: [End; 2],
    /// What is on its way to each end.
    coming: [VecDeque<Item>; 2],
    last_at: [u64; 2],
    /// An end that closed takes nothing more and says nothing more.
    pub closed: [bool; 2],
    pub silent: bool,
    pub clogged_until: u64,
    /// When the upper end last said that the lower one is a host: silence counts from then.
    pub welcomed_at: u64,
    /// This end may give the other up: that one stood still for too long.
    pub excused: [bool; 2],
}

impl Conn {
    pub fn is_open(&self) -> bool {
        !self.closed[0] && !self.closed[1]
    }
}

impl World {
    /// Links the daemons of two hosts; the lower one says hello.
    pub fn link_hosts(&mut self, above: usize, below: usize) {
        let conn = self.conns.len();
        let up = self.new_end(above, conn, 0);
        let down = self.new_end(below, conn, 1);
        self.conns.push(new_conn(up, down));
        self.hosts[below].upwards.push(conn);
        let peer = Peer::Child(posse_wire::HostId(below as u32));
        self.announce(up, peer);
        self.announce(down, Peer::Parent);
    }

    /// Something connects to the daemon of its own host.
    pub fn link_local(&mut self, who: End, host: usize) -> usize {
        let conn = self.conns.len();
        let end = self.new_end(host, conn, 0);
        self.conns.push(new_conn(end, who));
        self.announce(end, Peer::Local);
        conn
    }

    fn new_end(&mut self, host: usize, conn: usize, side: usize) -> End {
        let state = &mut self.hosts[host];
        state.next_link += 1;
        let link = LinkId(state.next_link);
        state.links.insert(link, (conn, side));
        End::Host { host, life: state.life, link }
    }

    fn announce(&mut self, end: End, peer: Peer) {
        if let End::Host { host, life, link } = end {
            let input = Input::LinkOpened { link, peer };
            self.after(0, Event::Daemon { host, life, input });
        }
    }

    fn put(&mut self, conn: usize, to: usize, item: Item) {
        let (least, most) = self.plan.delay_us;
        let local = self.conns[conn].ends.iter().any(|end| !matches!(end, End::Host { .. }));
        let delay = if local { self.chance.below(200) } else { self.chance.between(least, most) };
        let held = self.held_until(conn, to);
        let state = &mut self.conns[conn];
        if state.silent || state.closed[to] {
            return;
        }
        let at = (self.now + delay).max(state.last_at[to]).max(state.clogged_until).max(held);
        state.last_at[to] = at;
        state.coming[to].push_back(item);
        self.at(at, Event::Arrive { conn, side: to });
    }

    /// A frame leaves the end `side`.
    pub fn send(&mut self, conn: usize, side: usize, frame: Frame) {
        if self.conns[conn].closed[side] {
            return;
        }
        let from = self.place(conn, side);
        if self.trace.on && frame.kind != Kind::Heartbeat {
            let to = self.place(conn, 1 - side);
            self.say(from, || format!("-> {to:<3} {}", trace::frame(&frame)));
        }
        if let Place::Host(host) = from {
            let sent = &mut self.hosts[host].sent;
            if frame.kind == Kind::Heartbeat {
                sent.beats += 1;
            } else {
                sent.frames += 1;
                sent.bytes += (frame.header().len() + frame.body.len()) as u64;
            }
        }
        if frame.kind == Kind::Welcome {
            self.conns[conn].welcomed_at = self.now;
        }
        let held = limits::frame(&frame);
        self.must("limits", held, || from.to_string());
        self.put(conn, 1 - side, Item::Frame(frame));
    }

    /// The end `side` closes; what it sent before still arrives.
    pub fn close(&mut self, conn: usize, side: usize, why: &'static str) {
        if self.conns[conn].closed[side] {
            return;
        }
        self.forget_end(conn, side);
        self.put(conn, 1 - side, Item::Closed(why));
    }

    /// The connection breaks: both ends are told, what is on its way is lost.
    pub fn cut(&mut self, conn: usize) {
        for side in [0, 1] {
            let left = self.conns[conn].coming[side].len();
            let gone = std::mem::take(&mut self.conns[conn].coming[side]);
            drop(gone);
            // The events of lost items must find something that is not there.
            let state = &mut self.conns[conn];
            state.coming[side].extend((0..left).map(|_| Item::Closed("")));
            state.last_at[side] = self.now.max(state.last_at[side]);
        }
        for side in [0, 1] {
            self.put(conn, side, Item::Closed("connection reset"));
        }
    }

    fn forget_end(&mut self, conn: usize, side: usize) {
        self.conns[conn].closed[side] = true;
        if let End::Host { host, life, link } = self.conns[conn].ends[side]
            && self.hosts[host].life == life
        {
            self.hosts[host].links.remove(&link);
        }
    }

    pub fn arrive(&mut self, conn: usize, side: usize) {
        let Some(item) = self.conns[conn].coming[side].pop_front() else { return };
        if self.conns[conn].closed[side] || self.conns[conn].silent {
            return;
        }
        match (item, self.conns[conn].ends[side]) {
            (Item::Closed(""), _) => {}
            (Item::Frame(frame), End::Host { host, link, .. }) => {
                self.feed(host, Input::Frame { link, frame });
            }
            (Item::Closed(why), End::Host { host, link, .. }) => {
                self.forget_end(conn, side);
                self.say(Place::Host(host), || format!("link closed: {why}"));
                self.feed(host, Input::LinkClosed { link, why: why.to_owned() });
            }
            (Item::Frame(frame), End::Front(front)) => self.front_got(front, &frame),
            (Item::Closed(_), End::Front(front)) => {
                self.forget_end(conn, side);
                self.front_gone(front, "its daemon closed the link");
            }
            (Item::Frame(frame), End::Talker(talker)) => self.talker_got(talker, &frame),
            (Item::Closed(_), End::Talker(talker)) => {
                self.forget_end(conn, side);
                self.talker_over(talker, "its daemon closed the connection");
            }
            (Item::Frame(frame), End::Desk(talker)) => self.desk_got(talker, conn, &frame),
            (Item::Closed(_), End::Desk(talker)) => {
                self.forget_end(conn, side);
                self.desk_lost(talker, conn);
            }
        }
    }

    pub fn place(&self, conn: usize, side: usize) -> Place {
        match self.conns[conn].ends[side] {
            End::Host { host, .. } => Place::Host(host),
            End::Front(front) => Place::Front(front),
            End::Talker(talker) | End::Desk(talker) => Place::Talker(talker),
        }
    }

    /// The connection of a host to the one above, where it has one.
    pub fn uplink(&self, host: usize) -> Option<usize> {
        let open = |conn: &&usize| self.conns[**conn].is_open() && !self.conns[**conn].silent;
        self.hosts[host].upwards.iter().rev().find(open).copied()
    }
}

fn new_conn(above: End, below: End) -> Conn {
    Conn {
        ends: [above, below],
        coming: [VecDeque::new(), VecDeque::new()],
        last_at: [0; 2],
        closed: [false; 2],
        silent: false,
        clogged_until: 0,
        welcomed_at: 0,
        excused: [false; 2],
    }
}
