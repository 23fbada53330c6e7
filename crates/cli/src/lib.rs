//! The command line of posse: commands, pipelines, output, the console. Stands on the public
//! `posse` crate alone; the only crate that prints and that reads the user's configuration.
//! Called by `main.rs`.

pub mod args;
pub mod commands;
pub mod completions;
pub mod config;
pub mod console;
pub mod cp;
pub mod doctor;
pub mod error;
pub mod explore;
pub mod face;
mod farm;
pub mod groups;
pub mod hidden;
mod keys;
pub mod known;
pub mod limits;
pub mod net;
pub mod output;
pub mod pvm;
pub mod reference;
mod registry;
pub mod run;
pub mod settings;
pub mod tell;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// `args[0]` is the name that the binary was called by.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let called_as = args.first().map(Path::new).and_then(Path::file_name);
    let face = called_as.and_then(|name| name.to_str()).and_then(commands::face);
    let is_line = args.get(1).is_some_and(|word| word == farm::make::WORD);
    let result = match face {
        Some(face) => face(args.into_iter().skip(1).collect()),
        // Before the command line is parsed: a makefile has many lines.
        None if is_line => farm::make::line(args.get(2..).unwrap_or_default()),
        None => match args::Cli::read(&args) {
            Ok(cli) => commands::run(cli),
            Err(error) => return tell::usage(&error),
        },
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => tell::failure(&error),
    }
}
