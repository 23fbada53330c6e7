//! `posse-sim`: runs worlds again (of daemons, or of voters), tells what happens in them, makes
//! failing ones small, and counts calm ones. Ends with 1 at the first seed whose checks did not
//! hold. Called by people; tests call the library.

mod options;
mod picture;
mod table;

use options::{HELP, Options};
use posse_sim::{Case, Report, Violation, calm, control, run, shrink};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Counts what daemons hold in calm worlds.
#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let result = match Options::read(std::env::args().skip(1)) {
        Ok(options) if options.help => out.write_all(HELP.as_bytes()).map(|()| true),
        Ok(options) => go(&options, &mut out),
        Err(why) => Err(io::Error::other(why)),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // A reader that went away wants no more of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _nobody_reads = writeln!(io::stderr(), "posse-sim: {error}");
            ExitCode::from(2)
        }
    }
}

/// True if all that was asked for held.
fn go(options: &Options, out: &mut impl Write) -> io::Result<bool> {
    let Some(first) = options.seed else { return tell_calm(options, out) };
    let seeds = first..first.saturating_add(options.count);
    if options.control {
        let plant = options.control_plant().map_err(io::Error::other)?;
        for seed in seeds {
            if !tell_control(&control::run(seed, plant, options.trace), out)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let plant = options.daemon_plant().map_err(io::Error::other)?;
    let (began, mut virtual_us) = (Instant::now(), 0);
    for seed in seeds {
        let case = Case {
            without: options.without.clone(),
            draw: options.draw,
            hosts: options.hosts.first().copied(),
            least_us: options.seconds.unwrap_or(0) * 1_000_000,
            ..Case::new(seed, plant)
        };
        let report = run(&case, options.trace);
        virtual_us += report.virtual_us;
        if !report.violations.is_empty() && options.shrink {
            tell_small(&case, &report, out)?;
            return Ok(false);
        }
        if !tell(&report, out)? {
            return Ok(false);
        }
    }
    if options.count > 1 {
        tell_speed(options.count, virtual_us, began.elapsed(), out)?;
    }
    Ok(true)
}

fn tell_speed(seeds: u64, us: u64, took: Duration, out: &mut impl Write) -> io::Result<()> {
    let (real, virt) = (took.as_secs_f64(), us as f64 / 1e6);
    let (each, rate) = (virt / seeds as f64, seeds as f64 / real);
    writeln!(out, "{seeds} worlds of {each:.1} virtual s in {real:.1} s: {rate:.1} a second")
}

/// True if every check held.
fn held(seed: u64, violations: &[Violation], out: &mut impl Write) -> io::Result<bool> {
    for violation in violations {
        writeln!(out, "seed {seed} FAILED {violation}")?;
    }
    Ok(violations.is_empty())
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
    held(*seed, &report.violations, out)
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
    held(*seed, &report.violations, out)
}

/// The smallest world in which the same check fails, and what to type to see it again.
fn tell_small(case: &Case, report: &Report, out: &mut impl Write) -> io::Result<()> {
    held(report.seed, &report.violations, out)?;
    writeln!(out, "{} hosts, {} faults; making it small ...", report.hosts, report.faults)?;
    out.flush()?;
    let Some((small, report)) = shrink(case) else { return Ok(()) };
    tell(&report, out)?;
    writeln!(out, "again: posse-sim {} --trace", small.arguments())
}

/// Calm worlds, flat and as trees in which each relay carries as many hosts as there are relays.
fn tell_calm(options: &Options, out: &mut impl Write) -> io::Result<bool> {
    let idle_us = options.seconds.unwrap_or(60) * 1_000_000;
    let mut all = Vec::new();
    if !options.svg {
        writeln!(out, "{}", table::HEAD)?;
    }
    for is_tree in [false, true] {
        for hosts in &options.hosts {
            let relays = if is_tree { hosts.isqrt() } else { 0 };
            let counted = calm(*hosts, relays, idle_us, || HEAP.allocated());
            if !held(0, &counted.violations, out)? {
                return Ok(false);
            }
            if !options.svg {
                writeln!(out, "{}", table::row(&counted))?;
                out.flush()?;
            }
            all.push(counted);
        }
    }
    if options.svg {
        write!(out, "{}", picture::svg(&all))?;
    }
    Ok(true)
}
