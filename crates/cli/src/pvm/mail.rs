//! `names`, `put`, `reset info`: the mailbox of the vm.

use super::console::{Console, NO_RESET};
use super::tid::Tid;
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::board::MailFlags;

pub fn names(console: &Console) -> Result<(), Error> {
    let entries = console.mailbox.list()?;
    for class in entries.chunk_by(|a, b| a.name == b.name) {
        tell::say(&format!("<{}>:", visible(class[0].name.as_bytes())));
        for entry in class {
            let owner = entry.owner.and_then(Tid::of).unwrap_or(Tid(0));
            let (index, flags) = (entry.index, entry.flags.0);
            tell::say(&format!("\tindex={index} owner={owner}/{owner} flags={flags:#x}"));
        }
        tell::say("");
    }
    Ok(())
}

/// A name, flags of pvm_putinfo(3PVM), and words, which are kept as text.
pub fn put(console: &Console, words: &[String]) -> Result<(), Error> {
    let [name, flags, text @ ..] = words else { return Ok(()) };
    match flags.parse() {
        Ok(flags) => {
            console.mailbox.put(name, MailFlags(flags), text.join(" ").as_bytes())?;
        }
        Err(_) => tell::say(&format!("{}: no flags", visible(flags.as_bytes()))),
    }
    Ok(())
}

/// The entries of a class, or one of them, or all. What belongs to a living task that lets nobody
/// else delete it stays.
pub fn delete(console: &Console, words: &[String]) -> Result<(), Error> {
    let index: Option<u32> = words.get(1).and_then(|word| word.parse().ok());
    for entry in console.mailbox.list()? {
        let is_class = words.first().is_none_or(|name| *name == entry.name);
        let is_index = index.is_none_or(|index| index == entry.index);
        if is_class && is_index && entry.name != NO_RESET {
            let _its_owner_lives_and_keeps_it = console.mailbox.delete(&entry.name, entry.index);
        }
    }
    Ok(())
}
