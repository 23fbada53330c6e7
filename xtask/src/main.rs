//! The project's own commands: `cargo xtask COMMAND`. What a script would do elsewhere is code
//! here, so that it is checked and tested like the rest.
//!
//! Not for users of posse and never installed. Called by people, and by `.ci/run` (`ci`).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod bench;
mod ci;
mod demo;
mod fuzz;
mod pvm;
mod repo;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  demo [DIR [PATTERN]]       build posse and search a tree of files on four local hosts
  demo --sweep [N [SVG]]     build posse and run 320 simulations of N accesses on four local hosts
  tidy [--list]              check the rules of the house (ARCHITECTURE.md, CONTRIBUTING.md)
  ci [--no-install]          every check and test, cheapest first
     [--from STEP]           ... beginning with STEP (names: see the headings it prints)
  fuzz SECONDS [TARGET ..]   bytes of strangers against all that reads them; no argument: a list
  pvm [--examples]           PVM's C libraries, header and pkg-config file, in target/pvm;
                             ... and that Debian's examples of PVM compile and load with them
  packages                   install the Debian packages that tests and benchmarks need
  bench floors               what the machine itself needs for a job: no posse, no peer
  bench commands [T1 ..]     posse, floors and peers side by side
     [--rounds N] [--write]  ... N alternating rounds (5); write docs/benchmarks.md
  bench relay                bytes through another host, beside scp -J; --rounds, --write
  bench reliability          how soon 200 deaths are known; --rounds N of 40 (5), --write
  bench messages [M1 ..]     latencies, collectives, PVM programs; --rounds N (5), --write
  bench tasks [J1 ..]        the task farm beside xargs and GNU parallel; --rounds N (5), --write
  bench netpipe              NetPIPE's curve over PVM and over posse; --write: docs/netpipe.*
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match command {
        "tidy" => tidy::main(rest),
        "ci" => ci::main(rest),
        "demo" => demo::main(rest),
        "fuzz" => fuzz::main(rest),
        "pvm" => pvm::main(rest),
        "packages" => ci::packages::main(rest),
        "bench" => bench::main(rest),
        bench::agent::COMMAND => bench::agent::main(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => {
            eprint!("xtask: no command '{other}'\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
