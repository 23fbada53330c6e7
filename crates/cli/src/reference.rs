//! The page `docs/reference/cli.md`, made of the one definition of the commands. Pure; called by
//! the hidden `posse reference` and by the test that holds the page to it.

use clap::{Arg, Command};

/// The whole page.
pub fn page(posse: Command) -> String {
    let mut posse = posse;
    posse.set_bin_name("posse");
    posse.build();
    let shown: Vec<Command> =
        posse.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let mut page = String::from(
        "# The command line\n\n\
         Made from the definition of the commands; \
         `POSSE_BLESS=1 cargo test -p posse-cli --test reference` writes it anew.\n\n",
    );
    page.push_str(&section(&posse, "posse"));
    page.push_str("\n| command | |\n|---|---|\n");
    for command in &shown {
        let name = command.get_name();
        page.push_str(&format!("| [`{name}`](#posse-{name}) | {} |\n", about(command)));
    }
    for command in &shown {
        page.push('\n');
        page.push_str(&section(command, &format!("posse {}", command.get_name())));
    }
    page
}

fn section(command: &Command, title: &str) -> String {
    let mut text = format!("## {title}\n\n{}.\n", about(command).trim_end_matches('.'));
    let names: Vec<String> =
        command.get_visible_aliases().map(|name| format!("`posse {name}`")).collect();
    if !names.is_empty() {
        text.push_str(&format!("\nAlso {}.\n", names.join(", ")));
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim().trim_start_matches("Usage: ");
    text.push_str(&format!("\n```text\n{usage}\n```\n"));
    let args: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()))
        .filter(|arg| title == "posse" || !arg.is_global_set())
        .collect();
    if !args.is_empty() {
        text.push_str("\n| argument | |\n|---|---|\n");
        args.iter().for_each(|arg| text.push_str(&row(arg)));
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        text.push_str(&format!("\n```text\n{}\n```\n", after.to_string().trim_end()));
    }
    text
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    cell(&about.map(ToString::to_string).unwrap_or_default())
}

fn row(arg: &Arg) -> String {
    let mut forms = Vec::new();
    let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
    let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
    forms.extend(shorts.iter().map(|letter| format!("-{letter}")));
    forms.extend(longs.iter().map(|long| format!("--{long}")));
    let names = arg.get_value_names().unwrap_or_default().join(" ");
    let takes = arg.get_action().takes_values();
    match forms.last_mut() {
        Some(form) if takes => form.push_str(&format!(" {names}")),
        Some(_) => {}
        None => forms.push(names),
    }
    let forms: Vec<String> = forms.iter().map(|form| format!("`{}`", cell(form))).collect();
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
    let mut help = help.unwrap_or_default();
    if takes {
        help.push_str(&values(arg));
    }
    format!("| {} | {} |\n", forms.join(", "), cell(&help))
}

/// The default and the possible values, as the help shows them.
fn values(arg: &Arg) -> String {
    let mut text = String::new();
    let possible: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !possible.is_empty() {
        text.push_str(&format!(" [possible values: {}]", possible.join(", ")));
    }
    let defaults = arg.get_default_values();
    if !defaults.is_empty() && !arg.is_hide_default_value_set() {
        let shown: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
        text.push_str(&format!(" [default: {}]", shown.join(" ")));
    }
    text
}

/// One line, with nothing that ends a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
