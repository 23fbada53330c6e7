//! `machine pvm|posse HOSTS SECONDS SCRIPT`: a parallel machine for one script, with the programs
//! compiled from source in PATH; what the script says is printed. For measuring and for looking:
//! tests use the library. Exits with the script's status.

use std::process::ExitCode;

use posse_peers::{Form, Machine, Programs};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((machine, hosts, seconds, script)) = read(&words) else {
        eprintln!("usage: machine pvm|posse HOSTS SECONDS SCRIPT");
        return ExitCode::from(2);
    };
    if !machine.is_here() {
        return ExitCode::FAILURE;
    }
    let programs = Programs::ready(machine, Form::Source);
    let heard = machine.run(&programs.folder, script, (hosts, seconds), false);
    let Some((said, status)) = heard.text.rsplit_once("\nexit ") else {
        eprint!("{}{}", heard.text, heard.log);
        return ExitCode::FAILURE;
    };
    println!("{said}");
    ExitCode::from(status.trim().parse::<u8>().unwrap_or(1))
}

fn read(words: &[String]) -> Option<(Machine, u32, u32, &str)> {
    let [machine, hosts, seconds, script] = words else { return None };
    let machine = match machine.as_str() {
        "pvm" => Machine::Pvm,
        "posse" => Machine::Posse,
        _ => return None,
    };
    Some((machine, hosts.parse().ok()?, seconds.parse().ok()?, script))
}
