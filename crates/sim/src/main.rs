//! `posse-sim --seed N [--count M] [--plant NAME] [--trace]`: runs worlds again, and with
//! `--trace` tells what happens in them, one line an event. Ends with 1 at the first seed whose
//! checks did not hold. Called by people; tests call the library.

use posse_sim::{Plant, Report, run};
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: posse-sim --seed N [--count M] [--plant NAME] [--trace]";

struct Wanted {
    seed: u64,
    count: u64,
    plant: Option<Plant>,
    trace: bool,
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let result = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => replay(&wanted, &mut out),
        Err(why) => writeln!(out, "posse-sim: {why}\n{USAGE}").map(|()| ExitCode::from(2)),
    };
    // A reader that went away wants no more of it.
    result.unwrap_or(ExitCode::SUCCESS)
}

fn wanted(mut args: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { seed: 0, count: 1, plant: None, trace: false };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--seed" => wanted.seed = number(&value()?)?,
            "--count" => wanted.count = number(&value()?)?,
            "--plant" => {
                let name = value()?;
                let plant = Plant::from_name(&name);
                let known = Plant::ALL.map(|plant| format!("{plant:?}")).join(", ");
                wanted.plant =
                    Some(plant.ok_or_else(|| format!("no plant `{name}`; there are {known}"))?);
            }
            "--trace" => wanted.trace = true,
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(wanted)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn replay(wanted: &Wanted, out: &mut impl Write) -> io::Result<ExitCode> {
    for seed in wanted.seed..wanted.seed.saturating_add(wanted.count) {
        let report = run(seed, wanted.plant, wanted.trace);
        tell(&report, out)?;
        if !report.violations.is_empty() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    let Report { seed, faults, bytes, steps, hosts, commands, virtual_us, .. } = report;
    let seconds = *virtual_us as f64 / 1e6;
    writeln!(
        out,
        "seed {seed}: {hosts} hosts, {commands} commands, {faults} faults, {bytes} bytes, \
         {steps} steps, {seconds:.1} virtual s"
    )?;
    for violation in &report.violations {
        writeln!(out, "seed {seed} FAILED {violation}")?;
    }
    Ok(())
}
