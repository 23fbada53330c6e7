//! `cargo xtask bench relay`: what bytes cost that go through another host, beside scp along the
//! same way. Two hosts, of which the first relays for the second, and one beside them.
//!
//! Called by `mod.rs`.

use std::process::Command;

use anyhow::{Context, Result, bail};
use posse_bed::LoopbackOptions;

use super::contest::{Contest, Way, succeed};
use super::cpu::Meter;
use super::figure::Measure;
use super::ground::Ground;
use super::plan::Plan;
use super::spec::{Found, Spec, at_most};
use super::{machine, page, t05, table};
use crate::repo;

const TO: Spec = Spec {
    name: "N1",
    what: "64 MiB to a host behind another (`up --via`, `posse cp`)",
    target: "≤ 1 x scp -J",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_peer, 1.0),
    run: |contest| run(contest, Job::To),
};

const FROM: Spec = Spec {
    name: "N2",
    what: "64 MiB from it",
    target: "≤ 1 x scp -J",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_peer, 1.0),
    run: |contest| run(contest, Job::From),
};

const ACROSS: Spec = Spec {
    name: "N3",
    what: "64 MiB from it to a host beside, through this machine (`e | e -i`)",
    target: "≤ 1 x scp -3",
    measure: Measure::Wall,
    judge: |r| at_most(r.to_peer, 1.0),
    run: |contest| run(contest, Job::Across),
};

pub fn run_all(plan: &Plan) -> Result<bool> {
    if !plan.rows.is_empty() {
        bail!("bench relay has no rows to choose from");
    }
    let contest = Contest { meter: Meter::start(), rounds: plan.rounds };
    let mut rows = vec![];
    for spec in [&TO, &FROM, &ACROSS] {
        eprintln!("{} {} ...", spec.name, spec.what);
        rows.push(spec.row(&contest));
    }
    let block = format!("{}\n\n{}", machine::describe(&contest), table::render(&rows));
    println!("{block}");
    if plan.write {
        page::write(&repo::root(), "relay", &block)?;
        println!("written to {}", page::PAGE);
    }
    Ok(true)
}

#[derive(Clone, Copy)]
enum Job {
    To,
    From,
    Across,
}

fn run(contest: &Contest, job: Job) -> Result<Found> {
    let ground = Ground::start(3, LoopbackOptions::default().separate_homes())?;
    let file = t05::sample(&ground)?;
    succeed(&mut ground.posse(&["up", "n001", "n003"])).context("posse up failed")?;
    let behind = ["up", "--via", "n001", "n002"];
    succeed(&mut ground.posse(&behind)).context("posse up --via failed")?;
    let root = ground.bed.root().to_string_lossy().into_owned();
    let file = file.to_string_lossy().into_owned();
    succeed(&mut ground.posse(&["cp", &file, "n002:sample"])).context("no sample there")?;
    let scp = format!("scp -q -B -F {}", ground.bed.ssh_config().display());
    let shell = |line: String| -> Command { ground.shell(&line) };
    let (posse, peer, name) = match job {
        Job::To => (
            format!("\"$1\" cp {file} n002:got"),
            format!("{scp} -J n001 {file} n002:got"),
            "scp -J",
        ),
        Job::From => (
            format!("\"$1\" cp n002:sample {root}/got"),
            format!("{scp} -J n001 n002:sample {root}/back"),
            "scp -J",
        ),
        Job::Across => (
            "\"$1\" e -H n002 'cat sample' | \"$1\" e -H n003 -i 'cat >got'".to_owned(),
            format!("{scp} -3 n002:sample n003:got"),
            "scp -3",
        ),
    };
    let floor = format!("cp {file} {root}/copy");
    let [posse, floor, scp] = contest.run([
        Way::command("posse", || shell(posse.clone())),
        Way::command("local cp", || shell(floor.clone())),
        Way::command(name, || shell(peer.clone())),
    ]);
    Ok(Found { posse, floor, peers: vec![scp], notes: vec![] })
}
