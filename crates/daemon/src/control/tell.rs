//! What the daemon that leads tells the control state by itself: rows of the table of hosts that
//! changed, and processes that are over. One change at a time, as one client, so that it can be
//! said again until it is done.

use super::rows;
use crate::limits::TELL_AGAIN;
use crate::shell::Shell;
use posse_control::state::{Answer, ClientId, Command, Host, HostRow, Owner, Proposal};
use posse_control::{Ask, Said};
use posse_wire::HostId;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_local;

#[derive(Default)]
pub(super) struct Teller {
    client: Cell<Option<ClientId>>,
    seq: Cell<u64>,
    /// The rows as they were last told.
    told: RefCell<BTreeMap<HostId, Host>>,
    /// The table may have changed since.
    is_stale: Cell<bool>,
    /// Over, and not told yet. As many as there are processes with names at most.
    gone: RefCell<BTreeSet<Owner>>,
    busy: Cell<bool>,
    /// How often it began anew.
    began: Cell<u64>,
    settled: Notify,
}

impl Shell {
    /// The control state is there: what it has is compared with what is so. A daemon that took
    /// the vm over hears within `after` from the hosts what they run.
    pub(super) fn begin_telling(self: &Rc<Self>, after: Duration) {
        // Another epoch knows neither this client nor, for sure, the rows; and what was not told
        // yet is of an earlier lead.
        self.control.teller.client.set(None);
        self.control.teller.is_stale.set(true);
        self.control.teller.gone.borrow_mut().clear();
        let began = self.control.teller.began.get() + 1;
        self.control.teller.began.set(began);
        let shell = self.clone();
        spawn_local(async move {
            shell.tell();
            shell.told_hosts().await;
            tokio::time::sleep(after).await;
            if shell.control.teller.began.get() == began && shell.leads_vm() {
                shell.sweep_holders().await;
            }
        });
    }

    /// The table of hosts changed, and is on disk.
    pub fn table_changed(self: &Rc<Self>) {
        self.control.teller.is_stale.set(true);
        if self.control.voter().is_some() {
            self.tell();
        }
    }

    /// This process is over: its names are released.
    pub(super) fn tell_gone(self: &Rc<Self>, owner: Owner) {
        self.control.teller.gone.borrow_mut().insert(owner);
        self.tell();
    }

    /// Until the control state knows the hosts as the table has them.
    pub(super) async fn told_hosts(&self) {
        let teller = &self.control.teller;
        while teller.is_stale.get() || teller.client.get().is_none() {
            teller.settled.notified().await;
        }
    }

    fn tell(self: &Rc<Self>) {
        if !self.control.teller.busy.replace(true) {
            spawn_local(self.clone().tell_all());
        }
    }

    async fn tell_all(self: Rc<Self>) {
        let teller = &self.control.teller;
        // Who follows by now has nothing to tell, and would tell it in the name of who leads.
        while self.leads_vm() {
            if teller.client.get().is_none() {
                self.open_client().await;
                continue;
            }
            if let Some(rows) = self.next_rows() {
                if !self.tell_one(Command::Hosts(rows.clone())).await {
                    continue;
                }
                let mut told = teller.told.borrow_mut();
                for HostRow { number, host } in rows {
                    match host {
                        Some(host) => told.insert(number, *host),
                        None => told.remove(&number),
                    };
                }
                continue;
            }
            teller.settled.notify_waiters();
            let gone = teller.gone.borrow().first().copied();
            let Some(owner) = gone else { break };
            if self.tell_one(Command::ProcessGone(owner)).await {
                teller.gone.borrow_mut().remove(&owner);
            }
        }
        teller.busy.set(false);
        teller.settled.notify_waiters();
    }

    /// A number for this lead of the daemon. What the control state has is where it begins.
    async fn open_client(self: &Rc<Self>) {
        let teller = &self.control.teller;
        while self.leads_vm() {
            let command = Command::Lead(self.with_daemon(|daemon| daemon.led_by().lead));
            let proposal = Proposal { client: ClientId(0), seq: 0, command };
            let said = self.ask_control(Ask::Change(proposal)).await;
            if let Ok(Said::Answer(Answer::Opened(client))) = said {
                teller.client.set(Some(client));
                teller.seq.set(0);
                return self.compare_told();
            }
            tokio::time::sleep(TELL_AGAIN).await;
        }
    }

    fn compare_told(&self) {
        if let Some(voter) = self.control.voter() {
            let known = |state: &posse_control::state::State| {
                state.hosts.iter().map(|(number, host)| (number, host.clone())).collect()
            };
            *self.control.teller.told.borrow_mut() = voter.state(known);
        }
    }

    /// Until it is done. False where that is for another client: this one was forgotten, or tells
    /// no more.
    async fn tell_one(self: &Rc<Self>, command: Command) -> bool {
        let teller = &self.control.teller;
        teller.seq.set(teller.seq.get() + 1);
        loop {
            let Some(client) = teller.client.get() else { return false };
            let (seq, command) = (teller.seq.get(), command.clone());
            match self.ask_control(Ask::Change(Proposal { client, seq, command })).await {
                Ok(Said::Answer(Answer::NoClient | Answer::Superseded)) => {
                    if teller.client.get() == Some(client) {
                        teller.client.set(None);
                    }
                    return false;
                }
                Ok(_) => return true,
                Err(_) => tokio::time::sleep(TELL_AGAIN).await,
            }
        }
    }

    fn next_rows(&self) -> Option<Vec<HostRow>> {
        let teller = &self.control.teller;
        if !teller.is_stale.get() {
            return None;
        }
        let told = teller.told.borrow();
        let changed = rows::changed(&told, rows::all(self));
        drop(told);
        if changed.is_empty() {
            teller.is_stale.set(false);
            return None;
        }
        Some(changed)
    }
}
