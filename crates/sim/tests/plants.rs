//! The net catches fish: each planted bug is found within two thousand seeds, by the check that
//! is there for it.

use posse_sim::{Case, Plant, run};

/// Found where, and by which checks it may be.
fn found(plant: Plant, checks: &[&str]) {
    for seed in 0..2_000 {
        let report = run(&Case::new(seed, Some(plant)), false);
        if let Some(violation) = report.violations.first() {
            println!("{plant:?}: seed {seed}: {violation}");
            assert!(checks.contains(&violation.check), "{plant:?} was found by {violation}");
            return;
        }
    }
    panic!("{plant:?} was not found in 2,000 seeds");
}

#[test]
fn lost_credit_stops_a_stream() {
    found(Plant::LoseCredit, &["waits"]);
}

#[test]
fn doubled_output_is_seen() {
    found(Plant::DoubleOutput, &["bytes"]);
}

#[test]
fn a_process_that_is_not_forgotten_is_seen() {
    found(Plant::SkipForget, &["reaped"]);
}

#[test]
fn a_window_too_wide_by_one_is_seen() {
    found(Plant::WidenWindow, &["window"]);
}

#[test]
fn a_lost_exit_is_a_wait_without_end() {
    found(Plant::LoseExit, &["waits"]);
}

#[test]
fn a_byte_lost_from_stdin_is_seen() {
    found(Plant::ShortenInput, &["stdin", "waits"]);
}

#[test]
fn impatience_kills_the_living() {
    found(Plant::Impatient, &["death"]);
}

#[test]
fn a_close_that_nobody_tells_leaves_something_behind() {
    found(Plant::HideClose, &["waits", "leaks", "death"]);
}

#[test]
fn a_kill_that_does_not_come_leaves_a_process() {
    found(Plant::SkipKill, &["ends"]);
}

#[test]
fn a_lost_resumed_holds_a_stream_up() {
    found(Plant::LoseResumed, &["waits"]);
}

#[test]
fn a_resumed_for_another_host_holds_a_stream_up() {
    found(Plant::WrongResumed, &["waits"]);
}

#[test]
fn a_command_begun_where_it_should_go_on_is_seen() {
    found(Plant::UnflagSpawn, &["exits", "refusals", "waits"]);
}

#[test]
fn a_host_that_is_not_asked_again_is_waited_for() {
    found(Plant::MissTarget, &["waits"]);
}

#[test]
fn a_command_settled_before_its_end_is_seen() {
    found(Plant::SettleEarly, &["waits", "exits"]);
}

#[test]
fn a_command_that_is_never_settled_is_kept() {
    found(Plant::NeverSettle, &["waits", "leaks"]);
}

#[test]
fn stdin_that_is_not_asked_for_again_is_missed() {
    found(Plant::UnflagInputAck, &["waits", "stdin"]);
}

#[test]
fn output_that_goes_on_a_byte_late_has_a_gap() {
    found(Plant::ResendLate, &["bytes"]);
}

#[test]
fn a_living_host_taken_for_gone_is_seen() {
    found(Plant::GoneWhileAlive, &["death"]);
}

#[test]
fn lives_that_are_not_told_apart_are_seen() {
    found(Plant::SameIncarnation, &["lives", "waits"]);
}

#[test]
fn a_lead_that_is_not_passed_on_is_seen() {
    found(Plant::DeafToLed, &["waits"]);
}

#[test]
fn a_host_that_follows_anybody_is_seen() {
    found(Plant::AnyLead, &["waits"]);
}

#[test]
fn what_is_not_read_back_is_missed() {
    found(Plant::ForgetFetch, &["waits"]);
}

#[test]
fn a_frame_skipped_in_a_kept_file_is_a_gap() {
    found(Plant::FetchLate, &["bytes", "waits", "exits"]);
}

#[test]
fn a_host_that_goes_on_where_all_was_lost_leaves_a_gap() {
    found(Plant::UnflagAnew, &["bytes", "waits"]);
}

#[test]
fn what_hosts_offer_and_nobody_takes_is_missed() {
    found(Plant::LoseOffer, &["waits"]);
}

#[test]
fn a_host_that_nobody_else_is_asked_to_look_for_is_lost() {
    found(Plant::SeekAlone, &["bridged"]);
}

#[test]
fn a_relay_that_says_nothing_of_its_doubts_loses_its_hosts() {
    found(Plant::LoseDoubt, &["bridged"]);
}

#[test]
fn an_end_that_is_not_told_is_waited_for() {
    found(Plant::LoseGone, &["told", "waits"]);
}

#[test]
fn a_living_process_called_over_is_seen() {
    found(Plant::WrongGone, &["told", "waits"]);
}

#[test]
fn a_message_with_other_bytes_is_seen() {
    found(Plant::GarbleMessage, &["fifo", "limits", "collectives", "told"]);
}

#[test]
fn a_message_in_anothers_name_is_seen() {
    found(Plant::ForgeSource, &["fifo", "told"]);
}

#[test]
fn a_barrier_passed_by_too_few_is_seen() {
    found(Plant::PassEarly, &["barriers"]);
}

#[test]
fn a_barrier_that_one_does_not_hear_of_is_waited_for() {
    found(Plant::LosePassed, &["waits", "barriers"]);
}

#[test]
fn a_context_given_out_twice_is_seen() {
    found(Plant::SameContext, &["contexts"]);
}

#[test]
fn what_the_dead_left_on_the_board_is_seen() {
    found(Plant::DeafBoard, &["mailbox", "waits"]);
}
