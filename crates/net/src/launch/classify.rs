//! Reads a cause out of what the launcher wrote to stderr and how it ended.
//!
//! For: OpenSSH's words, which are not translated, and the usual words of restricted accounts.
//! Not for: what the first stage says itself (`bootstrap`). Called by `bootstrap`.

use super::{Cause, Exit, LaunchError, Stage};

/// ssh ends with this when the failure is its own and not the command's.
const SSH_FAILED: i32 = 255;

/// Words and what they mean, the most telling first: a failed jump host also says "connection
/// closed" about the connection through it.
const SSH_WORDS: &[(&str, Cause)] = &[
    ("remote host identification has changed", Cause::HostKeyMismatch),
    ("host key verification failed", Cause::HostKeyUnknown),
    ("host key is known for", Cause::HostKeyUnknown),
    ("bad configuration option", Cause::Config),
    ("bad owner or permissions on", Cause::Config),
    ("terminating,", Cause::Config),
    ("cannot execute command-line and remote command", Cause::Config),
    ("unable to negotiate with", Cause::Config),
    ("could not resolve hostname", Cause::Unresolvable),
    ("name or service not known", Cause::Unresolvable),
    ("exceeded maxstartups", Cause::TooManyLogins),
    ("not allowed at this time", Cause::TooManyLogins),
    ("permission denied", Cause::PermissionDenied),
    ("too many authentication failures", Cause::PermissionDenied),
    ("connection refused", Cause::Refused),
    ("no route to host", Cause::Unreachable),
    ("network is unreachable", Cause::Unreachable),
    ("network is down", Cause::Unreachable),
    ("timed out", Cause::TimedOut),
    ("exchange_identification: connection closed", Cause::TooManyLogins),
    ("exchange_identification: read: connection reset", Cause::TooManyLogins),
    ("exchange_identification", Cause::TooManyLogins),
    ("connection reset by", Cause::TooManyLogins),
    ("connection closed by", Cause::TooManyLogins),
];

/// A resolver that a hundred lookups at once have overrun; a server too busy to greet.
const PASSING_WORDS: &[&str] =
    &["temporary failure in name resolution", "timed out during banner exchange"];

/// What accounts say that exist but may not run commands.
const RESTRICTED_WORDS: &[&str] = &[
    ": restricted",
    "this account is currently not available",
    "this account is not available",
    "this service allows sftp connections only",
    "unrecognized command",
    "interactive git shell is not enabled",
    "administratively prohibited",
];

/// The launcher ended before the first stage said its first line.
pub(super) fn before_first_line(
    stage: Stage,
    exit: Exit,
    stderr: &str,
    noise: &str,
) -> LaunchError {
    let words = stderr.to_ascii_lowercase();
    if exit == Exit::Code(SSH_FAILED) {
        // Once something came from the login shell, ssh had let us in: what stderr says of
        // permissions may be the shell's.
        let cause = match stage {
            Stage::Login => by_ssh_words(&words).unwrap_or(Cause::Other),
            _ => Cause::Lost(stage),
        };
        let mut error = LaunchError::new(cause, stderr);
        error.retryable |= PASSING_WORDS.iter().any(|word| words.contains(word));
        return error;
    }
    let noise_words = noise.to_ascii_lowercase();
    let says = |word: &&str| words.contains(*word) || noise_words.contains(*word);
    let restricted = RESTRICTED_WORDS.iter().any(says);
    let cause = if restricted { Cause::RestrictedShell } else { Cause::ShellFailed };
    let mut text = if stderr.trim().is_empty() { noise } else { stderr }.trim().to_owned();
    if text.is_empty() {
        text = format!("{exit}, without a word");
    }
    LaunchError::new(cause, &text)
}

/// The launcher ended after the first stage had begun to talk.
pub(super) fn after_first_line(stage: Stage, exit: Exit, stderr: &str) -> LaunchError {
    let cause = match (stage, exit) {
        // The shell could not become the binary: 126 not executable, 127 not found.
        (Stage::Link, Exit::Code(126 | 127)) => Cause::NoExec,
        _ => Cause::Lost(stage),
    };
    let text = if stderr.trim().is_empty() { exit.to_string() } else { stderr.to_owned() };
    LaunchError::new(cause, &text)
}

