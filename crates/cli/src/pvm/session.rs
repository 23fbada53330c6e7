//! A session of the console: the vm, `~/.pvmrc`, then the lines of the terminal or of stdin.

use super::act::{Then, act};
use super::console::Console;
use super::options::Options;
use super::start;
use crate::commands::Outcome;
use crate::error::{Error, Kind};
use crate::tell;
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, Editor};
use std::ffi::OsString;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

const PROMPT: &str = "pvm> ";

/// What a user types at every console.
const RC: &str = ".pvmrc";

/// Called as `pvm`; or `posse pvm`, which may name a vm.
pub fn main(vm: Option<&str>, words: Vec<OsString>) -> Outcome {
    let word = |word: OsString| {
        word.into_string()
            .map_err(|word| Error::usage(format!("{} is not UTF-8", word.to_string_lossy())))
    };
    let words = words.into_iter().map(word).collect::<Result<Vec<String>, Error>>()?;
    let usage =
        |text| Error::usage(text).hint("posse pvm [--stage] [--round-robin] [-nNAME] [HOSTFILE]");
    let options = Options::read(&words).map_err(usage)?;
    let is_interactive = std::io::stdin().is_terminal();
    let started = start::vm(vm, &options, is_interactive)?;
    if started.was_up {
        tell::say("pvmd already running.");
    }
    let mut console = Console::new(started.vm, is_interactive)?;
    if options.stage {
        console.names.set(posse::pvm::STAGE, "1");
    }
    if options.round_robin {
        console.names.set(posse::pvm::PLACEMENT, posse::pvm::ROUND_ROBIN);
    }
    start::remember(&mut console, &started.items)?;
    let then = match rc(&mut console)? {
        Then::GoOn if is_interactive => typed(&mut console)?,
        Then::GoOn => script(&mut console, options.echo)?,
        then => then,
    };
    if then == Then::Halt {
        console.vm.down(false)?;
        return Ok(0);
    }
    tell::say("\nConsole: exit handler called\npvmd still running.");
    Ok(0)
}

/// The user's own lines first; most have none.
fn rc(console: &mut Console) -> Result<Then, Error> {
    let Some(home) = std::env::var_os("HOME") else { return Ok(Then::GoOn) };
    let path = PathBuf::from(home).join(RC);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Then::GoOn),
        Err(error) => {
            return Err(Error::config(format!("cannot read {}: {error}", path.display())));
        }
    };
    let mut then = text.lines().map(|line| act(console, line));
    Ok(then.find(|then| *then != Then::GoOn).unwrap_or(Then::GoOn))
}

/// With `echo` as PVM's console answers a script: prompt, line, and at the end the word `quit`.
fn script(console: &mut Console, echo: bool) -> Result<Then, Error> {
    let mut lines = std::io::stdin().lock().lines();
    loop {
        if echo {
            tell::prompt(PROMPT);
        }
        let line = lines.next().transpose()?;
        if echo {
            tell::say(line.as_deref().unwrap_or("quit"));
        }
        match line.map(|line| act(console, &line)) {
            Some(Then::GoOn) => {}
            Some(then) => return Ok(then),
            None => return Ok(Then::Leave),
        }
    }
}

fn typed(console: &mut Console) -> Result<Then, Error> {
    let unusable = |error: ReadlineError| {
        Error::new(Kind::System, format!("the terminal cannot be used: {error}"))
    };
    let mut editor: DefaultEditor = Editor::new().map_err(unusable)?;
    console.jobs.print_with(editor.create_external_printer().map_err(unusable)?);
    loop {
        let line = match editor.readline(PROMPT) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(Then::Leave),
            Err(error) => return Err(unusable(error)),
        };
        let _not_remembered = editor.add_history_entry(line.as_str());
        match act(console, &line) {
            Then::GoOn => {}
            then => return Ok(then),
        }
    }
}
