//! The loops of the console: with a person at a terminal, and over the lines of a script.

use super::child::Runner;
use super::complete::{Helper, OWN};
use super::line::{self, Typed};
use super::{history, prompt};
use crate::args::Cli;
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::tell;
use clap::{Command, CommandFactory};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{CompletionType, Config, Editor};
use std::io::BufRead;

/// Lines that are remembered.
const HISTORY_LINES: usize = 10_000;
/// What a shell returns after ^C.
const INTERRUPTED: u8 = 130;

fn posse() -> Command {
    let mut posse = Cli::command();
    posse.build();
    posse
}

/// Until ^D: `Ok(0)`.
pub fn interactive(vm: Option<&str>) -> Outcome {
    let posse = posse();
    let runner = Runner::new(vm, true)?;
    let config = Config::builder().max_history_size(HISTORY_LINES).and_then(|it| {
        let it = it.completion_type(CompletionType::List);
        it.history_ignore_dups(true).map(|it| it.history_ignore_space(true).build())
    });
    let mut editor: Editor<Helper, DefaultHistory> =
        config.and_then(Editor::with_config).map_err(unusable)?;
    editor.set_helper(Some(Helper::new(posse.clone(), vm)));
    let file = history::file();
    if let Some(file) = &file {
        let _none_yet = editor.load_history(file);
    }
    loop {
        let text = match editor.readline(&prompt::text(vm)) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(0),
            Err(error) => return Err(unusable(error)),
        };
        let is_kept = editor.add_history_entry(text.as_str()).unwrap_or(false);
        if let Some(file) = file.as_ref().filter(|_| is_kept) {
            // What another console has typed meanwhile stays.
            let _not_kept = editor.append_history(file);
        }
        if act(&runner, &posse, &text).is_none() {
            return Ok(0);
        }
    }
}

/// The status of the last line; ^C ends the script.
pub fn script(vm: Option<&str>, lines: impl BufRead, shares_stdin: bool) -> Outcome {
    let posse = posse();
    let runner = Runner::new(vm, shares_stdin)?;
    let mut last = 0;
    for text in lines.lines() {
        match act(&runner, &posse, &text?) {
            None => break,
            Some(_) if runner.was_interrupted() => return Ok(INTERRUPTED),
            Some(code) => last = code,
        }
    }
    Ok(last)
}

/// Does what a line says; `None` to leave. What fails is said, and the console goes on.
fn act(runner: &Runner, posse: &Command, text: &str) -> Option<u8> {
    let typed = line::read(text, posse).map_err(Error::usage);
    let result = match typed {
        Ok(Typed::Leave) => return None,
        Ok(Typed::Nothing) => Ok(0),
        Ok(Typed::Help) => {
            tell::say(&help(posse));
            Ok(0)
        }
        Ok(Typed::Local(line)) => runner.local(&line),
        Ok(Typed::Directory(path)) => change(&path),
        Ok(Typed::Posse(words)) => runner.posse(&words),
        Err(error) => Err(error),
    };
    Some(result.unwrap_or_else(|error| {
        tell::failure(&error);
        error.kind.code()
    }))
}

fn change(path: &str) -> Outcome {
    let home = || std::env::var("HOME").unwrap_or_else(|_| "/".to_owned());
    let path = match path.strip_prefix('~') {
        Some(rest) => format!("{}{rest}", home()),
        None if path.is_empty() => home(),
        None => path.to_owned(),
    };
    std::env::set_current_dir(&path)
        .map_err(|error| Error::usage(format!("cannot go to {path}: {error}")))?;
    tell::say(&std::env::current_dir()?.display().to_string());
    Ok(0)
}

fn help(posse: &Command) -> String {
    let commands = posse.get_subcommands().filter(|command| !command.is_hide_set());
    let row = |command: &Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:<12} {about}\n", command.get_name())
    };
    let rows: String = commands.map(row).collect();
    format!(
        "A line is a command of posse without the word posse:\n{rows}\n\
         The rest of a line after `e` and `mw` goes to the shells of the hosts as it is; words of\n\
         other commands are quoted as in sh. Here alone: {}.\n\
         \x20 help CMD     about one command\n\
         \x20 lcd DIR      change the directory of the console itself\n\
         \x20 !LINE        run it in a shell of this computer\n\
         \x20 ^C           end the running command     ^D  leave\n\n\
         Example:\n  e cat f {{{{ wc -l }}}} sort -n",
        OWN.join(", ")
    )
}

fn unusable(error: ReadlineError) -> Error {
    Error::new(Kind::System, format!("the terminal cannot be used: {error}"))
}
