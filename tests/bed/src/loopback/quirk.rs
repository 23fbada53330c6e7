//! The ways in which a loopback host may misbehave, and what each needs from the bed.
//! Not the hosts themselves: `bed` puts the parts in place. Called by `bed` and named by tests.

use crate::dir::quote;
use std::path::Path;
use std::time::Duration;

/// A login shell that is not a POSIX sh, or not all of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginShell {
    Csh,
    Tcsh,
    Fish,
    /// `rbash`: no `cd`, no command names with a slash, no output redirection.
    Restricted,
}

impl LoginShell {
    fn path(self) -> &'static str {
        match self {
            LoginShell::Csh => "/bin/csh",
            LoginShell::Tcsh => "/bin/tcsh",
            LoginShell::Fish => "/usr/bin/fish",
            LoginShell::Restricted => "/bin/rbash",
        }
    }
}

/// One way to misbehave. All but the last five give the host a home of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostQuirk {
    /// Start-up files print on stdout and stderr, binary and unfinished lines too.
    NoisyRc,
    /// Start-up files take that long.
    SlowRc(Duration),
    /// Start-up files fail, halfway, with a syntax error; the command runs all the same.
    FailingRc,
    /// Start-up files end the shell with status 7, so that no command ever runs.
    ExitingRc,
    Shell(LoginShell),
    HomeReadOnly,
    HomeNoexec,
    /// No byte can be written at home.
    HomeFull,
    /// Each login shows another banner (on the client's stderr).
    ChangesMotd,
    /// Nothing listens at the host's port.
    Refused,
    /// Accepts connections and never says a word.
    Silent,
    /// The known_hosts file has another key for it.
    WrongHostKey,
    /// Accepts [`crate::PASSWORD`] and no key.
    PasswordOnly,
    /// Says `Connection closed` to the user's key: no way in at all.
    NoLogin,
}

impl HostQuirk {
    /// Whether the host must have an account, and so a home, of its own.
    pub(crate) fn needs_account(&self) -> bool {
        use HostQuirk::{NoLogin, PasswordOnly, Refused, Silent, WrongHostKey};
        !matches!(self, Refused | Silent | WrongHostKey | PasswordOnly | NoLogin)
    }

    pub(crate) fn needs_namespaces(&self) -> bool {
        self.needs_account() || *self == HostQuirk::PasswordOnly
    }

    pub(crate) fn shell(&self) -> Option<&'static str> {
        use HostQuirk::{ExitingRc, FailingRc, NoisyRc, Shell, SlowRc};
        match self {
            Shell(shell) => Some(shell.path()),
            // bash reads .bashrc for `ssh host command`; dash reads nothing.
            NoisyRc | SlowRc(_) | FailingRc | ExitingRc => Some("/bin/bash"),
            _ => None,
        }
    }

    /// The text of the host's `.bashrc`, if the quirk is one of start-up files.
    pub(crate) fn rc(&self) -> Option<String> {
        match self {
            HostQuirk::NoisyRc => Some(NOISE.to_owned()),
            HostQuirk::SlowRc(time) => Some(format!("sleep {}\n", time.as_secs_f64())),
            HostQuirk::FailingRc => Some(FAILURE.to_owned()),
            HostQuirk::ExitingRc => Some("echo 'no such licence server' >&2\nexit 7\n".to_owned()),
            _ => None,
        }
    }

    /// A shell line that mounts the home as the quirk wants it; run before sshd starts.
    pub(crate) fn mount(&self, home: &Path) -> Option<String> {
        let home = quote(&home.to_string_lossy());
        match self {
            HostQuirk::HomeReadOnly => Some(format!(
                "mount --bind {home} {home} && mount -o remount,ro,bind {home} {home}"
            )),
            HostQuirk::HomeNoexec => Some(format!("mount -t tmpfs -o noexec,mode=700 none {home}")),
            // The one page goes to the filler, and the few inodes to nothing.
            HostQuirk::HomeFull => Some(format!(
                "mount -t tmpfs -o size=4k,mode=700 none {home} && \
                 {{ head -c 4096 /dev/zero >{home}/filler; test -s {home}/filler; }}"
            )),
            _ => None,
        }
    }
}

const NOISE: &str = r#"echo "Welcome to this host. Today's quota: 93 %"
printf 'no newline at the end of this, and \377\000 bytes' >&2
printf 'an unfinished line on stdout'
seq 1 200
echo 'POSSE? posse: posse 1'
"#;

const FAILURE: &str = r#"module load no-such-module
cd /no/such/directory || echo 'rc: failed' >&2
false
if then
"#;

#[cfg(test)]
mod tests {
    use super::HostQuirk;
    use std::time::Duration;

    #[test]
    fn parts_follow_the_quirk() {
        assert!(!HostQuirk::Refused.needs_account());
        assert!(HostQuirk::NoisyRc.needs_account());
        let slow = HostQuirk::SlowRc(Duration::from_millis(1500));
        assert_eq!(slow.rc().as_deref(), Some("sleep 1.5\n"));
        assert_eq!(HostQuirk::HomeFull.rc(), None);
        let mount = HostQuirk::HomeNoexec.mount("/a b".as_ref()).unwrap();
        assert!(mount.contains("noexec") && mount.ends_with("'/a b'"), "{mount}");
    }
}
