//! Commands that tests start: plain ones, to be changed where a test needs it.

use posse_daemon::process::Place;
use posse_wire::msg::{Directory, Pipe, Program, Spec};
use posse_wire::{CommandId, Rank};

pub const COMMAND: CommandId = CommandId(4_294_967_303);

pub fn sh(text: &str) -> Spec {
    program(Program::Shell(text.to_owned()))
}

pub fn argv(words: &[&str]) -> Spec {
    program(Program::Argv(words.iter().map(|word| word.to_string()).collect()))
}

pub fn program(program: Program) -> Spec {
    Spec {
        program,
        directory: Directory::Path("/".to_owned()),
        environment: vec![],
        loads: vec![],
        umask: None,
        nice: 0,
        resource_limits: vec![],
        terminal: None,
        pipes: vec![Pipe { fd: 1, input: false }, Pipe { fd: 2, input: false }],
        window: 65536,
        input_window: 65536,
        timeout_ms: None,
        end_grace_ms: 1000,
        session_grace_ms: 0,
        detached: false,
        parent: None,
        vm: "my.lab".to_owned(),
        title: "test".to_owned(),
    }
}

pub fn place(rank: u32) -> Place {
    Place { command: COMMAND, rank: Rank(rank), size: 5, index: 2, process: None }
}
