//! Questions and changes for the one that leads, here or on another host: asked again while there
//! is hope, and answered within the time that was promised. Asking a change again is safe, since
//! it has a number.

use super::Control;
use super::voter::Voter;
use crate::limits::{ASK_AGAIN, ASKS_MAX, HEARD_KEPT, OTHER_ANSWERS_WITHIN};
use crate::shell::Shell;
use posse_control::consensus::{Input, Refused};
use posse_control::limits::CONFIRM_WITHIN;
use posse_control::state::Token;
use posse_control::{Ask, Said, Word};
use posse_proto::Input as ProtoInput;
use posse_wire::{HostId, Outcome};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

type Result<T> = std::result::Result<T, Refused>;

struct Waiting {
    /// What to look up when that is allowed.
    ask: Option<Ask>,
    /// The host that was asked; none: this one.
    of: Option<HostId>,
    answer: oneshot::Sender<Result<Said>>,
}

/// What is asked and not answered.
#[derive(Default)]
pub(super) struct Asks {
    waiting: RefCell<BTreeMap<u64, Waiting>>,
    next: Cell<u64>,
    /// Who leads is another, or is known again.
    news: Notify,
    /// The host that was last said to lead, where no voter of this host knows.
    hint: Cell<Option<HostId>>,
}

/// Words come along the tree and over a line. What came one way is not asked again where it comes
/// the other way too: it may find another leader, and its refusal would be taken for the answer.
#[derive(Default)]
pub(super) struct Heard {
    order: RefCell<VecDeque<(Instant, HostId, u64)>>,
    all: RefCell<BTreeSet<(HostId, u64)>>,
}

impl Heard {
    /// False: it was, or there is no room to remember that. Who asked waits no longer than this.
    pub fn is_new(&self, from: HostId, token: u64) -> bool {
        let (mut order, mut all) = (self.order.borrow_mut(), self.all.borrow_mut());
        let now = Instant::now();
        while let Some((at, host, token)) = order.front().copied()
            && now - at > HEARD_KEPT
        {
            order.pop_front();
            all.remove(&(host, token));
        }
        if all.len() >= ASKS_MAX || !all.insert((from, token)) {
            return false;
        }
        order.push_back((now, from, token));
        true
    }
}

fn nobody(was_proposed: bool) -> Refused {
    Refused::NoMajority { last_leader: None, was_proposed }
}

impl Control {
    pub(super) fn leader_news(&self) {
        self.asks.news.notify_waiters();
    }

    /// What this token's question was.
    pub(super) fn asked(&self, token: u64) -> Option<Ask> {
        self.asks.waiting.borrow_mut().get_mut(&token)?.ask.take()
    }

    pub(super) fn answered(&self, token: u64, said: Result<Said>) {
        if let Some(waiting) = self.asks.waiting.borrow_mut().remove(&token) {
            let _nobody_waits_any_more = waiting.answer.send(said);
        }
    }

    /// Another host's answer; believed if that host was asked.
    pub(super) fn answered_by(&self, from: HostId, token: u64, said: Result<Said>) {
        let of = self.asks.waiting.borrow().get(&token).and_then(|waiting| waiting.of);
        if of == Some(from) {
            self.answered(token, said);
        }
    }

    /// What this host's voter was asked has no answer any more.
    pub(super) fn voter_lost(&self) {
        self.asks.waiting.borrow_mut().retain(|_, waiting| waiting.of.is_some());
        self.leader_news();
    }

    pub(super) fn hint(&self, leader: HostId) {
        self.asks.hint.set(Some(leader));
    }
}

impl Shell {
    pub(super) fn send_word(self: &Rc<Self>, to: HostId, word: &Word) {
        let body = word.encode();
        if self.control.voter().is_some() {
            self.send_over_line(to, &body);
        }
        self.feed(ProtoInput::ControlSend { to, body });
    }

