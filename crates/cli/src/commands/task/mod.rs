//! The commands of the task farm, one file each: ways to give work, and what is asked of jobs.

pub mod drain;
pub mod executor;
pub mod jobs;
pub mod log;
pub mod make;
pub mod parallel;
pub mod plot;
pub mod results;
pub mod retry;
pub mod submit;
pub mod sweep;
pub mod wait;
pub mod watch;
pub mod why;
