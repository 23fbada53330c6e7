//! `docs/reference/cli.md` says what the commands say; `POSSE_BLESS=1` writes it. Every command
//! that people see has a sentence on what it does and an example.

#![allow(clippy::unwrap_used)]

use clap::CommandFactory;
use posse_cli::args::Cli;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");

#[test]
fn the_page_is_what_the_commands_say() {
    let made = posse_cli::reference::page(Cli::command());
    if std::env::var_os("POSSE_BLESS").is_some_and(|value| value != "0") {
        std::fs::write(PAGE, &made).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap_or_default();
    let how = "run POSSE_BLESS=1 cargo test -p posse-cli --test reference";
    assert!(page == made, "docs/reference/cli.md is behind the commands; {how}");
}

#[test]
fn the_definition_is_sound_and_documented() {
    let posse = Cli::command();
    posse.clone().debug_assert();
    for command in posse.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}: says not what it does");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(after.starts_with("Example:"), "{name}: has no example in its help");
        for arg in command.get_opts().filter(|arg| !arg.is_hide_set()) {
            let id = arg.get_id();
            assert!(arg.get_help().is_some(), "{name}: {id} is not explained");
        }
    }
}
