//! The words for how a process ended, harmless on a terminal. Called by `summary.rs`, `json.rs`
//! and whoever speaks of one process.

use super::Status;
use super::escape::visible_line;
use super::limits::REASON_CHARS_MAX;

/// `exit 2`, `killed by SIGSEGV`, `lost (no answer for 9 s); it may have run`.
pub fn status_text(status: &Status) -> String {
    match status {
        Status::Exited(code) => format!("exit {code}"),
        Status::Signaled(number) => match signal_name(*number) {
            Some(name) => format!("killed by SIG{name}"),
            None => format!("killed by signal {number}"),
        },
        Status::NotStarted { why } => format!("not started: {}", reason(why)),
        Status::TimedOut => "out of time, ended".to_owned(),
        Status::Lost { why, outcome } => format!("lost ({}); {outcome}", reason(why)),
    }
}

/// What a host says, in one line.
fn reason(why: &str) -> String {
    let shown = visible_line(why.trim_end());
    match shown.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &shown[..end]),
        None => shown,
    }
}

/// As Linux numbers them where posse runs (x86-64, aarch64).
fn signal_name(number: u8) -> Option<&'static str> {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    usize::from(number).checked_sub(1).and_then(|at| NAMES.get(at)).copied()
}

#[cfg(test)]
mod tests {
    use super::super::sink::Outcome;
    use super::*;

    #[test]
    fn every_end_has_words() {
        let lost =
            Status::Lost { why: "no answer for 9 s\n".to_owned(), outcome: Outcome::Unknown };
        let cases = [
            (Status::Exited(2), "exit 2"),
            (Status::Signaled(11), "killed by SIGSEGV"),
            (Status::Signaled(9), "killed by SIGKILL"),
            (Status::Signaled(35), "killed by signal 35"),
            (Status::Signaled(0), "killed by signal 0"),
            (Status::TimedOut, "out of time, ended"),
            (
                Status::NotStarted { why: "x\x1b]0;\n: not found".into() },
                "not started: x^[]0;^J: not found",
            ),
            (lost, "lost (no answer for 9 s); it may have run"),
        ];
        for (status, text) in cases {
            assert_eq!(status_text(&status), text);
        }
        let long = status_text(&Status::NotStarted { why: "é".repeat(10_000) });
        assert!(long.chars().count() < REASON_CHARS_MAX + 30 && long.ends_with("..."));
    }
}
