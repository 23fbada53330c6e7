//! Two processes of two hosts, each with a network of its own, so that nothing is shared but the
//! wire between them; beside the same eight bytes over TLS and over plain TCP by hand.
//!
//! Called by `mod.rs`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use posse_bed::{NamespaceBed, NamespaceOptions};

use super::cores::{Confined, Form};
use super::programs;
use super::said::{Teller, by_turns, text};
use super::same_host::HANGS_AFTER;
use crate::bench::contest::{Contest, succeed};
use crate::bench::figure::Measure;
use crate::bench::ground;
use crate::bench::spec::{Found, Spec, at_most};

pub const ROWS: [Spec; 2] = [
    row("M4a", "8 B one way, two hosts, one core", |contest| run(contest, Form::OneCore)),
    row("M4b", "8 B one way, two hosts, two cores", |contest| run(contest, Form::TwoCores)),
];

const fn row(name: &'static str, what: &'static str, run: fn(&Contest) -> Result<Found>) -> Spec {
    let (target, measure) = ("≤ 1.4 x TLS over TCP, blocking", Measure::Value);
    Spec { name, what, target, measure, judge: |r| at_most(r.to_floor, 1.4), run }
}

const HOSTS: [&str; 2] = ["n001", "n002"];
const PORT: &str = "7301";

/// A vm of the two hosts, and the program where both see it.
struct Field {
    bed: NamespaceBed,
    posse: PathBuf,
    program: PathBuf,
    cores: Confined,
}

fn run(contest: &Contest, form: Form) -> Result<Found> {
    let field = Field::start(form)?;
    let [posse, tls, tcp] = by_turns(
        contest.rounds,
        [
            Teller::new("posse", || field.pingpong()),
            Teller::new("TLS", || field.floor("tls")),
            Teller::new("TCP", || field.floor("tcp")),
        ],
    );
    let tcp = tcp.figure("tcp 8 us");
    let notes = vec![tcp.error().unwrap_or_else(|| format!("plain {tcp}"))];
    let (posse, floor) = (posse.figure("pingpong 8 us"), tls.figure("tls 8 us"));
    Ok(Found { posse, floor, peers: vec![], notes })
}

impl Field {
    fn start(form: Form) -> Result<Field> {
        let posse = ground::posse()?;
        let built = programs::messages()?;
        let cores = form.confine()?;
        let bed = NamespaceBed::start(HOSTS.len(), NamespaceOptions::default())?;
        let program = bed.root().join("posse-messages");
        std::fs::copy(built, &program).context("no room for the program")?;
        let field = Field { bed, posse, program, cores };
        let up = [&["up", "--batch"][..], &HOSTS].concat();
        succeed(&mut field.posse(&up)).context("posse up failed")?;
        Ok(field)
    }

    fn posse(&self, args: &[&str]) -> Command {
        let mut command = self.bed.command(&self.posse);
        command.env("POSSE_VM_NAME", self.bed.token()).args(args);
        command
    }

    fn pingpong(&self) -> Result<String> {
        let mut command = self.posse(&["e", "-H", &HOSTS.join(",")]);
        command.args(["--timeout", HANGS_AFTER, "--argv"]).arg(&self.program);
        let [one, other] = self.cores.ends.map(|core| core.to_string());
        text(command.args(["pingpong", "8", &one, &other]))
    }

    /// One waits on the second host, the other asks from the first.
    fn floor(&self, way: &str) -> Result<String> {
        let [one, other] = self.cores.ends;
        let program = shown(&self.program);
        let answers = format!("exec timeout {HANGS_AFTER} {program} answer {way} {PORT} {other}");
        let mut answers = self.bed.run_in(HOSTS[1], &answers)?;
        let mut answers = answers.stdin(Stdio::null()).spawn().context("nobody answers")?;
        let address = format!("{}:{PORT}", self.bed.address(2));
        let asks = format!("exec timeout {HANGS_AFTER} {program} ask {way} {address} {one}");
        let said = text(&mut self.bed.run_in(HOSTS[0], &asks)?);
        // It ends with the one who asked; if that one failed, at once.
        if said.is_err() {
            let _already_gone = answers.kill();
        }
        let _reaped = answers.wait();
        said
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        // The bed ends what is left.
        let _ = succeed(&mut self.posse(&["down", "--purge"]));
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
