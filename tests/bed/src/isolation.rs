//! Finds out how a bed can be set apart from the machine: as root, in a user namespace, or not.
//! Not the making of namespaces: that is `supervisor`. Called by both beds when they start.

use crate::require::find_tool;
use anyhow::{Context, Result};
use rustix::process::{getgid, getuid};
use std::process::{Command, Stdio};

/// What this process may do about namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Real root: mount, process and network namespaces directly.
    Root,
    /// An ordinary user who may make a user namespace and be root in it.
    User,
    /// Neither: only plain loopback hosts without homes or shells of their own.
    None,
}

impl Isolation {
    /// Tries it, because limits and security modules make every prediction wrong.
    /// `POSSE_BED_ISOLATION=none` has the answer be that there is none.
    #[must_use]
    pub fn probe() -> Isolation {
        if std::env::var_os("POSSE_BED_ISOLATION").is_some_and(|v| v == "none") {
            return Isolation::None;
        }
        let wanted = if getuid().is_root() { Isolation::Root } else { Isolation::User };
        let args = wanted.unshare_args();
        let works = Command::new("unshare")
            .args(args)
            .args(["sh", "-c", "mount -t tmpfs none /run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success());
        if works { wanted } else { Isolation::None }
    }

    /// Arguments of `unshare` for mount and process namespaces (and the user namespace first).
    pub(crate) fn unshare_args(self) -> Vec<&'static str> {
        let base = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
        let user = ["--user", "--map-root-user"];
        match self {
            Isolation::Root => base.to_vec(),
            Isolation::User => user.iter().chain(&base).copied().collect(),
            Isolation::None => Vec::new(),
        }
    }

    /// The words before a command that make it run as the calling user again: mapped root may
    /// not call setgroups, so sshd must run as the user in a second namespace.
    pub(crate) fn as_user(self) -> Vec<String> {
        match self {
            Isolation::User => vec![
                "unshare".into(),
                "--user".into(),
                format!("--map-user={}", getuid().as_raw()),
                format!("--map-group={}", getgid().as_raw()),
            ],
            Isolation::Root | Isolation::None => Vec::new(),
        }
    }
}

/// The absolute path of sshd, which insists on being called by it.
pub(crate) fn sshd() -> Result<String> {
    let path = find_tool("sshd").context("no sshd here; install openssh-server")?;
    Ok(path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::Isolation;

    #[test]
    fn only_a_user_needs_a_second_namespace() {
        assert!(Isolation::Root.as_user().is_empty());
        assert_eq!(Isolation::User.as_user().len(), 4);
        assert_eq!(Isolation::User.unshare_args()[0], "--user");
    }
}
