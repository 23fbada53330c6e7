//! One virtual machine out of many hosts, from Rust: what every front end of posse stands on.
//!
//! # A vm, a command, its events
//!
//! [`Vm::connect`] finds the daemon of one of *your* vms on this computer through its private
//! unix socket; the kernel says who is at the other end, so nothing is typed and no port is open.
//! The welcome brings the hosts, so hostsets are resolved here, and [`Vm::run`] needs no round
//! trip: one frame goes out and events come back.
//!
//! ```no_run
//! use posse::{Command, RunEvent, Vm};
//! use std::io::Write;
//!
//! fn main() -> Result<(), posse::Error> {
//!     let vm = Vm::connect("default")?;
//!     let mut running = vm.run(&Command::shell("uptime").hosts("all - lab7").per_host(1))?;
//!     let names: Vec<String> = running.ranks().iter().map(|info| info.name.clone()).collect();
//!     let mut out = std::io::stdout().lock();
//!     while let Some(event) = running.next_event(None)? {
//!         match event {
//!             RunEvent::Output { bytes, .. } => drop(out.write_all(&bytes)),
//!             RunEvent::Exit { rank, status, .. } if status.code() != 0 => {
//!                 eprintln!("{}: {status:?}", names[rank.0 as usize]);
//!             }
//!             _ => {}
//!         }
//!     }
//!     std::process::exit(running.statuses().code().into());
//! }
//! ```
//!
//! A `main` of ten lines is enough where only the end counts: `vm.run(&command)?.wait()?.code()`.
//! Who wants a thread per stream takes [`Running::into_readers`]; each is a [`std::io::Read`].
//!
//! # Waiting, and what ends it
//!
//! Everything here blocks, and one thread per connection reads from the daemon. Every wait ends:
//! with its result, with [`Error::Deadline`] where a deadline was given, or with
//! [`Error::Disconnected`] when the daemon goes. That a *host* is lost is no error of the call: its
//! processes exit with [`Status::Lost`]. Each error knows its [`Outcome`]: whether the work ran,
//! did not run, or may have run; [`Error::is_retryable`] says when repeating is safe.
//!
//! # Credit
//!
//! Taking an event is what gives a process leave to write more. A consumer that stops taking stops
//! the processes at their `write(2)`, one window each, and costs at most 32 MiB for all of them (or
//! 4 KiB for each stream of more than 8,192). A process that writes single bytes costs no more:
//! they are joined. In the other direction, [`Stdin`] waits for the slowest process; [`Broadcast`]
//! does not, and keeps what the slow have not read in memory, then on disk, up to its
//! [`SpillLimits`].
//!
//! # Names
//!
//! [`Vm::names`] is a registry that all hosts agree about: a process registers a name with a small
//! value (an address, say), others look it up or wait for it, and it is released when the process
//! is over. See [`Names`].
//!
//! # Messages
//!
//! A program that the vm starts, or that a person starts on any of its hosts, takes part as a
//! [`message::Process`]: it sends to other processes by their ids, and receives.
//!
//! # Groups and a mailbox
//!
//! [`Vm::board`] is what processes of a vm that take part in messages hold together: groups with
//! barriers, a mailbox, contexts. See [`board`].
//!
//! # Tasks
//!
//! [`Vm::farm`] takes work by the thousands and runs it on whatever hosts are idle. See [`farm`].
//!
//! # When it is dropped
//!
//! Dropping a [`Running`] that is not over ends its processes, as does the death of this process,
//! however it dies. [`Vm::run_detached`] starts what outlives it; [`Vm::attach`] follows that.
//!
//! # From another machine
//!
//! [`Vm::connect_with`] reaches the host that leads a vm from any machine that has its owner's key
//! ([`KeyFile`]).
//!
//! # Feature `async`
//!
//! Off by default. [`OutputReader`] and [`Stdin`] are then also tokio's `AsyncRead` and
//! `AsyncWrite`, and events can be awaited. It is the same machinery: no operation exists twice.

mod answers;
#[cfg(feature = "async")]
mod asynchronous;
pub mod board;
mod broadcast;
mod command;
mod error;
pub mod farm;
mod limits;
mod link;
pub mod message;
mod names;
mod placement;
pub mod pvm;
mod run;
mod stage;
mod vm;

pub use broadcast::{Broadcast, SpillLimits, Stdin};
pub use command::{Command, Groups, Hosts, attribute};
pub use error::Error;
pub use names::{NameChange, NameWatch, Names};
pub use placement::SPEED;
pub use run::{
    Attached, Controller, Ended, Exits, OutputReader, RankInfo, RunEvent, Running, Statuses,
};
pub use stage::{NotStaged, StagedProgram};
pub use vm::{
    Asked, Events, Invitation, LaunchEvent, Launches, NewVm, Placement, Replies, UpOptions, Vm,
};

pub use posse_net::elsewhere::{ElsewhereError, KeyFile, KeyFileError, KeyPlace, Listening};
pub use posse_net::place::{check_vm_name, default_vm_name, existing_vms, find_vm_directory};
pub use posse_net::state::{find_state_directory, kept_vms};
pub use posse_wire::msg::{
    Answered, BurstTime, Cause, CommandEntry, CommandState, Dial, Dialed, Directory, EnrolledEntry,
    EnrolledState, Event, Facts, Happening, HostEntry, HostLoad, HostRequest, HostState, Launch,
    Launcher, NameEntry, NameHolder, Ports, ProcessEntry, Question, Reply, ResourceLimit, Stage,
    Status, Voters, WindowSize,
};
pub use posse_wire::{CommandId, Fd, HostId, Incarnation, Outcome, ProcessId, Rank};
