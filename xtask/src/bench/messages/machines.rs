//! PVM programs on the real PVM and on posse: `tests/peers` makes a machine of either for one
//! script, here in their release form.
//!
//! Called by the rows and by `netpipe`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow, ensure};

use super::programs;
use super::said::{Teller, text};
use crate::bench::ground;
use crate::{pvm, repo};

/// Longer than any script of a row takes; `netpipe` has its own.
const SECONDS: u32 = 300;

struct Peers {
    machine: PathBuf,
    posse: PathBuf,
    libraries: PathBuf,
}

static PEERS: LazyLock<Result<Peers, String>> =
    LazyLock::new(|| build().map_err(|error| format!("{error:#}")));

/// The machine program, posse's library, and the posse that is built already.
fn build() -> Result<Peers> {
    let root = repo::root();
    let posse = ground::posse()?;
    ensure!(pvm::main(&[])?, "posse's libpvm3 is not as it should be");
    programs::build("release", &["posse-peers"])?;
    let machine = repo::posse_binary(&root)?.with_file_name("machine");
    Ok(Peers { machine, posse, libraries: repo::target_dir(&root)?.join("pvm") })
}

/// Builds what is not there, before anything is confined or timed.
pub fn ready() -> Result<()> {
    peers().map(drop)
}

fn peers() -> Result<&'static Peers> {
    PEERS.as_ref().map_err(|error| anyhow!("{error}"))
}

/// What the script says on a machine `pvm` or `posse` with so many hosts.
pub fn run(system: &str, hosts: u32, seconds: u32, script: &str) -> Result<String> {
    let peers = peers()?;
    let mut command = Command::new(&peers.machine);
    command.args([system, &hosts.to_string(), &seconds.to_string(), script]);
    command.env("POSSE_BIN", &peers.posse).env("POSSE_PVM", &peers.libraries);
    // For tests: there, a program that is missing is a reason to leave out, here it is an error.
    command.env("POSSE_BED_STRICT", "1");
    text(&mut command).with_context(|| format!("`{script}` on {system}"))
}

/// The same script on both.
pub fn both(hosts: u32, script: &str) -> [Teller<'_>; 2] {
    [("posse", "posse"), ("PVM", "pvm")]
        .map(|(by, system)| Teller::new(by, move || run(system, hosts, SECONDS, script)))
}
