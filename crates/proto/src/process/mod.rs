//! Processes that messages may name: their ids, the way of a message to its process, and who is
//! told of a death. What is in a message is the affair of its two ends (`posse-message`); here it
//! may be dropped, and is sent again by its source.

mod enrol;
mod follow;
mod following;
mod meet;
mod route;
mod table;
mod untold;

pub(crate) use meet::Meetings;
pub(crate) use table::Processes;
