//! `posse names`: the registry of names of the vm.

use super::Outcome;
use crate::error::Error;
use crate::registry::{self, Shown};
use crate::run::detached;
use crate::{run, tell};
use posse::{CommandId, NameChange, Rank, Vm};
use std::time::{Duration, Instant};

/// Names that all hosts of the vm agree about: register, look up, wait, watch
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse names register db 10.0.0.7:5432 --for 3    of command 3 (posse ps)\n  \
        posse names register build/lock me -- make        held while make runs here\n  \
        posse names lookup db\n  posse names wait db --timeout 30s\n  \
        posse names list svc/ --json\n\n\
        A name belongs to a process and is released when that ends, or its host is down.\n\
        Exit status 1: there is no such name, it is somebody else's, or the time is over.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Give a name to a process, or hold it while a command runs here
    Register(Register),
    /// Print the value of a name
    Lookup(Lookup),
    /// List names, their holders and values
    List(List),
    /// Print the value of a name as soon as it is there
    Wait(Wait),
    /// Print each change of names, until ^C
    Watch(List),
    /// Take a name away from whoever has it
    Unregister(Unregister),
}

#[derive(clap::Args, Debug)]
struct Register {
    /// At most 255 bytes; a path such as `svc/db` can be listed by its beginning
    name: String,
    /// At most 4 KiB
    value: String,
    /// The process: number of its command and, of several, its rank, as in 3.0
    #[arg(long = "for", value_name = "COMMAND[.RANK]", value_parser = process)]
    process: Option<(u32, Option<u32>)>,
    /// Only if the name is in this version
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Held while this runs on this computer; its exit status is ours
    #[arg(value_name = "CMD", last = true, conflicts_with_all = ["process", "json"])]
    command: Vec<String>,
}

#[derive(clap::Args, Debug)]
struct Lookup {
    name: String,
    /// One JSON object, with holder and version
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
struct List {
    /// Those that begin so
    #[arg(default_value = "")]
    prefix: String,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
struct Wait {
    name: String,
    /// Give up after this time [default: never]
    #[arg(short, long, value_name = "TIME", value_parser = super::e::duration)]
    timeout: Option<Duration>,
    /// One JSON object, with holder and version
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
struct Unregister {
    name: String,
    /// Only if it is in this version
    #[arg(long, value_name = "N")]
    version: Option<u64>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    match &args.what {
        What::Register(args) if !args.command.is_empty() => hold(&vm, args),
        What::Register(args) => register(&vm, args),
        What::Lookup(args) => lookup(&vm, args),
        What::List(args) => list(&vm, args),
        What::Wait(args) => wait(&vm, args),
        What::Watch(args) => watch(&vm, args),
        What::Unregister(args) => {
            vm.names().unregister(&args.name, args.version)?;
            Ok(0)
        }
    }
}

fn register(vm: &Vm, args: &Register) -> Outcome {
    let Some((number, rank)) = args.process else {
        let text = "a name belongs to a process: say which by --for COMMAND[.RANK], or hold it \
                    while a command runs, by `-- CMD`";
        return Err(Error::usage(text).hint("`posse ps` lists the commands"));
    };
    let process = Some(process_of(vm, number, rank)?);
    let (names, name, value) = (vm.names(), &args.name, args.value.as_bytes());
    let result = match (process, args.version) {
        (process, Some(version)) => names.replace(name, value, process, version),
        (Some(process), None) => names.register_for(name, value, process),
        (None, None) => names.register(name, value),
    };
    let version = result.map_err(|error| registry::error(vm, error))?;
    if args.json {
        tell::say(&registry::registered(name, version));
    }
    Ok(0)
}

/// A rank is said where there are several.
fn process_of(vm: &Vm, number: u32, rank: Option<u32>) -> Result<(CommandId, Rank), Error> {
    let entry = detached::find(vm, number)?;
    match rank {
        Some(rank) if rank < entry.size => Ok((entry.id, Rank(rank))),
        None if entry.size == 1 => Ok((entry.id, Rank(0))),
        _ => {
            let last = entry.size.saturating_sub(1);
            let text = format!("command {number} has the processes {number}.0 to {number}.{last}");
            Err(Error::usage(text).hint("`posse ps --processes` shows where each runs"))
        }
    }
}

fn hold(vm: &Vm, args: &Register) -> Outcome {
    if args.version.is_some() {
        return Err(Error::usage("--version is for names of processes, with --for"));
    }
    registry::hold(vm, &args.name, args.value.as_bytes(), &args.command)
}

fn lookup(vm: &Vm, args: &Lookup) -> Outcome {
    let Some(entry) = vm.names().lookup(&args.name)? else {
        let error = posse::Error::NoSuchName { name: args.name.clone() };
        return Err(error.into());
    };
    Shown::of(vm, args.json)?.value(&entry);
    Ok(0)
}

fn list(vm: &Vm, args: &List) -> Outcome {
    let names = vm.names().list(&args.prefix)?;
    Shown::of(vm, args.json)?.table(&names);
    Ok(0)
}

fn wait(vm: &Vm, args: &Wait) -> Outcome {
    let deadline = args.timeout.and_then(|time| Instant::now().checked_add(time));
    match vm.names().wait(&args.name, deadline) {
        Ok(entry) => Shown::of(vm, args.json)?.value(&entry),
        Err(posse::Error::Deadline) => {
            let time = args.timeout.unwrap_or_default();
            tell::note(&format!("nobody registered `{}` within {time:?}", args.name));
            return Ok(crate::error::Kind::No.code());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(0)
}

fn watch(vm: &Vm, args: &List) -> Outcome {
    let names = vm.names();
    let mut changes = names.watch(&args.prefix)?;
    let mut shown = Shown::of(vm, args.json)?;
    loop {
        match changes.next_change(None)? {
            NameChange::Is(entry) => shown.changed(vm, &entry)?,
            NameChange::Released(name) => shown.released(&name),
            NameChange::Missed => {
                tell::note("changes were missed; `posse names list` shows what is so now");
            }
        }
    }
}

/// `3` or `3.0`.
fn process(text: &str) -> Result<(u32, Option<u32>), String> {
    let wrong = || format!("`{text}` is no process, such as 3 or 3.0");
    let of = |text: &str| text.parse::<u32>().map_err(|_| wrong());
    match text.split_once('.') {
        Some((command, rank)) => Ok((of(command)?, Some(of(rank)?))),
        None => Ok((of(text)?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::process;

    #[test]
    fn a_process_is_a_command_and_a_rank() {
        assert_eq!(process("3"), Ok((3, None)));
        assert_eq!(process("3.12"), Ok((3, Some(12))));
        for bad in ["", "x", "3.", ".1", "3.x", "3.1.2", "-1"] {
            assert!(process(bad).is_err(), "{bad}");
        }
    }
}
