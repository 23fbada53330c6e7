//! What to type next after a failed launch.
//!
//! For: one line of advice per cause. Not for: what happened (`error`). Called by front ends.

use super::{Cause, LaunchError};

impl LaunchError {
    /// One line of advice; `host` is the name the user gave.
    pub fn hint(&self, host: &str) -> String {
        match &self.cause {
            Cause::Unresolvable => format!("check the spelling, or run: getent hosts {host}"),
            Cause::Refused => {
                format!("is an ssh server running there, and on this port? ssh {host}")
            }
            Cause::Unreachable => format!("is it up, and this network right? ping {host}"),
            Cause::TimedOut => format!("is it up, or behind a firewall or gateway? ssh -v {host}"),
            Cause::HostKeyMismatch => format!(
                "if the host was set up anew, run: ssh-keygen -R {host}; if not, somebody may be \
                 in between"
            ),
            Cause::HostKeyUnknown => format!("run `ssh {host}` once and check the fingerprint"),
            Cause::PermissionDenied => {
                format!("`ssh {host} true` must work; try ssh-add, ssh-copy-id {host}")
            }
            Cause::TooManyLogins => {
                "it is tried again by itself; if it stays so, raise MaxStartups in sshd_config \
                 there"
                    .to_owned()
            }
            Cause::Config => format!("run `ssh {host}` and mend what it complains of"),
            Cause::Lost(_) => {
                format!("run `posse up {host}` again; `posse doctor {host}` says more")
            }
            Cause::ShellFailed | Cause::Noise => format!(
                "`ssh {host} echo ok` must print ok and end; look at the shell's start-up files"
            ),
            Cause::RestrictedShell => {
                "the account needs a login shell that runs commands (chsh, authorized_keys)"
                    .to_owned()
            }
            Cause::NoSpace => format!("make room: ssh {host} 'df -h ~ /var/tmp /tmp; quota'"),
            Cause::NoExec => "set XDG_CACHE_HOME there to a directory on a file system that is \
                              not mounted noexec"
                .to_owned(),
            Cause::ReadOnly => {
                "set XDG_CACHE_HOME there to a directory that you may write".to_owned()
            }
            Cause::UnsafeDirectory => format!("run: ssh {host} 'chmod 700 ~/.cache/posse'"),
            Cause::NoRam => format!("run `posse up {host}` without --ram"),
            Cause::Corrupt => {
                format!("run `posse up {host}` again; if it stays so, check the host")
            }
            Cause::NoBinary(kind) => {
                let target = match kind.as_str() {
                    "Linux aarch64" => "aarch64-unknown-linux-gnu",
                    "Linux x86_64" => "x86_64-unknown-linux-gnu",
                    _ => "TARGET",
                };
                format!(
                    "build one: cargo build --release --target {target}, and put it beside \
                     this posse"
                )
            }
            Cause::Timeout(_) => format!("try `ssh {host} true`; `posse doctor {host}` says more"),
            Cause::Silent { .. } => format!(
                "is it up, or behind a firewall? ssh -v {host}; `posse up --connect-timeout 60 \
                 {host}` waits longer"
            ),
            Cause::BadName => "use letters, digits and . _ - : % + = , / [ ]".to_owned(),
            Cause::Other => format!("try `ssh {host} true`; `posse doctor {host}` says more"),
        }
    }
}
