//! T6: 64 MiB of standard input, duplicated to 16 hosts.
//!
//! Called by `commands.rs`.

use anyhow::Result;
use posse_bed::LoopbackOptions;

use super::contest::{Contest, Way};
use super::figure::Measure;
use super::ground::Ground;
use super::spec::{Found, Spec, at_most};
use super::t05::{HOSTS, sample};

pub const ROW: Spec = Spec {
    name: "T6",
    what: "64 MiB of stdin to 16 hosts (`posse e -i`)",
    target: "≤ 1.2 x `posse cp` (T5)",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_floor, 1.2),
    run,
};

fn run(contest: &Contest) -> Result<Found> {
    let ground = Ground::start(HOSTS, LoopbackOptions::default().separate_homes())?;
    let file = sample(&ground)?;
    let name = file.to_string_lossy().into_owned();
    let up = ground.up();
    let target = format!("{}:got", ground.all());
    let hosts = ground.bed.hosts().join(",");
    let ours = format!("\"$1\" e -i 'cat > got' <{name}");
    let theirs = format!("clush -S -f {HOSTS} -w {hosts} 'cat > got' <{name}");
    let [posse, copy, clush] = contest.run([
        Way::command("posse", || ground.shell(&ours)),
        Way::command("posse cp", || ground.posse(&["cp", &name, &target])),
        Way::command("clush stdin", || ground.shell(&theirs)),
    ]);
    let notes = up.err().map(|error| format!("{error:#}")).into_iter().collect();
    // What it is held against is our own way to carry a file.
    Ok(Found { posse, floor: copy, peers: vec![clush], notes })
}
