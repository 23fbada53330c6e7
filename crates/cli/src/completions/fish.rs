//! fish: clap's script, which asks for hosts where options take them; here also where words do.

use super::script::{ASK, commands, takes_hosts};
use clap::Command;

pub fn script(posse: &Command, generated: &str) -> String {
    let ask = format!("({ASK} -- (commandline -ct))");
    let mut script = generated.replace("(__fish_print_hostnames)", &ask);
    for (names, _) in commands(posse).filter(|(_, command)| takes_hosts(command)) {
        for name in names {
            script.push_str(&format!(
                "complete -c posse -n \"__fish_posse_using_subcommand {name}\" -f -a \"{ask}\"\n"
            ));
        }
    }
    script
}
