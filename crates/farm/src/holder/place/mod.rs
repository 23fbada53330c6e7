//! Which task goes to which host.
//!
//! - `rank`: which job is next
//! - `rounds`: free room is given to tasks, needs by needs
//! - `choose`: the host for a job's next tasks, and how many
//! - `reserve`: a host is kept for a task that waited long
//! - `copies`: stragglers
//! - `tick`: what is looked for from time to time
//!
//! Called at the end of everything that comes in.

mod choose;
mod copies;
mod rank;
mod reserve;
mod rounds;
mod tick;
