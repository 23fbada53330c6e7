//! Processes that act together: each throws darts at a square, and all learn how many hit the
//! circle within. Started by `posse spawn -n 8 --wait estimate_pi [THROWS]`; see
//! `examples/12_messages.sh`.

use posse::message::{Process, Scope};

fn main() -> Result<(), posse::Error> {
    let throws: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let process = Process::join()?;
    let members = process.members()?.into_iter().flatten().collect();
    let group = process.group(Scope { face: 0, context: 1 }, members)?;

    // Goes on by itself while this process computes.
    let hosts = group.begin_all_gather(std::env::var("POSSE_HOST").unwrap_or_default().into())?;
    let hits = (0..throws).filter(|throw| hits(throw * 2 + group.rank() as u64 * throws * 2));
    let all = group.all_reduce(&[hits.count() as u64, throws], |a, b| a + b)?;
    let mut hosts = hosts.wait(None)?;
    if group.rank() == 0 {
        hosts.sort();
        hosts.dedup();
        let pi = 4.0 * all[0] as f64 / all[1] as f64;
        println!("{pi:.3} by {} processes on {} hosts", group.size(), hosts.len());
    }
    process.leave(None)?;
    Ok(())
}

/// Whether the dart of this number is in the circle.
fn hits(number: u64) -> bool {
    let (x, y) = (unit(number), unit(number + 1));
    x * x + y * y < 1.0
}

/// From 0 to 1, without an order (SplitMix64, Steele and others 2014).
fn unit(number: u64) -> f64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as f64 / u64::MAX as f64
}
