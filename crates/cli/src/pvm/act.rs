//! From a line to its command. What fails is said, and the console goes on. Called by `session`.

use super::console::Console;
use super::{help, hosts, mail, signals, spawn, tasks};
use crate::console::words;
use crate::error::Error;
use crate::output::visible;
use crate::tell;

/// PVM's version, which scripts look at; posse's own is `posse --version`.
const VERSION: &str = "3.4.6";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    GoOn,
    Leave,
    Halt,
}

/// Commands, and how many words at least follow them.
const LEAST: [(&str, usize); 9] = [
    ("add", 1),
    ("delete", 1),
    ("kill", 1),
    ("mstat", 1),
    ("pstat", 1),
    ("put", 3),
    ("setopt", 2),
    ("sig", 2),
    ("unalias", 1),
];

pub fn act(console: &mut Console, line: &str) -> Then {
    let words = match words::split(line) {
        Ok(words) => console.names.expanded(words),
        Err(error) => {
            tell::say(&error);
            return Then::GoOn;
        }
    };
    let Some((name, rest)) = words.split_first() else { return Then::GoOn };
    match name.as_str() {
        "quit" => return Then::Leave,
        "halt" => return Then::Halt,
        _ => {}
    }
    if LEAST.iter().any(|(known, least)| known == name && rest.len() < *least) {
        tell::say(&format!("{name}: wrong #args"));
        return Then::GoOn;
    }
    if let Err(error) = on_the_vm(console, name, rest) {
        tell::failure(&error);
    }
    Then::GoOn
}

fn on_the_vm(console: &mut Console, name: &str, rest: &[String]) -> Result<(), Error> {
    match name {
        "add" => hosts::add(console, rest),
        "conf" => hosts::conf(console),
        "delete" => hosts::delete(console, rest),
        "mstat" => hosts::mstat(console, rest),
        "spawn" => spawn::spawn(console, rest),
        "ps" => tasks::ps(console, rest),
        "pstat" => tasks::pstat(console, rest),
        "kill" => signals::kill(console, rest),
        "sig" => signals::signal(console, rest),
        "reset" => signals::reset(console, rest),
        "names" => mail::names(console),
        "put" => mail::put(console, rest),
        _ => {
            by_itself(console, name, rest);
            Ok(())
        }
    }
}

/// What the console does without asking anybody.
fn by_itself(console: &mut Console, name: &str, rest: &[String]) {
    let text = match name {
        "alias" => console.names.alias(rest),
        "unalias" => {
            console.names.unalias(rest);
            String::new()
        }
        "setenv" => console.names.setenv(rest),
        "export" => console.names.export(rest),
        "unexport" => {
            console.names.unexport(rest);
            String::new()
        }
        "getopt" => console.settings.get(rest),
        "setopt" => console.settings.set(rest),
        "trace" => console.trace.act(rest),
        "help" => help::text(rest.first().map(String::as_str)),
        "version" => VERSION.to_owned(),
        "echo" => return tell::say(&rest.join(" ")),
        "id" => return tasks::id(console),
        "jobs" => return console.jobs.list(rest.iter().any(|word| word == "-l")),
        other => format!("{}: not found", visible(other.as_bytes())),
    };
    if !text.is_empty() {
        tell::say(&text);
    }
}