    /// The answer, or why there is none within five seconds.
    pub(super) async fn ask_control(self: &Rc<Self>, ask: Ask) -> Result<Said> {
        let deadline = Instant::now() + CONFIRM_WITHIN;
        let is_change = matches!(ask, Ask::Change(_));
        let (mut is_unsure, mut last) = (false, nobody(false));
        while Instant::now() < deadline {
            let news = self.control.asks.news.notified();
            let Ok(result) = timeout_at(deadline, self.try_control(&ask)).await else {
                is_unsure |= is_change;
                break;
            };
            match result {
                Ok(said) => return Ok(said),
                Err(refused) => {
                    is_unsure |= refused.outcome() == Outcome::Unknown;
                    let hopeless = !matches!(
                        refused,
                        Refused::NotLeader { .. }
                            | Refused::NoMajority { .. }
                            | Refused::Replaced { .. }
                    );
                    last = refused;
                    if hopeless {
                        break;
                    }
                }
            }
            let again = deadline.min(Instant::now() + ASK_AGAIN);
            let _or_it_is_time = timeout_at(again, news).await;
        }
        Err(self.why_not(last, is_unsure))
    }

    /// With what is known of who led, and of whether it was done.
    fn why_not(&self, last: Refused, is_unsure: bool) -> Refused {
        match last {
            Refused::NoMajority { .. } | Refused::NotLeader { .. } | Refused::Replaced { .. } => {
                let heard = match &last {
                    Refused::NoMajority { last_leader, .. } => *last_leader,
                    Refused::NotLeader { leader } => Some(*leader),
                    _ => None,
                };
                let voter = self.control.voter();
                let led = voter.and_then(|voter| voter.with(|node| node.last_leader()));
                let last_leader = heard.or(led);
                Refused::NoMajority { last_leader, was_proposed: is_unsure }
            }
            other if is_unsure && other.outcome() == Outcome::NotDone => nobody(true),
            other => other,
        }
    }

    /// Once: here if this host leads or nobody is known to, else there.
    async fn try_control(self: &Rc<Self>, ask: &Ask) -> Result<Said> {
        let own = self.control.voter();
        let led = own.as_ref().and_then(|voter| {
            voter.with(|node| node.leader().filter(|leader| *leader != node.me()))
        });
        match (led, own) {
            (Some(leader), _) => self.ask_other(leader.host, ask).await,
            (None, Some(voter)) => self.ask_own(&voter, ask).await,
            (None, None) => match self.control.asks.hint.get() {
                Some(leader) => self.ask_other(leader, ask).await,
                None => Err(nobody(false)),
            },
        }
    }

    async fn ask_other(self: &Rc<Self>, host: HostId, ask: &Ask) -> Result<Said> {
        let (token, answer) = self.wait_for(None, Some(host))?;
        self.send_word(host, &Word::Ask { token, ask: ask.clone() });
        let said = timeout(OTHER_ANSWERS_WITHIN, answer).await;
        self.control.asks.waiting.borrow_mut().remove(&token);
        let is_change = matches!(ask, Ask::Change(_));
        let said = said.map_err(|_| nobody(is_change))?.map_err(|_| nobody(is_change))?;
        if let Err(Refused::NotLeader { leader }) = &said {
            self.control.hint(leader.host);
        }
        said
    }

    /// This host's voter, once: it leads, or says who does.
    pub(super) async fn ask_own(self: &Rc<Self>, voter: &Rc<Voter>, ask: &Ask) -> Result<Said> {
        let (token, answer) = self.wait_for(Some(ask.clone()), None)?;
        let input = match ask.clone() {
            Ask::Change(proposal) => Input::Propose { token: Token(token), proposal },
            Ask::Question(_) => Input::Read { token: Token(token) },
        };
        voter.feed(self, input);
        answer.await.unwrap_or_else(|_| Err(nobody(matches!(ask, Ask::Change(_)))))
    }

    fn wait_for(
        &self,
        ask: Option<Ask>,
        of: Option<HostId>,
    ) -> Result<(u64, oneshot::Receiver<Result<Said>>)> {
        let asks = &self.control.asks;
        let mut waiting = asks.waiting.borrow_mut();
        if waiting.len() >= ASKS_MAX {
            return Err(Refused::Busy);
        }
        let token = asks.next.get() + 1;
        asks.next.set(token);
        let (answer, answers) = oneshot::channel();
        waiting.insert(token, Waiting { ask, of, answer });
        Ok((token, answers))
    }
}
