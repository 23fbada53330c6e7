//! Who waits for names and watches them at this daemon, until their front ends go. A wait is
//! answered by a look-up that the leader confirmed; a watch is told what this host's copy of the
//! state tells, in its order.

use super::names::entry;
use super::voter::Voter;
use crate::limits::WAIT_LOOK_EVERY;
use crate::shell::Shell;
use posse_control::state::{Change, Found, Question, Token, Watch, Watches};
use posse_proto::LinkId;
use posse_wire::CommandId;
use posse_wire::msg::Named;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout_at};

/// As good as never: what a wait without a deadline has.
const FAR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Who is told, and how.
#[derive(Clone)]
struct Waiter {
    link: LinkId,
    id: CommandId,
    /// A wait: it looks again.
    news: Option<Rc<Notify>>,
}

#[derive(Default)]
pub(super) struct Waits {
    watches: RefCell<Watches>,
    waiters: RefCell<BTreeMap<Token, Waiter>>,
    next: Cell<u64>,
}

impl Waits {
    /// None if too many wait.
    fn begin(&self, waiter: Waiter, watch: Watch) -> Option<Token> {
        let token = Token(self.next.get() + 1);
        self.next.set(token.0);
        if !self.watches.borrow_mut().begin(token, watch) {
            return None;
        }
        self.waiters.borrow_mut().insert(token, waiter);
        Some(token)
    }

    fn end(&self, token: Token) {
        self.watches.borrow_mut().end(token);
        if let Some(Waiter { news: Some(news), .. }) = self.waiters.borrow_mut().remove(&token) {
            news.notify_one();
        }
    }

    fn stands(&self, token: Token) -> bool {
        self.waiters.borrow().contains_key(&token)
    }

    fn end_all(&self, which: impl Fn(&Waiter) -> bool) {
        let waiters = self.waiters.borrow();
        let over = waiters.iter().filter(|(_, waiter)| which(waiter));
        let over: Vec<Token> = over.map(|(token, _)| *token).collect();
        drop(waiters);
        over.into_iter().for_each(|token| self.end(token));
    }
}

fn too_many() -> Named {
    let why = "too many wait for names at once; nothing was done".to_owned();
    Named::Refused { why, outcome: posse_wire::Outcome::NotDone }
}

impl Shell {
    pub(super) fn stop_waiting(&self, link: LinkId, id: CommandId) {
        self.control.waits.end_all(|waiter| (waiter.link, waiter.id) == (link, id));
    }

    /// A front end is gone, and with it what it held and waited for.
    pub fn client_gone(self: &Rc<Self>, link: LinkId, first: CommandId) {
        self.control.waits.end_all(|waiter| waiter.link == link);
        self.processes_over(first, posse_wire::Rank::ALL, 1);
    }

    pub(super) fn watch_names(self: &Rc<Self>, link: LinkId, id: CommandId, prefix: String) {
        let waiter = Waiter { link, id, news: None };
        let begun = self.control.waits.begin(waiter, Watch::Prefix(prefix));
        self.say_named(link, id, &if begun.is_some() { Named::Watching } else { too_many() });
    }

    pub(super) fn wait_for_name(
        self: &Rc<Self>,
        link: LinkId,
        id: CommandId,
        name: String,
        within_ms: u64,
    ) {
        let until = Instant::now() + Duration::from_millis(within_ms).min(FAR);
        let news = Rc::new(Notify::new());
        let waiter = Waiter { link, id, news: Some(news.clone()) };
        let Some(token) = self.control.waits.begin(waiter, Watch::WaitFor(name.clone())) else {
            return self.say_named(link, id, &too_many());
        };
        let shell = self.clone();
        spawn_local(async move {
            let named = shell.until_there(token, &name, until, &news).await;
            if shell.control.waits.stands(token) {
                shell.control.waits.end(token);
                shell.say_named(link, id, &named);
            }
        });
    }

    async fn until_there(
        self: &Rc<Self>,
        token: Token,
        name: &str,
        until: Instant,
        news: &Notify,
    ) -> Named {
        loop {
            // Begun before it is looked for, so that nothing is missed.
            let watch = Watch::WaitFor(name.to_owned());
            self.control.waits.watches.borrow_mut().begin(token, watch);
            let look = timeout_at(until, self.look_up(name.to_owned())).await;
            match look {
                Ok(Ok(Some(row))) => return Named::Found(Some(entry(row))),
                Err(_) => return Named::Found(None),
                // A majority may come back while there is time.
                Ok(Ok(None) | Err(_)) => {}
            }
            // Where this host has no copy of the state nobody tells it.
            let again = match self.control.voter() {
                Some(_) if look.is_ok_and(|found| found.is_ok()) => until,
                _ => until.min(Instant::now() + WAIT_LOOK_EVERY),
            };
            let told = timeout_at(again, news.notified()).await.is_ok();
            if !self.control.waits.stands(token) || (!told && Instant::now() >= until) {
                return Named::Found(None);
            }
        }
    }

    /// The state of this host's voter changed.
    pub(super) fn control_changed(self: &Rc<Self>, voter: &Voter, changes: &[Change]) {
        if changes.iter().any(|change| matches!(change, Change::Host(_))) {
            self.control.members.news.notify_one();
        }
        for change in changes {
            let Change::Name { name, version } = change else { continue };
            let told = self.control.waits.watches.borrow_mut().told(change);
            for token in told {
                let waiter = self.control.waits.waiters.borrow().get(&token).cloned();
                let Some(waiter) = waiter else { continue };
                if let Some(news) = waiter.news {
                    news.notify_one();
                    continue;
                }
                // What it is by now may be of a later change, which is told as well.
                let question = Question::Name(name.clone());
                let found = voter.state(|state| state.find(&question));
                let entry = match found {
                    Found::Name(row) if version.is_some() => row.map(entry),
                    _ => None,
                };
                let changed = Named::Changed { name: name.clone(), entry };
                self.say_named(waiter.link, waiter.id, &changed);
            }
        }
    }

    /// As a whole: whoever waits looks again.
    pub(super) fn control_replaced(self: &Rc<Self>, voter: &Voter) {
        let waits = &self.control.waits;
        voter.state(|state| waits.watches.borrow_mut().replaced(&state.names));
        let waiters: Vec<Waiter> = waits.waiters.borrow().values().cloned().collect();
        for waiter in waiters {
            match waiter.news {
                Some(news) => news.notify_one(),
                None => self.say_named(waiter.link, waiter.id, &Named::Missed),
            }
        }
    }
}
