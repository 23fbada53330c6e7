//! The script of any shell, and what those of the shells have in common. Called by
//! `commands::completions`.

use super::{bash, fish, zsh};
use clap::{Arg, Command, ValueHint};
use clap_complete::Generator;

/// What the script of each shell asks for names.
pub(super) const ASK: &str = "posse complete-hosts";

/// A shell that there is a script for.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// The script, from the definition of all commands.
pub fn script(shell: Shell, posse: Command) -> String {
    let mut posse = posse.mut_args(hinted).mut_subcommands(|command| command.mut_args(hinted));
    posse.set_bin_name("posse");
    posse.build();
    match shell {
        Shell::Bash => bash::script(&posse, &generated(clap_complete::Shell::Bash, &posse)),
        Shell::Zsh => zsh::script(&generated(clap_complete::Shell::Zsh, &posse)),
        Shell::Fish => fish::script(&posse, &generated(clap_complete::Shell::Fish, &posse)),
    }
}

/// Goes by the names of values in the help.
fn hinted(arg: Arg) -> Arg {
    let says = |text: &str| {
        arg.get_value_names().unwrap_or_default().iter().any(|name| name.contains(text))
    };
    let hint = match () {
        () if !arg.get_action().takes_values() => return arg,
        () if is_host(&arg) => ValueHint::Hostname,
        () if says("FILE") => ValueHint::FilePath,
        () if says("DIR") => ValueHint::DirPath,
        () => return arg,
    };
    arg.value_hint(hint)
}

pub(super) fn is_host(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    let takes = arg.get_action().takes_values();
    takes && names.iter().any(|name| name.contains("HOST") && !name.contains("PATH"))
}

fn generated(shell: clap_complete::Shell, posse: &Command) -> String {
    let mut script = Vec::new();
    shell.generate(posse, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Commands that people see, with all names of each.
pub(super) fn commands(posse: &Command) -> impl Iterator<Item = (Vec<&str>, &Command)> {
    let shown = posse.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| (command.get_name_and_visible_aliases(), command))
}

/// Whether a word of the command that is no option names hosts.
pub(super) fn takes_hosts(command: &Command) -> bool {
    command.get_positionals().next().is_some_and(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_script_asks_for_hosts() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell, crate::args::Cli::command());
            assert!(script.contains(ASK), "{shell:?}: {script}");
            assert!(!script.contains("_fish_print_hostnames") && !script.contains(":_hosts'"));
            assert!(script.contains("fold"), "{shell:?}");
        }
    }
}
