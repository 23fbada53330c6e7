//! The seed of a test that chooses at random: `$POSSE_SEED`, else another one each time; printed,
//! so that a failure can be repeated. Called by tests.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

#[must_use]
pub fn seed() -> u64 {
    let given = std::env::var("POSSE_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    let seed = given.unwrap_or(u64::from(now));
    let _nobody_left_to_tell = writeln!(std::io::stderr(), "POSSE_SEED={seed}");
    seed
}
