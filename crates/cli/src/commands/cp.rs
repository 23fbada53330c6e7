//! `posse cp`: files from here to hosts, back, and between hosts.

use super::Outcome;
use crate::cp::address::{self, Address};
use crate::cp::between::{Between, between};
use crate::cp::gather::gather;
use crate::cp::spread::spread;
use crate::cp::{Manner, Options};
use crate::error::Error;
use crate::run;
use posse::Vm;
use std::ffi::OsString;
use std::path::PathBuf;

/// Copy files to hosts (`FILE… HOSTSET:PATH`), from them (`HOSTSET:PATH… DIR`), or between them
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse cp data.tar 'lab[1-40]:/tmp/'\n  \
        posse cp -r src all:work\n  \
        posse cp input all:'/tmp/in.{host}'\n  \
        posse cp 'lab[1-4]:/var/log/syslog' 'logs/{host}/'\n  \
        posse cp lab1:model.bin 'lab[2-40]:/tmp/'\n\n\
        Every file is checked by its checksum and gets its name when it is complete. Paths on\n\
        hosts are below home; `{host}` in the target is the name of each host, and directories\n\
        on the way to it are made. A file system that hosts share is written to once, and of a\n\
        file that is there already only the parts that differ are sent.\n\
        A source that is a link is followed; links in directories are copied as links.\n\
        Exit status: 0 if every host has everything, else the largest (255: host lost).")]
pub struct Args {
    /// Directories with all that is in them
    #[arg(short, long, short_alias = 'R')]
    recursive: bool,
    /// Keep permissions and times
    #[arg(short, long)]
    preserve: bool,
    /// One JSON object per host on stdout
    #[arg(long)]
    json: bool,
    /// Say how much went where
    #[arg(short, long)]
    verbose: bool,
    /// Sources, and the target last
    #[arg(value_name = "FILE", required = true, num_args = 2..)]
    words: Vec<OsString>,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let options = Options {
        recursive: args.recursive,
        json: args.json,
        verbose: args.verbose,
        manner: Manner { preserve: args.preserve, ..Manner::default() },
    };
    copy(&vm, ends(&vm, &args.words)?, &options)
}

/// Where from and where to.
pub enum Ends {
    To { sources: Vec<PathBuf>, hosts: String, path: String },
    From { hosts: String, paths: Vec<String>, target: String },
    Between { from: String, paths: Vec<String>, hosts: String, path: String },
}

pub fn copy(vm: &Vm, ends: Ends, options: &Options) -> Outcome {
    match ends {
        Ends::To { sources, hosts, path } => spread(vm, sources, (&hosts, &path), options),
        Ends::From { hosts, paths, target } => gather(vm, (&hosts, paths), &target, options),
        Ends::Between { from, paths, hosts, path } => {
            let what = Between { from: &from, paths, hosts: &hosts, target: &path };
            between(vm, what, options)
        }
    }
}

/// The last word is the target.
pub fn ends(vm: &Vm, words: &[OsString]) -> Result<Ends, Error> {
    let known = |hosts: &str| vm.select(hosts).is_ok();
    let parse = |word: &OsString| address::parse(word, known).map_err(Error::usage);
    let mut sources = words.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let target = sources.pop().ok_or_else(|| Error::usage("no target is given"))?;
    let here = |source: &Address| matches!(source, Address::Here(_));
    match target {
        Address::There { hosts, path } if sources.iter().all(here) => {
            Ok(Ends::To { sources: all_here(sources), hosts, path })
        }
        Address::There { hosts, path } => {
            let (from, paths) = all_there(sources)?;
            Ok(Ends::Between { from, paths, hosts, path })
        }
        Address::Here(target) => {
            let target = target.into_string().map_err(|target| {
                Error::usage(format!("{}: the target must be UTF-8", target.display()))
            })?;
            let (hosts, paths) = all_there(sources)?;
            Ok(Ends::From { hosts, paths, target })
        }
    }
}

fn all_here(sources: Vec<Address>) -> Vec<PathBuf> {
    let here = |source| match source {
        Address::Here(path) => Some(PathBuf::from(path)),
        Address::There { .. } => None,
    };
    sources.into_iter().filter_map(here).collect()
}

fn all_there(sources: Vec<Address>) -> Result<(String, Vec<String>), Error> {
    let mut from: Option<String> = None;
    let mut paths = Vec::new();
    for source in sources {
        match source {
            Address::Here(path) => {
                return Err(Error::usage(format!("{}: no host is named", path.display()))
                    .hint("a place on hosts is HOSTSET:PATH, such as all:/tmp/"));
            }
            Address::There { hosts, .. } if from.as_ref().is_some_and(|known| *known != hosts) => {
                return Err(Error::usage("the sources are on different hosts")
                    .hint("name them in one hostset, or copy one after the other"));
            }
            Address::There { hosts, path } => {
                from = Some(hosts);
                paths.push(path);
            }
        }
    }
    Ok((from.unwrap_or_default(), paths))
}
