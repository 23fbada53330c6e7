//! What the face of pdsh says of itself: usage, version, modules, settings.

use super::options::Options;
use crate::face::limits::UP_WITHIN;
use crate::run::launch;

pub const PROMPT: &str = "pdsh> ";

const USAGE: &str = "\
Usage: pdsh [-options] command ...
-S                return largest of remote command return values
-h                output usage menu and quit
-V                output version information and quit
-q                list the option settings and quit
-b                ask nothing (batch mode); a single ^C always ends the commands
-d                ignored
-l user           execute remote commands as user
-t seconds        set connect timeout (default is 60 sec, a new host is sent the binary)
-u seconds        set command timeout (no default)
-f n              use fanout of n nodes (default is all; a batch starts when one is over)
-w host,host,...  set target node list on command line
-x host,host,...  set node exclusion list on command line
-R name           `ssh` is ignored, others refused: hosts are reached through the vm
-M name,...       ignored
-N                disable hostname: labels on output lines
-L                list info on all loaded modules and exit
-g group,...      target nodes in dsh group files, or groups of posse
-X group,...      exclude nodes in these groups
-a                target all nodes of ~/.dsh/machines.list or /etc/dsh/machines.list
available rcmd modules: posse (default: posse)";

pub fn usage() -> &'static str {
    USAGE
}

pub fn version() -> String {
    format!(
        "posse {}, the face of pdsh\nrcmd modules: posse (default: posse)\n\
         misc modules: machines,dshgroup",
        env!("CARGO_PKG_VERSION")
    )
}

pub fn modules() -> String {
    let module = |name: &str, about: &str, options: &str| {
        format!("\nModule: {name}\nDescr:  {about}\nActive: yes\n{options}")
    };
    let parts = [
        module("rcmd/posse", "the links of a virtual machine, made by ssh", ""),
        module("misc/machines", "~/.dsh/machines.list, /etc/dsh/machines.list", "Options: -a\n"),
        module("misc/dshgroup", "dsh group files and posse's groups", "Options: -g -X\n"),
    ];
    format!("3 modules loaded:\n{}", parts.concat())
}

/// `-q`, in pdsh's form.
pub fn settings(options: &Options) -> String {
    let yes = |is: bool| if is { "Yes" } else { "No" };
    let own = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let user = options.user.as_ref().unwrap_or(&own);
    let names: Vec<&str> = options.targets.iter().map(|target| target.name()).collect();
    format!(
        "-- DSH-specific options --\n\
         Separate stderr/stdout\tYes\n\
         Path prepended to cmd\t{}\n\
         Appended to cmd         none\n\
         Command:\t\t{}\n\
         \n\
         -- Generic options --\n\
         Local username\t\t\t{own}\n\
         Local uid     \t\t\t{}\n\
         Remote username\t\t\t{user}\n\
         Rcmd type\t\t\tposse\n\
         one ^C will kill pdsh   Yes\n\
         Connect timeout (secs)\t{}\n\
         Command timeout (secs)\t{}\n\
         Fanout\t\t\t\t{}\n\
         Display hostname labels\t{}\n\
         Debugging       \tNo\n\
         \n\
         -- Target nodes --\n\
         {}",
        std::env::var("DSHPATH").unwrap_or_else(|_| "none".to_owned()),
        options.line.as_deref().unwrap_or("none"),
        rustix::process::getuid().as_raw(),
        options.connect_timeout.unwrap_or(UP_WITHIN).as_secs(),
        options.command_timeout.map_or(0, |time| time.as_secs()),
        options.fanout,
        yes(options.labelled),
        launch::fold(&names),
    )
}
