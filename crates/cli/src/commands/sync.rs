//! `posse sync`: trees made identical, here and on hosts.

use super::Outcome;
use super::cp::{copy, ends};
use crate::cp::{Manner, Options};
use crate::error::Error;
use crate::run;
use posse_data::exclude::Excludes;
use std::ffi::OsString;

/// Make trees on hosts as one is here (`SRC HOSTSET:DIR`), or one here as it is there
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse sync src all:work              makes work/src\n  \
        posse sync src/ all:work             what is in src, and nothing about it\n  \
        posse sync -n --delete src/ all:work\n  \
        posse sync --exclude '*.o' --exclude /tmp/ src/ all:'/scratch/{host}'\n  \
        posse sync lab1:results/ results\n\n\
        As rsync -rlpt: a `/` at the end of SRC means what is in it. DIR is made where it lacks\n\
        (its last component). A file of the same size and time is taken as the same; of one that\n\
        differs only the parts that changed are sent, once for all hosts. Each file gets its name\n\
        when its checksum is right, and a sync that was interrupted goes on where it was.\n\
        Owners, devices and hard links are not copied; links are copied as links.\n\
        Exit status: 0 if every host has everything, else the largest (255: host lost).")]
pub struct Args {
    /// Remove what is not in SRC, but for what is excluded
    #[arg(long)]
    delete: bool,
    /// Change nothing; print what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Compare contents, not sizes and times
    #[arg(short, long)]
    checksum: bool,
    /// Leave out what the pattern matches, as rsync does
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// One JSON object per change and per host on stdout
    #[arg(long)]
    json: bool,
    /// Print what is done, and say how much went where
    #[arg(short, long)]
    verbose: bool,
    /// The tree, and the directory that it is to be in
    #[arg(value_name = "SRC", required = true, num_args = 2..)]
    words: Vec<OsString>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    // Before any host is asked.
    Excludes::new(&args.exclude).map_err(Error::usage)?;
    if args.words.len() > 2 {
        return Err(Error::usage("one tree at a time: posse sync SRC HOSTSET:DIR"));
    }
    let vm = run::connect(vm)?;
    let manner = Manner {
        mirror: true,
        preserve: true,
        quick: !args.checksum,
        delete: args.delete,
        dry: args.dry_run,
        itemize: args.dry_run || args.verbose || args.json,
        exclude: args.exclude.clone(),
    };
    let (json, verbose) = (args.json, args.verbose);
    let options = Options { recursive: true, json, verbose, manner };
    copy(&vm, ends(&vm, &args.words)?, &options)
}
