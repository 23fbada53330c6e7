//! Bugs planted beside voters are found within two thousand seeds, by the checks that are there
//! for them.

use posse_sim::control::{Plant, run};

fn found(plant: Plant, checks: &[&str]) {
    for seed in 0..2_000 {
        let report = run(seed, Some(plant), false);
        if let Some(violation) = report.violations.first() {
            println!("{plant:?}: seed {seed}: {violation}");
            assert!(checks.contains(&violation.check), "{plant:?} was found by {violation}");
            return;
        }
    }
    panic!("{plant:?} was not found in 2,000 seeds");
}

#[test]
fn a_yes_before_fsync_is_seen() {
    found(Plant::AckBeforeFsync, &["durable", "kept", "equal"]);
}

#[test]
fn a_forgotten_vote_is_seen() {
    found(Plant::ForgetVote, &["kept", "votes", "leaders"]);
}

#[test]
fn a_stale_read_is_seen() {
    found(Plant::StaleRead, &["linear"]);
}

#[test]
fn a_retry_that_is_done_twice_is_seen() {
    found(Plant::RetryAsNew, &["linear"]);
}

#[test]
fn a_voter_without_its_memory_is_seen() {
    found(Plant::ReuseVoterId, &["votes", "kept", "durable", "equal"]);
}

#[test]
fn a_living_owner_that_loses_a_name_is_seen() {
    found(Plant::ReleaseLiving, &["holders", "linear"]);
}

#[test]
fn records_behind_a_torn_one_are_seen() {
    found(Plant::KeepTornTail, &["kept"]);
}

#[test]
fn files_of_before_are_seen() {
    found(Plant::OldGeneration, &["kept"]);
}

#[test]
fn other_members_than_were_agreed_are_seen() {
    found(Plant::ForgetMembers, &["equal", "leaders", "durable"]);
}
