//! The face of GNU parallel: its line read by `posse-work`, its tasks run as a job of the vm
//! (`run`), its output (`printer`), joblog and results (`record`) and exit status. Called by
//! `commands/task/parallel`.

mod blocks;
mod feed;
mod load;
mod printer;
mod record;
mod run;
mod start;
mod tasks;

pub use start::main;
