//! Work given to a vm from Rust: the largest prime below each of some numbers, a task each, on
//! whatever hosts are idle.
//!
//! ```sh
//! posse up local[1-2] && cargo run -p posse --example largest_prime && posse down
//! ```

use posse::farm::{Batch, Column, End, Ending, JobSpec, Needs, Piece, Program, Template, Text};
use posse::{Error, Vm};

/// `factor` of coreutils prints a prime as its only factor.
const BEFORE: &str = "n=";
const AFTER: &str = "; while n=$((n - 1)); set -- $(factor $n); [ $# -ne 2 ]; do :; done; \
                     echo prime=$n";

fn main() -> Result<(), Error> {
    let vm = Vm::connect(&posse::default_vm_name()?)?;
    let farm = vm.farm();

    // What tasks share, with a place for what they differ in.
    let mut line = Text::plain(BEFORE);
    line.0.extend(Text::value(0).0);
    line.push(Piece::Plain(AFTER.to_owned()));
    let template = Template::of(vec!["below".to_owned()], Program::Shell(line));
    let below: Vec<String> = (3..9).map(|digits| 10_u64.pow(digits).to_string()).collect();
    let column = Column::each(below.iter().map(String::as_str));
    let batch = Batch::of(template, below.len() as u32, vec![column], Needs::default());

    // On disk when this returns: it goes on whatever becomes of this program.
    let spec = JobSpec { name: "primes".to_owned(), ..JobSpec::default() };
    let job = farm.submit(&spec, vec![batch])?;
    farm.wait(job, None)?;

    for task in farm.rows(job)?.tasks {
        let Some(row) = task.row else { continue };
        match row.end {
            End::Ended(Ending::Exited(0)) => println!("{:?}: {:?}", task.parameters, row.values),
            end => println!("{:?}: {end:?}", task.parameters),
        }
    }
    farm.forget(job)
}
