//! Direct links between the hosts that vote, so that they can agree when the tree has lost its
//! root: who votes dials the others where they take direct links. The owner's computer takes none;
//! it dials, and is answered on the same line. Words go along the tree as well: said twice they do
//! no harm. Called by `ask` and, for lines that others dialed, by `sibling`.

use crate::limits::{
    LINE_AGAIN, LINE_DEAF, LINE_DEAF_WORDS, LINE_DIAL_WITHIN, LINE_IDLE, LINE_QUEUE_BYTES_MAX,
};
use crate::shell::Shell;
use crate::sibling;
use posse_net::identity::PublicKey;
use posse_net::link::{Link, LinkError};
use posse_wire::msg::{Control, Purpose};
use posse_wire::{CommandId, HostId, Kind, Message, WireError};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};

/// The newest to each host, and when a host was last dialed.
#[derive(Default)]
pub(super) struct Lines {
    open: RefCell<BTreeMap<HostId, Rc<Line>>>,
    dialed: RefCell<BTreeMap<HostId, Instant>>,
}

struct Line {
    link: Link,
    /// When the first word was said that nothing was heard after, and how many were since.
    said: Cell<Option<(Instant, u32)>>,
    /// Its other end is lost.
    lost: Notify,
}

impl Line {
    /// Asked before each word.
    fn is_deaf(&self) -> bool {
        let now = Instant::now();
        let (first, words) = self.said.get().unwrap_or((now, 0));
        self.said.set(Some((first, words.saturating_add(1))));
        words >= LINE_DEAF_WORDS && now - first >= LINE_DEAF
    }
}

impl Shell {
    /// Over the line to this host, where there is one that takes it.
    pub(super) fn send_over_line(self: &Rc<Self>, to: HostId, body: &[u8]) {
        let line = self.control.lines.open.borrow().get(&to).cloned();
        let Some(line) = line else { return self.dial_line(to) };
        if line.is_deaf() {
            line.lost.notify_one();
            self.control.lines.open.borrow_mut().remove(&to);
            return self.dial_line(to);
        }
        let link = &line.link;
        if link.queued() > LINE_QUEUE_BYTES_MAX {
            return;
        }
        let from = self.with_daemon(|daemon| daemon.host());
        // Then it is being sent already, until nothing is queued.
        let is_draining = link.queued() > 0;
        link.push(&Control { to, from, body: body.to_vec() }.frame(CommandId::NONE));
        if !is_draining && link.flush().is_ok_and(|is_done| !is_done) {
            spawn_local(async move {
                tokio::select! {
                    _its_reader_sees_that_too = line.link.drain() => {}
                    () = line.lost.notified() => line.lost.notify_one(),
                }
            });
        }
    }

    /// Only who votes dials who votes, and not all the time.
    fn dial_line(self: &Rc<Self>, to: HostId) {
        let Some(there) = self.line_of(to) else { return };
        let now = Instant::now();
        let before = self.control.lines.dialed.borrow().get(&to).copied();
        if before.is_some_and(|before| now - before < LINE_AGAIN) {
            return;
        }
        self.control.lines.dialed.borrow_mut().insert(to, now);
        let shell = self.clone();
        spawn_local(async move {
            let dialing = sibling::dial(&shell, there, Purpose::Control);
            if let Ok(Ok(link)) = timeout(LINE_DIAL_WITHIN, dialing).await {
                shell.serve_line(to, link).await;
            }
        });
    }

    fn line_of(&self, to: HostId) -> Option<(SocketAddr, PublicKey)> {
        self.control.voter()?.state(|state| {
            state.members.all().find(|id| id.host == to)?;
            let admission = state.hosts.get(to)?.admission.as_ref()?;
            Some((admission.facts.listens.parse().ok()?, PublicKey(admission.key)))
        })
    }

    /// Takes what comes over a line until it is closed, is lost, or has been silent for long.
    pub(crate) async fn serve_line(self: Rc<Self>, host: HostId, link: Link) {
        let line = Rc::new(Line { link, said: Cell::default(), lost: Notify::new() });
        self.control.lines.open.borrow_mut().insert(host, line.clone());
        tokio::select! {
            heard = self.hear_line(host, &line) => if let Err(error) = heard {
                crate::log::line(&format!("line to host {host}: {error}"));
            },
            () = line.lost.notified() => {}
        }
        // For who sends.
        line.lost.notify_one();
        let mut open = self.control.lines.open.borrow_mut();
        if open.get(&host).is_some_and(|newest| Rc::ptr_eq(newest, &line)) {
            open.remove(&host);
        }
    }

    async fn hear_line(self: &Rc<Self>, host: HostId, line: &Line) -> Result<(), LinkError> {
        let mut frames = Vec::new();
        loop {
            match timeout(LINE_IDLE, line.link.read(&mut frames)).await {
                Ok(Err(LinkError::Closed)) | Err(_) => return Ok(()),
                Ok(read) => read?,
            }
            line.said.set(None);
            for frame in frames.drain(..) {
                if frame.kind != Kind::Control {
                    let (wanted, got) = (Kind::Control.name(), frame.kind.name());
                    return Err(WireError::WrongKind { wanted, got }.into());
                }
                let Control { to, from, body } = Control::decode(&frame)?;
                // A host speaks for itself alone.
                if from == host && to == self.with_daemon(|daemon| daemon.host()) {
                    self.word_came(from, &body);
                }
            }
        }
    }
}
