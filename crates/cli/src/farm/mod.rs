//! What the commands of the task farm share: options of work, its way to the farm, progress, and
//! results as a table. Called by `commands/` sweep, submit, parallel, jobs and those that follow.

mod batch;
mod database;
mod ends;
pub mod executor;
mod into;
mod job;
mod limits;
mod lines;
pub mod live;
pub mod make;
mod mistake;
mod options;
pub mod parallel;
mod progress;
mod signals;
mod submit;
mod table;
mod terms;

pub use database::write as write_database;
pub use job::{find, find_task};
pub use lines::each_line;
pub use mistake::{mistake, warn};
pub use options::{Options, numbered, read_file};
pub use progress::follow;
pub use submit::{Given, give};
pub use table::{of_job, summary};
pub use terms::TermsOptions;
