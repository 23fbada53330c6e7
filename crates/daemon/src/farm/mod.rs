//! The task farm on this host: the shell around `posse-farm`. The owner's daemon holds the jobs
//! that are submitted to it (`holder`, `journal`, `store`, `desk`); every host runs the tasks that
//! it is handed (`worker`, `attempt`, `stream`). Described in `docs/internals/farm.md`. Called by
//! the shell.

mod attempt;
mod begin;
mod desk;
mod environment;
mod files;
mod follow;
mod holder;
mod hosts;
mod journal;
mod keep;
mod limits;
mod mail;
mod retry;
mod store;
mod stream;
mod time;
mod usage;
mod worker;

use desk::Desk;
use files::Files;
use holder::Held;
use posse_wire::HostId;
use posse_wire::msg::Pieces;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use time::Wake;
use worker::Work;

/// What a daemon has of it.
#[derive(Default)]
pub(crate) struct Farm {
    /// None until there is something to hold.
    held: RefCell<Option<Held>>,
    settling_held: Cell<bool>,
    desk: Desk,
    /// None until a holder has spoken.
    work: RefCell<Option<Work>>,
    settling_work: Cell<bool>,
    /// Orders of holders on their way here, and reports of hosts.
    orders: RefCell<BTreeMap<HostId, Pieces>>,
    reports: RefCell<BTreeMap<HostId, Pieces>>,
    wake: Wake,
    files: Files,
}
