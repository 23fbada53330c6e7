//! What processes hold together: groups with their barriers, the mailbox, contexts. The daemon
//! that leads has it in memory, alone; when another one leads, those whose it is tell that one
//! again (`settle.rs`). So nothing is lost with a leader but what nobody is left to tell: entries
//! of the mailbox that outlived their owner.
//!
//! `groups.rs`, `mailbox.rs` and `contexts.rs` are the rules, values in and answers out; `serve.rs`
//! is the daemon around them: who may ask for whom, and who is followed to his death.

mod answers;
mod barrier;
mod contexts;
mod gathering;
mod groups;
mod mailbox;
mod serve;
mod settle;
mod state;

pub(crate) use answers::Asker;
pub(crate) use state::{Ask, Board};
