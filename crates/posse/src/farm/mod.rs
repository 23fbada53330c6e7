//! Work that is placed on whatever hosts are idle: submitted in batches, followed, read as a table.
//!
//! A *job* is what is submitted together, a *task* one unit of it. The daemon of the owner's
//! machine holds jobs: what it has acknowledged is on its disk, outlives the front end and the
//! daemon, and each task is run until it has ended once, whatever hosts die meanwhile.
//!
//! ```no_run
//! use posse::Vm;
//! use posse::farm::{Batch, Column, JobSpec, Needs, Program, Template, Text};
//!
//! fn main() -> Result<(), posse::Error> {
//!     let farm = Vm::connect("default")?.farm();
//!     let words = vec![Text::plain("gzip"), Text::value(0)];
//!     let template = Template::of(vec!["file".into()], Program::Argv(words));
//!     let files = Column::each(["a.log", "b.log"]);
//!     let batch = Batch::of(template, 2, vec![files], Needs::default());
//!     let job = farm.submit(&JobSpec::default(), vec![batch])?;
//!     farm.wait(job, None)?;
//!     for task in farm.rows(job)?.tasks {
//!         println!("{:?} {:?}", task.parameters, task.row);
//!     }
//!     Ok(())
//! }
//! ```

mod follow;
mod jobs;
mod line;
mod submit;

pub use follow::Following;
pub use jobs::{Farm, Table};
pub use submit::Made;

pub use posse_farm::ask::TaskRow;
pub use posse_farm::holder::{Counts, State, Summary};
pub use posse_farm::letter::Output;
pub use posse_farm::words::{Ending, Usage};
pub use posse_farm::{
    Batch, Column, Depends, End, Fill, Form, JobId, JobSpec, Needs, Piece, Program, Row, Rules,
    Sink, Stdin, TaskId, Template, Text, Texts, Transfer,
};
