//! `posse key`: the owner's key, taken to other machines to type there.

use super::Outcome;
use crate::error::Error;
use crate::{keys, run, tell};
use posse::{KeyFile, KeyPlace};
use std::path::{Path, PathBuf};

/// Take the vm's key to another machine, to go on from there when this one is lost
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse key export lab.key          on the owner's machine\n  \
        scp lab.key other:                by a way that nobody else can read\n  \
        posse key import lab.key          on the other one; then remove lab.key\n  \
        posse attach 1                    there, once the owner's machine is lost\n\n\
        Whoever has the file owns the vm. It says where hosts listen as of now: export it again\n\
        when hosts were added or brought up anew. While the owner's machine leads the vm, that is\n\
        where to type.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Write the vm's key, and where its hosts listen, to a new file that only you can read
    Export(Export),
    /// Keep a key that was exported elsewhere; `posse` then finds that vm from here
    Import(Import),
    /// List the keys that were imported
    List,
    /// Forget a key that was imported
    Remove(Remove),
}

#[derive(clap::Args, Debug)]
struct Export {
    file: PathBuf,
    /// Replace the file
    #[arg(long)]
    force: bool,
}

#[derive(clap::Args, Debug)]
struct Import {
    file: PathBuf,
    /// How the vm is to be called here [default: as there]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace a key that was imported before
    #[arg(long)]
    force: bool,
}

#[derive(clap::Args, Debug)]
struct Remove {
    name: String,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    match &args.what {
        What::Export(args) => export(vm, args),
        What::Import(args) => import(args),
        What::List => list(),
        What::Remove(args) => keys::remove(&args.name).map(|()| 0),
    }
}

fn export(vm: Option<&str>, args: &Export) -> Outcome {
    if args.file == Path::new("-") {
        return Err(Error::usage("a key is not printed").hint("posse key export FILE"));
    }
    let key = run::connect(vm)?.key_file()?;
    if key.hosts().is_empty() {
        let text = "no host takes direct links, so the vm can not be reached from elsewhere";
        return Err(Error::usage(text).hint("`posse hosts --json` says where hosts listen"));
    }
    key.save(&args.file, KeyPlace::Named, args.force).map_err(|error| there(error, args.force))?;
    let (vm, count, file) = (key.vm(), key.hosts().len(), args.file.display());
    let hosts = if count == 1 { "host" } else { "hosts" };
    tell::note(&format!(
        "whoever reads {file} owns the vm `{vm}`; it names {count} {hosts} to ask"
    ));
    Ok(0)
}

fn import(args: &Import) -> Outcome {
    let key = KeyFile::load(&args.file).map_err(posse::Error::from)?;
    let name = args.name.as_deref().unwrap_or(key.vm());
    keys::keep(name, &key, args.force).map_err(|error| match args.force {
        true => error,
        false => error.hint("--force replaces it, --name keeps it under another"),
    })?;
    tell::note(&format!("kept as `{name}`; remove {} now", args.file.display()));
    Ok(0)
}

fn list() -> Outcome {
    let names = keys::names()?;
    let width = names.iter().map(String::len).max().unwrap_or(4).max(4);
    if !names.is_empty() {
        tell::say(&format!("{:width$}  {:width$}  HOSTS", "NAME", "VM"));
    }
    for name in names {
        match keys::find(&name) {
            Ok(Some(key)) => {
                let hosts = key.hosts().iter().map(|host| host.address.to_string());
                let hosts: Vec<String> = hosts.collect();
                tell::say(&format!("{name:width$}  {:width$}  {}", key.vm(), hosts.join(",")));
            }
            Ok(None) => {}
            Err(error) => tell::note(&format!("{name}: {error}")),
        }
    }
    Ok(0)
}

fn there(error: posse::KeyFileError, force: bool) -> Error {
    let error = Error::from(posse::Error::from(error));
    if force { error } else { error.hint("--force replaces a file that is there") }
}
