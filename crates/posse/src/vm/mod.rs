//! A front end's view of a vm: one file per kind of question. `connect` opens it, `start` starts
//! its daemon where there is none, the others ask and wait for answers.

mod attach;
mod connect;
mod elsewhere;
mod events;
mod invite;
mod launch;
mod place;
mod query;
mod request;
mod run;
mod select;
mod stage;
mod start;
mod voters;

pub use connect::Vm;
pub(crate) use connect::Way;
pub use events::Events;
pub use invite::Invitation;
pub use launch::{Asked, LaunchEvent, Launches, UpOptions};
pub use place::Placement;
pub use query::Replies;
pub use start::NewVm;
