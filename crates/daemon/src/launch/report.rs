//! What a front end is told of a launch, in the words of the wire.

use crate::shell::Shell;
use posse_net::launch::{Cause as Why, LaunchError};
use posse_proto::Input;
use posse_wire::HostId;
use posse_wire::msg::{Cause, Stage};
use std::rc::Rc;

pub(super) fn stage(shell: &Rc<Shell>, number: HostId, stage: Stage) {
    shell.feed(Input::Launch { number, stage });
}

pub(super) fn failed(shell: &Rc<Shell>, number: HostId, name: &str, error: &LaunchError) {
    let (cause, why, hint) = (cause(&error.cause), in_full(error), error.hint(name));
    stage(shell, number, Stage::Failed { cause, why, hint });
}

/// Lines of ssh's or the host's own words that are passed on; what counts comes last.
const WORDS_SHOWN: usize = 3;

/// What went wrong, and below it the last words of whoever said so.
fn in_full(error: &LaunchError) -> String {
    let mut text = error.to_string();
    let lines = error.excerpt.lines().map(str::trim).filter(|line| !line.is_empty());
    let last: Vec<&str> = lines.rev().take(WORDS_SHOWN).filter(|line| *line != text).collect();
    for line in last.iter().rev() {
        text.push_str("\n  ");
        text.push_str(line);
    }
    text
}

fn cause(why: &Why) -> Cause {
    match why {
        Why::Unresolvable => Cause::Unresolvable,
        Why::Refused => Cause::Refused,
        Why::Unreachable | Why::TimedOut | Why::Lost(_) => Cause::Unreachable,
        Why::HostKeyMismatch | Why::HostKeyUnknown => Cause::HostKey,
        Why::PermissionDenied => Cause::PermissionDenied,
        Why::TooManyLogins => Cause::TooManyLogins,
        Why::ShellFailed | Why::RestrictedShell | Why::Noise => Cause::Shell,
        Why::NoSpace => Cause::NoSpace,
        Why::NoExec => Cause::NoExec,
        Why::ReadOnly | Why::UnsafeDirectory | Why::NoRam => Cause::ReadOnly,
        Why::NoBinary(_) => Cause::NoBinary,
        Why::Timeout(_) | Why::Silent { .. } => Cause::Timeout,
        Why::BadName => Cause::BadName,
        Why::Config | Why::Corrupt | Why::Other => Cause::Other,
    }
}
