//! What talkers say to each other, in three scopes: one in which all is met as it comes, one with
//! receives from anybody or from one, and one in which most wait for what is never sent.

use super::life::{Mind, Stage};
use super::{Act, Talk};
use crate::check::{fifo, told};
use crate::plan::MS;
use crate::trace::Place;
use crate::world::{Event, World};
use posse_message::{Attributes, Engine, Message, Mode, RecvId, Scope, SendError, SendId, Want};
use posse_wire::ProcessId;

const STANDING: Scope = Scope { face: 1, context: 1 };
const POSTED: Scope = Scope { face: 1, context: 2 };
const BLOCKED: Scope = Scope { face: 1, context: 3 };

/// Receives that one has posted at a time.
const POSTED_MAX: usize = 20;

/// When only what is left is received, one looks so often.
const LOOK_EVERY: u64 = 200 * MS;

/// What one has sent and is about to receive.
pub struct Chat {
    standing: RecvId,
    /// In the order in which they were posted.
    posted: Vec<Posted>,
    sends: Vec<(SendId, ProcessId)>,
}

struct Posted {
    receive: RecvId,
    /// Its message is in the book.
    is_met: bool,
    /// Nobody else could end it.
    from: Option<ProcessId>,
}

impl Chat {
    pub fn new(engine: &mut Engine) -> Chat {
        let standing = engine.stand(Want::any(STANDING));
        Chat { standing, posted: Vec::new(), sends: Vec::new() }
    }

    /// Those whom a receive or a send waits for.
    pub fn waits_for(&self) -> impl Iterator<Item = ProcessId> {
        let receives = self.posted.iter().filter_map(|posted| posted.from);
        receives.chain(self.sends.iter().map(|(_, to)| *to))
    }

    /// Those to whom a send is not over.
    pub fn unsettled(&self) -> impl Iterator<Item = ProcessId> {
        self.sends.iter().map(|(_, to)| *to)
    }
}

impl World {
    pub fn chat_step(&mut self, talker: usize) {
        if self.now >= self.talk.until {
            self.receive_the_rest(talker);
            return self.after(LOOK_EVERY, Event::Talk { talker, act: Act::Step });
        }
        let others: Vec<ProcessId> = self.talk.of.keys().copied().collect();
        let dice = self.talk.dice();
        let other = others[dice.below(others.len() as u64) as usize];
        let (what, pause) = (dice.below(100), dice.below(600 * MS));
        match what {
            0..40 => self.say_something(talker, other, STANDING),
            40..62 => self.say_something(talker, other, POSTED),
            62..66 => self.say_something(talker, other, BLOCKED),
            66..78 => self.post(talker, POSTED, None),
            78..90 => self.post(talker, POSTED, Some(other)),
            _ => self.post(talker, BLOCKED, Some(other)),
        }
        self.talker_turn(talker);
        self.after(pause, Event::Talk { talker, act: Act::Step });
    }

    fn say_something(&mut self, talker: usize, to: ProcessId, scope: Scope) {
        let dice = self.talk.dice();
        let length = match dice.below(10) {
            0 => dice.below(90_000),
            1 | 2 => dice.below(17_000),
            _ => dice.below(200),
        };
        let mode = match dice.below(10) {
            0 => Mode::Synchronous,
            1 => Mode::Rendezvous,
            _ => Mode::Eager,
        };
        let Talk { all, book, .. } = &mut self.talk;
        let Some(Mind { id, engine, chat, down, .. }) = all[talker].mind.as_deref_mut() else {
            return;
        };
        if *id == to {
            return;
        }
        let (tag, payload) = book.next((*id, to), length as usize);
        let attributes = Attributes::NONE;
        match engine.send(Message { to, scope, tag, mode, attributes, payload }) {
            Ok(send) => {
                book.sent((*id, to), scope, length as usize);
                chat.sends.push((send, to));
            }
            Err(SendError::Down(failure)) => {
                let held = told::failed(failure.peer, down.contains(&failure.peer));
                self.must("told", held, || Place::Talker(talker).to_string());
            }
            Err(_) => {}
        }
    }

    fn post(&mut self, talker: usize, scope: Scope, from: Option<ProcessId>) {
        let Some(Mind { id, engine, chat, .. }) = self.talk.mind(talker) else { return };
        if chat.posted.len() >= POSTED_MAX || from == Some(*id) {
            return;
        }
        let want = from.map_or(Want::any(scope), |from| Want::any(scope).of(from));
        if let Ok(receive) = engine.post(want) {
            chat.posted.push(Posted { receive, is_met: false, from });
        }
    }

    /// Receives for all that waits for one.
    fn receive_the_rest(&mut self, talker: usize) {
        for scope in [POSTED, BLOCKED] {
            while let Some(Mind { engine, chat, .. }) = self.talk.mind(talker)
                && engine.probe(&Want::any(scope)).is_some()
            {
                let Ok(receive) = engine.post(Want::any(scope)) else { break };
                chat.posted.push(Posted { receive, is_met: false, from: None });
                self.chat_look(talker);
            }
        }
        self.talker_turn(talker);
    }

    /// What has been met since the last look, and what has come whole.
    pub fn chat_look(&mut self, talker: usize) {
        let mut all_held = Vec::new();
        let Talk { all, book, .. } = &mut self.talk;
        let state = &mut all[talker];
        let Some(Mind { engine, chat, down, .. }) = state.mind.as_deref_mut() else { return };
        if state.stage != Stage::Talks {
            return;
        }
        while let Some((message, envelope)) = engine.next_met(chat.standing) {
            let from = envelope.source;
            let held = fifo::met(book, envelope, down.contains(&from));
            all_held.push(("fifo", from, held));
            if let Some(receive) = engine.receive(message) {
                chat.posted.push(Posted { receive, is_met: true, from: None });
            }
        }
        chat.posted.retain_mut(|posted| {
            if !posted.is_met
                && let Some(envelope) = engine.met(posted.receive)
            {
                posted.is_met = true;
                let held = fifo::met(book, envelope, down.contains(&envelope.source));
                all_held.push(("fifo", envelope.source, held));
            }
            let Some(result) = engine.take_completed(posted.receive) else { return true };
            match result {
                Ok(received) => {
                    let (envelope, bytes) = (received.envelope, received.payload);
                    all_held.push(("fifo", envelope.source, fifo::whole(&envelope, &bytes)));
                }
                Err(failure) => {
                    let held = told::failed(failure.peer, down.contains(&failure.peer));
                    all_held.push(("told", failure.peer, held));
                }
            }
            false
        });
        chat.sends.retain(|(send, _)| {
            let settled = engine.send_state(*send).is_none_or(|state| state.is_settled());
            if settled {
                engine.forget_send(*send);
            }
            !settled
        });
        for (check, from, held) in all_held {
            self.must(check, held, || format!("p{talker}, of {from}"));
        }
    }
}