/// The cause in the words of one step of the first stage that failed on one place.
pub(super) fn of_place(step: &str, words: &str) -> Cause {
    let words = words.to_ascii_lowercase();
    let says = |word: &str| words.contains(word);
    if says("no space") || says("quota") || says("file too large") {
        return Cause::NoSpace;
    }
    match step {
        "dir" | "write" | "move" => Cause::ReadOnly,
        "exec" => Cause::NoExec,
        "owner" => Cause::UnsafeDirectory,
        "ram" | "proc" => Cause::NoRam,
        "size" | "hash" => Cause::Corrupt,
        _ => Cause::Other,
    }
}

fn by_ssh_words(words: &str) -> Option<Cause> {
    SSH_WORDS.iter().find(|(word, _)| words.contains(word)).map(|(_, cause)| cause.clone())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ssh(stderr: &str) -> LaunchError {
        before_first_line(Stage::Login, Exit::Code(255), stderr, "")
    }

    #[test]
    fn words_of_ssh() {
        let cases = [
            (
                "ssh: Could not resolve hostname nope: Name or service not known",
                Cause::Unresolvable,
            ),
            ("ssh: connect to host a port 22: Connection refused", Cause::Refused),
            ("ssh: connect to host a port 22: No route to host", Cause::Unreachable),
            ("ssh: connect to host a port 22: Connection timed out", Cause::TimedOut),
            ("u@a: Permission denied (publickey,password).", Cause::PermissionDenied),
            (
                "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.",
                Cause::HostKeyMismatch,
            ),
            ("Host key verification failed.", Cause::HostKeyUnknown),
            (
                "No ED25519 host key is known for a and you have requested strict checking.\n\
              Host key verification failed.",
                Cause::HostKeyUnknown,
            ),
            (
                "kex_exchange_identification: read: Connection reset by peer\n\
              Connection reset by 127.0.0.1 port 22",
                Cause::TooManyLogins,
            ),
            ("ssh_exchange_identification: Connection closed by remote host", Cause::TooManyLogins),
            ("kex_exchange_identification: Connection closed by remote host", Cause::TooManyLogins),
            ("/home/u/.ssh/config: line 3: Bad configuration option: x", Cause::Config),
            ("Something new", Cause::Other),
        ];
        for (words, cause) in cases {
            assert_eq!(ssh(words).cause, cause, "{words}");
        }
    }

    #[test]
    fn a_failed_jump_host_is_named_by_its_own_failure() {
        let after = "\nkex_exchange_identification: Connection closed by remote host\n\
                     Connection closed by UNKNOWN port 65535";
        let denied = ssh(&format!("u@jump: Permission denied (publickey).{after}"));
        assert_eq!(denied.cause, Cause::PermissionDenied);
        let inner = "channel 0: open failed: connect failed: Connection refused\n\
                     stdio forwarding failed";
        assert_eq!(ssh(&format!("{inner}{after}")).cause, Cause::Refused);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(ssh("kex_exchange_identification: Connection closed by remote host").retryable);
        assert!(
            ssh("Could not resolve hostname a: Temporary failure in name resolution").retryable
        );
        assert!(ssh("Connection timed out during banner exchange").retryable);
        assert!(!ssh("Permission denied (publickey).").retryable);
        assert!(!ssh("Connection refused").retryable);
    }

    #[test]
    fn a_start_up_file_cannot_pass_for_ssh() {
        let error =
            before_first_line(Stage::Shell, Exit::Code(255), "cat: x: Permission denied", "");
        assert_eq!(error.cause, Cause::Lost(Stage::Shell));
    }

    #[test]
    fn accounts_that_run_nothing() {
        let nologin = "This account is currently not available.\n";
        let error = before_first_line(Stage::Shell, Exit::Code(1), "", nologin);
        assert_eq!(error.cause, Cause::RestrictedShell);
        assert_eq!(error.excerpt, nologin.trim());
        let rbash = "rbash: line 1: sh: restricted: cannot specify `/' in command names";
        let error = before_first_line(Stage::Login, Exit::Code(127), rbash, "");
        assert_eq!(error.cause, Cause::RestrictedShell);
        let error = before_first_line(Stage::Login, Exit::Code(1), "", "");
        assert_eq!(error.cause, Cause::ShellFailed);
        assert_eq!(error.excerpt, "exit status 1, without a word");
        let banner = "Access is restricted to members.\nsh: not found";
        let error = before_first_line(Stage::Login, Exit::Code(127), banner, "");
        assert_eq!(error.cause, Cause::ShellFailed);
    }
}
