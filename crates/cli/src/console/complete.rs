//! Completion at the console's prompt: commands, their options, hosts, groups, masks, files; what
//! fits where is told by clap's definition of the commands.

use super::line::{awaits_value, find};
use super::names::{Names, beginning};
use clap::{Arg, Command};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::{Context, Result};

/// Commands of the console that posse does not have.
pub const OWN: [&str; 4] = ["help", "lcd", "quit", "exit"];

/// What rustyline asks.
pub struct Helper {
    posse: Command,
    vm: Option<String>,
    files: FilenameCompleter,
}

/// What may stand at a place of the line.
#[derive(Debug, PartialEq, Eq)]
enum Slot {
    Command,
    Options(String),
    Values(Vec<String>),
    Hosts,
    Masks,
    Files,
}

impl Helper {
    pub fn new(posse: Command, vm: Option<&str>) -> Helper {
        Helper { posse, vm: vm.map(str::to_owned), files: FilenameCompleter::new() }
    }

    fn words(&self, slot: &Slot, begun: &str) -> Vec<String> {
        let names = || Names::of(self.vm.as_deref());
        match slot {
            Slot::Command => {
                let commands = self.posse.get_subcommands().filter(|c| !c.is_hide_set());
                let known = commands.flat_map(Command::get_name_and_visible_aliases);
                let all: Vec<String> = known.chain(OWN).map(str::to_owned).collect();
                beginning(&all, begun).cloned().collect()
            }
            Slot::Options(command) => {
                let args = find(&self.posse, command).into_iter().flat_map(Command::get_arguments);
                let shown = args.filter(|arg| !arg.is_hide_set());
                let all: Vec<String> =
                    shown.filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect();
                beginning(&all, begun).cloned().collect()
            }
            Slot::Values(all) => beginning(all, begun).cloned().collect(),
            Slot::Hosts => names().complete(begun),
            Slot::Masks => beginning(&names().masks, begun).cloned().collect(),
            Slot::Files => Vec::new(),
        }
    }
}

/// What may stand at the end of `before`, a line up to the word that is being typed.
fn slot(posse: &Command, before: &str, begun: &str) -> Slot {
    let mut words = before.split_whitespace();
    let Some(name) = words.next() else { return Slot::Command };
    let Some(command) = find(posse, name) else {
        return if ["help", "?"].contains(&name) { Slot::Command } else { Slot::Files };
    };
    let words: Vec<&str> = words.collect();
    if let Some(arg) = words.last().and_then(|word| awaits_value(command, word)) {
        return suited(arg);
    }
    if begun.starts_with('-') {
        return Slot::Options(name.to_owned());
    }
    let mut place = 0;
    let mut is_value = false;
    for word in &words {
        let waits = !is_value && awaits_value(command, word).is_some();
        place += usize::from(!is_value && !word.starts_with('-'));
        is_value = waits;
    }
    let places: Vec<&Arg> = command.get_positionals().collect();
    places.get(place).or(places.last()).map_or(Slot::Files, |arg| suited(arg))
}

/// Goes by the name of the value in the help.
fn suited(arg: &Arg) -> Slot {
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !values.is_empty() {
        return Slot::Values(values);
    }
    let names = arg.get_value_names().unwrap_or_default();
    let says = |text: &str| names.iter().any(|name| name.contains(text));
    match () {
        () if says("MASK") => Slot::Masks,
        () if says("HOST") && !says("PATH") => Slot::Hosts,
        () => Slot::Files,
    }
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let typed = &line[..at];
        let start = typed.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        let (before, begun) = typed.split_at(start);
        let slot = match line.starts_with('!') {
            true => Slot::Files,
            false => slot(&self.posse, before, begun),
        };
        if slot == Slot::Files {
            return self.files.complete(line, at, context);
        }
        let words = self.words(&slot, begun);
        let only = words.len() == 1;
        let pair = |word: String| Pair {
            replacement: if only { format!("{word} ") } else { word.clone() },
            display: word,
        };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl rustyline::Helper for Helper {}
impl rustyline::hint::Hinter for Helper {
    type Hint = String;
}
impl rustyline::highlight::Highlighter for Helper {}
impl rustyline::validate::Validator for Helper {}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_place_tells_what_fits() {
        let mut posse = crate::args::Cli::command();
        posse.build();
        let slot = |before: &str, begun: &str| slot(&posse, before, begun);
        assert_eq!(slot("", "ho"), Slot::Command);
        assert_eq!(slot("e ", "-"), Slot::Options("e".to_owned()));
        assert_eq!(slot("e -H ", "la"), Slot::Hosts);
        assert_eq!(slot("e -gH ", "la"), Slot::Hosts);
        assert_eq!(slot("e -H x -m ", ""), Slot::Masks);
        assert_eq!(slot("e -H x ", "c"), Slot::Files);
        assert_eq!(slot("remove ", "la"), Slot::Hosts);
        assert_eq!(slot("remove lab1 ", "la"), Slot::Hosts);
        assert_eq!(slot("hosts --json ", ""), Slot::Hosts);
        assert_eq!(slot("nonsense ", ""), Slot::Files);
        let helper = Helper::new(posse.clone(), Some("no-such-vm-here"));
        assert!(helper.words(&Slot::Command, "h").contains(&"hosts".to_owned()));
        assert!(helper.words(&Slot::Options("e".to_owned()), "--fo").contains(&"--fold".into()));
    }
}
