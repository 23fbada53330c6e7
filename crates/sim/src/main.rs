//! `posse-sim [--control] --seed N [--count M] [--plant NAME] [--trace]`: runs worlds again (of
//! daemons, or of voters), and with `--trace` tells what happens in them, one line an event. Ends
//! with 1 at the first seed whose checks did not hold. Called by people; tests call the library.

use posse_sim::{Plant, Report, Violation, control, run};
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: posse-sim [--control] --seed N [--count M] [--plant NAME] [--trace]";

struct Wanted {
    seed: u64,
    count: u64,
    plant: Option<String>,
    trace: bool,
    control: bool,
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let result = match wanted(std::env::args().skip(1)) {
        Ok(wanted) => replay(&wanted, &mut out),
        Err(why) => writeln!(out, "posse-sim: {why}\n{USAGE}").map(|()| ExitCode::from(2)),
    };
    match result {
        Ok(code) => code,
        // A reader that went away wants no more of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_reads = writeln!(out, "posse-sim: {error}");
            ExitCode::from(2)
        }
    }
}

fn wanted(mut args: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { seed: 0, count: 1, plant: None, trace: false, control: false };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--seed" => wanted.seed = number(&value()?)?,
            "--count" => wanted.count = number(&value()?)?,
            "--plant" => wanted.plant = Some(value()?),
            "--control" => wanted.control = true,
            "--trace" => wanted.trace = true,
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(wanted)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// The plant of this name, if one is asked for.
fn planted<P: std::fmt::Debug>(
    wanted: &Wanted,
    find: impl Fn(&str) -> Option<P>,
    all: &[P],
) -> io::Result<Option<P>> {
    let Some(name) = &wanted.plant else { return Ok(None) };
    let known: Vec<String> = all.iter().map(|plant| format!("{plant:?}")).collect();
    let why = || format!("no plant `{name}`; there are {}", known.join(", "));
    find(name).map(Some).ok_or_else(|| io::Error::other(why()))
}

fn replay(wanted: &Wanted, out: &mut impl Write) -> io::Result<ExitCode> {
    for seed in wanted.seed..wanted.seed.saturating_add(wanted.count) {
        let failed = if wanted.control {
            let plant = planted(wanted, control::Plant::from_name, &control::Plant::ALL)?;
            tell_control(&control::run(seed, plant, wanted.trace), out)?
        } else {
            let plant = planted(wanted, Plant::from_name, &Plant::ALL)?;
            tell(&run(seed, plant, wanted.trace), out)?
        };
        if failed {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// True if a check did not hold.
fn violated(seed: u64, violations: &[Violation], out: &mut impl Write) -> io::Result<bool> {
    for violation in violations {
        writeln!(out, "seed {seed} FAILED {violation}")?;
    }
    Ok(!violations.is_empty())
}

fn tell_control(report: &control::Report, out: &mut impl Write) -> io::Result<bool> {
    for line in &report.lines {
        writeln!(out, "{line}")?;
    }
    let control::Report { seed, hosts, faults, steps, answered, refused, elections, .. } = report;
    let seconds = report.virtual_us as f64 / 1e6;
    writeln!(
        out,
        "seed {seed}: {hosts} hosts, {faults} faults, {answered} answers, {refused} refusals, \
         {elections} elections, {steps} steps, {seconds:.1} virtual s"
    )?;
    violated(*seed, &report.violations, out)
}

fn tell(report: &Report, out: &mut impl Write) -> io::Result<bool> {
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
    violated(*seed, &report.violations, out)
}
