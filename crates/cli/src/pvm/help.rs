//! What `help` says, in PVM's form: a line for each command, and the words that it takes. Pure;
//! called by `act`.

/// Name, what it does, words that follow its name, further lines.
type Entry = (&'static str, &'static str, &'static str, &'static [&'static str]);

const COMMANDS: [Entry; 27] = [
    (
        "add",
        "Add hosts to virtual machine",
        "hostname ...",
        &[
            "  or     add 'hostname <option>=<value>...' ...",
            "(See man page for 'pvmd3' for valid host (file) options.)",
        ],
    ),
    ("alias", "Define/list command aliases", "[ name command [ arg ... ] ]", &[]),
    ("conf", "List virtual machine configuration", "", &[]),
    ("delete", "Delete hosts from virtual machine", "hostname ...", &[]),
    ("echo", "Echo arguments", "[ word ... ]", &[]),
    ("export", "Add environment variables to spawn export list", "[ variable ... ]", &[]),
    ("getopt", "Display PVM options for the console task", "[ option ]", &[]),
    ("halt", "Stop pvmds", "", &[]),
    ("help", "Print helpful information about a command", "[ command ]", &[]),
    ("id", "Print console task id", "", &[]),
    ("jobs", "Display list of running jobs", "[ -l ]", &["          -l   with what was spawned"]),
    (
        "kill",
        "Terminate tasks",
        "[ -c ] tid ...",
        &["          -c   the children of these tasks instead"],
    ),
    ("mstat", "Show status of hosts", "host ...", &[]),
    ("names", "List message mailbox names", "", &[]),
    (
        "ps",
        "List tasks",
        "[ -a ] [ -h(host) ] [ -l ] [ -n(host) ] [ -x ]",
        &[
            "          -a   on all hosts, else on this one",
            "          -h   on one host, by tid or name; -n is the same",
            "          -l   with parents and process numbers",
            "          -x   with consoles",
        ],
    ),
    ("pstat", "Show status of tasks", "tid ...", &[]),
    ("put", "Add entry to message mailbox", "name flags", &[]),
    ("quit", "Exit console", "", &[]),
    (
        "reset",
        "Kill all tasks, delete leftover mboxes",
        "[ info [ name [ index ] ] ]",
        &["          info only entries of the mailbox that have no owner any more"],
    ),
    ("setenv", "Display or set environment variables", "[ name [ value ] ]", &[]),
    ("setopt", "Set PVM options - for the console task *only*!", "option value ...", &[]),
    ("sig", "Send signal to task", "signal tid ...", &[]),
    (
        "spawn",
        "Spawn task",
        "[ options ] file [ arg ... ]",
        &[
            "Options:  -(count)         number of tasks, default is 1",
            "          -(host)          spawn on host, default is any",
            "          -(host):(wd)     spawn on host, in directory 'wd'",
            "          --host=(IP)      spawn on host with given IP addr",
            "          --host=(IP):(wd) spawn on IP, in directory 'wd'",
            "          -(ARCH)          spawn on hosts of ARCH",
            "          -(ARCH):(wd)     spawn on hosts of ARCH, in 'wd'",
            "          -:(wd)           spawn in working directory 'wd'",
            "          -?               enable debugging",
            "          ->               redirect job output to console",
            "          ->(file)         redirect output of job to file",
            "          ->>(file)        append output of job to file",
            "          -@               trace job, output to terminal",
            "          -@(file)         trace job, output to file",
        ],
    ),
    (
        "trace",
        "Set/display trace event mask",
        "[ [ + ] event ... | - event ... | xpvm | buf (bytes) | opt full|time|count ]",
        &[],
    ),
    ("unalias", "Undefine command alias", "name ...", &[]),
    ("unexport", "Remove environment variables from spawn export list", "variable ...", &[]),
    ("version", "Show libpvm version", "", &[]),
];

/// About one command, which may be none; about all without a name.
pub fn text(name: Option<&str>) -> String {
    let Some(name) = name else {
        let rows = COMMANDS.iter().map(|(name, does, ..)| format!("\n  {name:<12}{does}"));
        return format!("{}\nCommands are:{}", one("help"), rows.collect::<String>());
    };
    one(name)
}

fn one(wanted: &str) -> String {
    let Some((name, does, words, more)) = COMMANDS.iter().find(|(name, ..)| *name == wanted) else {
        return String::new();
    };
    let syntax = format!("Syntax:  {name} {words}");
    let lines: Vec<&str> = std::iter::once(syntax.trim_end()).chain(more.iter().copied()).collect();
    format!("{name:<12}{does}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_of_all_or_of_one() {
        let all = text(None);
        assert!(all.starts_with("help        Print helpful"), "{all}");
        assert_eq!(all.lines().count(), 3 + COMMANDS.len());
        assert_eq!(COMMANDS.len(), 27);
        assert!(text(Some("put")).ends_with("\nSyntax:  put name flags"));
        assert_eq!(text(Some("nosuch")), "");
    }
}
