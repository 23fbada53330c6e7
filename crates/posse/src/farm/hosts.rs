//! Hosts as the task farm has them: on what terms, what they do, and how they are left.

use super::Farm;
use super::line::unwanted;
use crate::{Error, HostId};
use posse_farm::ask::{Ask, Said};
use posse_farm::holder::{HostView, Request};
use posse_farm::policy::Terms;
use std::time::Instant;

impl Farm {
    /// Hosts that are there, with what they do.
    pub fn hosts(&self) -> Result<Vec<HostView>, Error> {
        match self.line.ask(&Ask::Hosts)? {
            Said::Hosts(hosts) => Ok(hosts),
            other => Err(unwanted(other)),
        }
    }

    /// On what terms the host of this name works, whether or not it is there yet. They take the
    /// place of what was said before.
    pub fn set_terms(&self, host: &str, terms: Terms) -> Result<(), Error> {
        let (host, terms) = (host.to_owned(), Box::new(terms));
        self.change(Request::Terms { host, terms }).map(drop)
    }

    /// Nothing more is started on a host; what waits there goes elsewhere, and what can save
    /// itself. With `now`, everything that runs there is ended, to run elsewhere.
    pub fn drain(&self, host: HostId, now: bool) -> Result<(), Error> {
        self.change(Request::Drain { host, draining: true, now }).map(drop)
    }

    /// A host that was drained takes work again.
    pub fn undrain(&self, host: HostId) -> Result<(), Error> {
        self.change(Request::Drain { host, draining: false, now: false }).map(drop)
    }

    /// Waits until no task is on a host that is drained; [`Error::Deadline`] where there still is
    /// one by then, [`Error::NotDone`] where it is not drained any more.
    pub fn wait_empty(&self, host: HostId, deadline: Option<Instant>) -> Result<(), Error> {
        match self.line.tried(|| self.line.begin(&Ask::Emptied(host))?.next(deadline))? {
            Said::Done { .. } => Ok(()),
            other => Err(unwanted(other)),
        }
    }
}
