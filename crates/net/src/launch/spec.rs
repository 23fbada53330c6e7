//! What is known of a host before it is reached.
//!
//! For: name, user, port, launcher, as a host file or hostset gives them. Not for: what a daemon
//! says of itself once it runs. Called by the daemon and, serialized, by front ends.

use serde::{Deserialize, Serialize};

use super::{Cause, LaunchError};
use crate::limits::HOST_NAME_BYTES_MAX;

/// How a daemon is started on a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Launcher {
    /// The system's `ssh`, with the user's own configuration.
    Ssh,
    /// A process on this computer.
    Local,
    /// Any command line with `{cmd}` and, where it needs it, `{host}`.
    Exec { template: String },
}

/// A host to be launched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostSpec {
    /// What the launcher calls it: a name of the DNS or of `~/.ssh/config`, a container, …
    pub name: String,
    /// Only if the user said so: else the launcher's own default.
    pub user: Option<String>,
    /// Only if the user said so.
    pub port: Option<u16>,
    pub launcher: Launcher,
}

impl HostSpec {
    /// A host by its name alone, through ssh.
    pub fn ssh(name: &str) -> HostSpec {
        HostSpec { name: name.to_owned(), user: None, port: None, launcher: Launcher::Ssh }
    }

    /// Refuses names that a command line could take for something else.
    pub fn check(&self) -> Result<(), LaunchError> {
        check_word(&self.name, "host name", "._-:%+=,/[]")?;
        // Users of a directory service are called user@domain or DOMAIN+user.
        self.user.as_deref().map_or(Ok(()), |user| check_word(user, "user name", "._-@+$"))
    }
}

/// Only letters, digits and `marks`, and no leading `-`: nothing that ssh, a ProxyCommand's shell
/// or a template's program could read as an option or a command.
fn check_word(word: &str, what: &str, marks: &str) -> Result<(), LaunchError> {
    let good = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    let bad = if word.is_empty() {
        "is empty"
    } else if word.len() > HOST_NAME_BYTES_MAX {
        "is too long"
    } else if word.starts_with('-') {
        "begins with -"
    } else if let Some(bad) = word.chars().find(|c| !good(*c)) {
        let text = format!("the {what} {word:?} holds {bad:?}");
        return Err(LaunchError::new(Cause::BadName, &text));
    } else {
        return Ok(());
    };
    let shown: String = word.chars().take(40).collect();
    Err(LaunchError::new(Cause::BadName, &format!("the {what} {shown:?} {bad}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_something_else_are_refused() {
        for good in ["lab1", "a.b-c_d", "::1", "fe80::1%eth0", "10.0.0.1", "ns/pod", "[::1]"] {
            assert_eq!(HostSpec::ssh(good).check(), Ok(()), "{good}");
        }
        let long = "x".repeat(256);
        let bad = [
            "",
            "-oProxyCommand=id",
            "a b",
            "a\n",
            "a;b",
            "$(id)",
            "`id`",
            "a\u{1b}",
            "a'b",
            "u@h",
            "a\\b",
            "a\"b",
            "a|b",
            "a&b",
            "ä",
            &long,
        ];
        for bad in bad {
            assert_eq!(HostSpec::ssh(bad).check().unwrap_err().cause, Cause::BadName, "{bad}");
        }
        for (user, good) in [("me", true), ("me@dom", true), ("-me", false), ("a b", false)] {
            let spec = HostSpec { user: Some(user.into()), ..HostSpec::ssh("h") };
            assert_eq!(spec.check().is_ok(), good, "{user}");
        }
    }
}
