//! A cache simulator to sweep over: how often does a set-associative cache with LRU replacement
//! miss, for one of twenty programs' traces of addresses? Prints `misses=.. accesses=..
//! miss_rate=..`, which become columns of a sweep's results. The same arguments always give the
//! same answer. Not a model of time, of writes, or of several levels.

// A failed unwrap in a test is the test's failure.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cache;
mod trace;

use std::process::ExitCode;

use cache::Cache;
use trace::Memory;

const USAGE: &str = "usage: cachesim SIZE ASSOCIATIVITY BENCHMARK [ACCESSES]
  SIZE of the cache in bytes, K or M; BENCHMARK one of benchmarks.txt
example: cachesim 512K 4 fft";

/// Accesses of one simulation: some passes over the largest data, a tenth of a second.
const ACCESSES: u64 = 2_000_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match simulate(&args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("cachesim: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn simulate(args: &[String]) -> Result<String, String> {
    let (size, ways, name, accesses) = match args {
        [size, ways, name] => (size, ways, name, ACCESSES),
        [size, ways, name, accesses] => {
            let accesses = accesses.parse().ok().filter(|accesses| *accesses > 0);
            (size, ways, name, accesses.ok_or("ACCESSES is a number above 0")?)
        }
        _ => return Err("three or four arguments".to_owned()),
    };
    let size = bytes(size).ok_or_else(|| format!("`{size}` is not a size"))?;
    let ways = ways.parse().map_err(|_| format!("`{ways}` is not an associativity"))?;
    let benchmark = trace::find(name).ok_or_else(|| format!("no benchmark is called `{name}`"))?;
    let mut memory = Memory::new(Cache::new(size, ways)?, accesses);
    benchmark.run(&mut memory);
    let (misses, accesses) = (memory.cache.misses, memory.cache.accesses);
    let rate = misses as f64 / accesses.max(1) as f64;
    Ok(format!("misses={misses} accesses={accesses} miss_rate={rate:.6}"))
}

fn bytes(text: &str) -> Option<u64> {
    let (digits, factor) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1 << 10),
        None => match text.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 1 << 20),
            None => (text, 1),
        },
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
