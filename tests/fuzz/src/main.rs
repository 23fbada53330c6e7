//! Fuzzes for as long as one likes: `posse-fuzz SECONDS [TARGET …]`, all targets in turns. The
//! first input that must not be so is made small and printed as the corpus has it; the exit status
//! is then 1. Called by `cargo xtask fuzz`.

use posse_fuzz::{Finding, Fuzzer, TARGETS, Target};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Runs of one target before it is the next one's turn.
const TURN: usize = 200;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let chosen =
        |target: &&&'static Target| args.len() < 2 || args[1..].contains(&target.name.into());
    let targets: Vec<_> = TARGETS.iter().filter(chosen).copied().collect();
    let seconds = args.first().and_then(|text| text.parse().ok());
    let unknown = args.iter().skip(1).find(|name| !TARGETS.iter().any(|t| t.name == **name));
    let (Some(seconds), None) = (seconds, unknown) else {
        eprintln!("posse-fuzz SECONDS [TARGET ...], where a TARGET is one of");
        TARGETS.iter().for_each(|target| eprintln!("  {:12} {}", target.name, target.says));
        return ExitCode::from(2);
    };
    let seed = std::env::var("POSSE_FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(now);
    println!("POSSE_FUZZ_SEED={seed}");
    match fuzz(&targets, seed, Duration::from_secs(seconds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(finding) => {
            println!("\n{finding}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(targets: &[&'static Target], seed: u64, time: Duration) -> Result<(), Finding> {
    let end = Instant::now() + time;
    let start =
        |target: &&'static Target| Fuzzer::start(target, seed).map(|fuzzer| (*target, fuzzer));
    let mut fuzzers = targets.iter().map(start).collect::<Result<Vec<_>, _>>()?;
    while Instant::now() < end {
        for (_, fuzzer) in &mut fuzzers {
            (0..TURN).try_for_each(|_| fuzzer.step())?;
        }
    }
    for (target, fuzzer) in &fuzzers {
        println!("{:12} {} runs, {} kinds of answers", target.name, fuzzer.runs, fuzzer.kinds());
    }
    Ok(())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs())
}
