//! pdsh without a command: a line at a time, run on the hosts; `!line` runs here.

use super::options::Options;
use super::run::on_hosts;
use super::text::PROMPT;
use crate::commands::Outcome;
use crate::run::local;
use posse::Vm;
use std::io::{self, BufRead, Write};
use std::process::Stdio;

pub fn run(vm: &Vm, options: &Options) -> Outcome {
    let mut code = 0;
    loop {
        let mut out = io::stdout();
        write!(out, "{PROMPT}")?;
        out.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(code);
        }
        match line.trim() {
            "" => {}
            "exit" | "quit" => return Ok(code),
            line => match line.strip_prefix('!') {
                Some(own) => {
                    local::code(&mut local::stage(own, Stdio::inherit(), Stdio::inherit())?);
                }
                None => code = on_hosts(vm, options, line)?,
            },
        }
    }
}
