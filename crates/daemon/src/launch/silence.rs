//! Whether a host's ssh server has said anything yet, told from outside of ssh: an ssh that has
//! heard nothing has sent nothing but its own identification. So a dead host is given up soon
//! while a slow login, a slow start-up file or a person who types is waited for, and no setting of
//! the user's is overridden. Called by `login`; see docs/decisions/013.

use super::login::Login;
use crate::limits::{ANSWER_WITHIN, SETTINGS_BYTES_MAX, SILENCE_LOOK, UNHEARD_BYTES_MAX};
use crate::process::{entry, family};
use posse_net::launch::LaunchPlan;
use rustix::process::Pid;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// One launch by ssh, watched.
pub(super) struct Silence<'a> {
    pub login: &'a Login,
    pub launcher: Pid,
    /// Since when nothing has been heard; not from this try alone.
    pub since: Instant,
}

impl Silence<'_> {
    /// Ends when the server is to be taken for dead, with the seconds waited; not at all where it
    /// has spoken or that can not be told.
    pub async fn until_given_up(self) -> u64 {
        let stated = self.login.options.connect_ms.map(Duration::from_millis);
        let mut limit = stated.unwrap_or(ANSWER_WITHIN);
        let mut since = self.since;
        let mut is_settled = stated.is_some();
        loop {
            let left = limit.saturating_sub(since.elapsed());
            let next = if left.is_zero() { SILENCE_LOOK } else { left.min(SILENCE_LOOK) };
            sleep(next).await;
            if self.is_person_asked() {
                since = Instant::now();
            } else if since.elapsed() >= limit {
                match has_heard(self.launcher) {
                    Heard::Nothing => {}
                    // This computer is busy, and not the host silent.
                    Heard::NotYetAsked => continue,
                    Heard::SomethingOrUnknown => return std::future::pending().await,
                }
                if is_settled {
                    return since.elapsed().as_secs();
                }
                is_settled = true;
                limit = limit.max(self.user_limit().await);
            }
        }
    }

    /// A jump host may have asked, whose ssh is not the one that is looked at.
    fn is_person_asked(&self) -> bool {
        self.login.shell.with_daemon(|daemon| daemon.is_asking(self.login.number))
    }

    /// ConnectTimeout as the user's configuration has it for this host. Asked only where the host
    /// is silent, since it costs a process.
    async fn user_limit(&self) -> Duration {
        let Some(plan) = LaunchPlan::settings(&self.login.spec(), &self.login.caller()) else {
            return Duration::ZERO;
        };
        let said = self.login.said(&plan, SETTINGS_BYTES_MAX).await;
        said.map_or(Duration::ZERO, |said| connect_timeout(&String::from_utf8_lossy(&said)))
    }
}

/// Zero where there is none.
fn connect_timeout(settings: &str) -> Duration {
    let value = settings.lines().find_map(|line| line.strip_prefix("connecttimeout "));
    let seconds = value.and_then(|value| value.trim().parse().ok());
    seconds.map_or(Duration::ZERO, Duration::from_secs)
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// It wants to run and has not been let.
    NotYetAsked,
    /// Unknown where the launcher is no OpenSSH, or the kernel does not count.
    SomethingOrUnknown,
}

fn has_heard(launcher: Pid) -> Heard {
    let Some(ssh) = ssh_of(launcher) else { return Heard::SomethingOrUnknown };
    match (bytes_written(ssh), entry(ssh)) {
        (Some(written), Some(_)) if written > UNHEARD_BYTES_MAX => Heard::SomethingOrUnknown,
        (Some(_), Some(entry)) if entry.is_running => Heard::NotYetAsked,
        (Some(_), Some(_)) => Heard::Nothing,
        _ => Heard::SomethingOrUnknown,
    }
}

/// The launcher itself, or the first below it where the user's `ssh` is a script around the real
/// one; parents come first, so that the ssh to a jump host is not taken for it.
fn ssh_of(launcher: Pid) -> Option<Pid> {
    let mut found = None;
    let _only_until_it_is_found = family(&[launcher], |entry| {
        found = is_ssh(entry.pid).then_some(entry.pid);
        found.is_none()
    });
    found
}

fn is_ssh(pid: Pid) -> bool {
    let program = std::fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero()));
    program.is_ok_and(|path| path.file_name().is_some_and(|name| name == "ssh"))
}

fn bytes_written(pid: Pid) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/io", pid.as_raw_nonzero())).ok()?;
    text.lines().find_map(|line| line.strip_prefix("wchar: "))?.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_users_limit_is_read() {
        let of = |text: &str| connect_timeout(text).as_secs();
        assert_eq!(of("user me\nconnecttimeout 30\nport 22\n"), 30);
        assert_eq!((of("connecttimeout none\n"), of("")), (0, 0));
    }

    #[test]
    fn a_program_that_is_no_ssh_is_not_judged() {
        let me = rustix::process::getpid();
        assert!(!is_ssh(me));
        assert_eq!(has_heard(me), Heard::SomethingOrUnknown);
        assert!(bytes_written(me).is_some());
    }
}
