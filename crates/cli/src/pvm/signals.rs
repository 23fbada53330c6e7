//! `kill`, `sig`, `reset`: the end of tasks, and signals to them.

use super::console::Console;
use super::mail;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::pvm::Tid;
use posse::pvm::classes::NO_RESET;
use posse::{Controller, EnrolledEntry, ProcessId, Rank};
use std::collections::BTreeSet;

pub fn kill(console: &Console, words: &[String]) -> Result<(), Error> {
    let (children, words) = match words {
        [flag, rest @ ..] if flag == "-c" => (true, rest),
        all => (false, all),
    };
    let tids: Vec<Tid> = words.iter().filter_map(|word| Tid::read(word)).collect();
    each(
        console,
        |tid, entry| {
            let parent = entry.parent.and_then(Tid::of);
            if children {
                parent.is_some_and(|tid| tids.contains(&tid))
            } else {
                tids.contains(&tid)
            }
        },
        |controller, rank| controller.end(Some(rank)),
    )
}

/// The number of the signal, then who gets it.
pub fn signal(console: &Console, words: &[String]) -> Result<(), Error> {
    let [number, words @ ..] = words else { return Ok(()) };
    let Some(number) = number.parse::<u8>().ok().filter(|number| (1..=64).contains(number)) else {
        tell::say(&format!("{}: no signal", visible(number.as_bytes())));
        return Ok(());
    };
    let tids: Vec<Tid> = words.iter().filter_map(|word| Tid::read(word)).collect();
    each(
        console,
        |tid, _| tids.contains(&tid),
        |controller, rank| controller.signal(Some(rank), number),
    )
}

/// All tasks but those that said that this is not for them, and what they left in the mailbox.
pub fn reset(console: &Console, words: &[String]) -> Result<(), Error> {
    match words {
        [] => {}
        [info, rest @ ..] if info == "info" => return mail::delete_left(console, rest),
        [other, ..] => {
            tell::say(&format!("\"{}\" arg to reset not valid", visible(other.as_bytes())));
            return Ok(());
        }
    }
    let spared: BTreeSet<ProcessId> = console
        .mailbox
        .list()?
        .into_iter()
        .filter(|entry| entry.name == NO_RESET)
        .filter_map(|entry| entry.owner)
        .collect();
    each(
        console,
        |_, entry| !spared.contains(&entry.process),
        |controller, rank| controller.end(Some(rank)),
    )?;
    mail::delete(console, |entry| entry.owner.is_none_or(|owner| !spared.contains(&owner)))
}

/// Does something to tasks. Those that a person started by hand have nobody here who could, and
/// those that are over are not reached, which PVM does not say either.
fn each(
    console: &Console,
    wanted: impl Fn(Tid, &EnrolledEntry) -> bool,
    act: impl Fn(&Controller, Rank) -> Result<(), posse::Error>,
) -> Result<(), Error> {
    let commands = console.vm.commands()?;
    for (tid, entry) in console.tasks(None)? {
        if console.is_me(&entry) || !wanted(tid, &entry) {
            continue;
        }
        match console.origin(&commands, &entry) {
            Some((command, rank)) => act(&console.vm.controller(&command), rank)?,
            None => tell::note(&format!("{tid} was started by hand, and is ended by hand")),
        }
    }
    // The daemon has taken what was sent before when it answers this.
    console.vm.commands()?;
    Ok(())
}
