//! `names`, `put`, `reset info`: the mailbox of the vm.

use super::console::Console;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::board::{MailEntry, MailFlags};
use posse::pvm::Tid;

pub fn names(console: &Console) -> Result<(), Error> {
    let entries = console.mailbox.list()?;
    for class in entries.chunk_by(|a, b| a.name == b.name) {
        tell::say(&format!("<{}>:", visible(class[0].name.as_bytes())));
        for entry in class {
            let owner = entry.owner.and_then(Tid::of).map_or(0, |tid| tid.0);
            let (index, flags) = (entry.index, entry.flags.0);
            tell::say(&format!("\tindex={index} owner={owner:#x}/{owner} flags={flags:#x}"));
        }
        tell::say("");
    }
    Ok(())
}

/// A name, flags of pvm_putinfo(3PVM), and a word, which is kept as text.
pub fn put(console: &Console, words: &[String]) -> Result<(), Error> {
    let [name, flags, text] = words else {
        tell::say("put: wrong #args");
        return Ok(());
    };
    match flags.parse() {
        Ok(flags) => drop(console.mailbox.put(name, MailFlags(flags), text.as_bytes())?),
        Err(_) => tell::say(&format!("{}: no flags", visible(flags.as_bytes()))),
    }
    Ok(())
}

/// `reset info`: what has outlived its owner, of all classes, of one, or one entry.
pub fn delete_left(console: &Console, words: &[String]) -> Result<(), Error> {
    let index: Option<u32> = words.get(1).and_then(|word| word.parse().ok());
    delete(console, |entry| {
        let is_class = words.first().is_none_or(|name| *name == entry.name);
        is_class && index.is_none_or(|index| index == entry.index) && entry.owner.is_none()
    })
}

/// What belongs to a living task that lets nobody else delete it stays.
pub fn delete(console: &Console, wanted: impl Fn(&MailEntry) -> bool) -> Result<(), Error> {
    for entry in console.mailbox.list()?.iter().filter(|entry| wanted(entry)) {
        let _its_owner_lives_and_keeps_it = console.mailbox.delete(&entry.name, entry.index);
    }
    Ok(())
}
