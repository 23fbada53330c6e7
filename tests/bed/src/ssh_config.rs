//! Writes the configuration of a bed's ssh clients and servers.
//! Not a parser, and nothing of the machine's own configuration is used. Called by both beds.

use std::fmt::Write;
use std::path::Path;

/// One `Host` entry of a client's configuration.
pub(crate) struct Entry {
    pub name: String,
    pub address: String,
    pub port: u16,
    pub user: String,
    pub jump: Option<String>,
    pub password_only: bool,
}

pub(crate) struct Client<'a> {
    pub entries: &'a [Entry],
    pub identity: &'a Path,
    pub known_hosts: &'a Path,
    /// Further lines, for all hosts.
    pub extra: &'a [String],
}

impl Client<'_> {
    pub fn text(&self) -> String {
        let mut text = String::new();
        for e in self.entries {
            let _ = writeln!(text, "Host {}", e.name);
            let _ =
                writeln!(text, "  HostName {}\n  Port {}\n  User {}", e.address, e.port, e.user);
            if let Some(jump) = &e.jump {
                let _ = writeln!(text, "  ProxyJump {jump}");
            }
            if e.password_only {
                let _ = writeln!(text, "  NumberOfPasswordPrompts 1");
            }
        }
        let _ = writeln!(text, "Host *");
        let _ = writeln!(text, "  IdentityFile {}\n  IdentitiesOnly yes", self.identity.display());
        let _ = writeln!(text, "  UserKnownHostsFile {}", self.known_hosts.display());
        let _ = writeln!(text, "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes");
        for line in self.extra {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}

pub(crate) struct Server<'a> {
    pub listen: String,
    pub port: u16,
    pub host_key: &'a Path,
    pub authorized_keys: &'a Path,
    pub token: &'a str,
    pub max_startups: &'a str,
    pub max_sessions: u32,
    pub extra: &'a [String],
    /// `Match` blocks.
    pub matches: &'a str,
}

impl Server<'_> {
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "Port {}\nListenAddress {}", self.port, self.listen);
        let _ = writeln!(text, "HostKey {}", self.host_key.display());
        let _ = writeln!(text, "AuthorizedKeysFile {}", self.authorized_keys.display());
        let _ = writeln!(text, "SetEnv POSSE_BED={}", self.token);
        let _ = writeln!(text, "MaxStartups {}", self.max_startups);
        let _ = writeln!(text, "MaxSessions {}", self.max_sessions);
        // StrictModes looks at the directories above the bed, which are not ours.
        text.push_str("StrictModes no\nPidFile none\nUsePAM no\nPermitRootLogin yes\n");
        text.push_str("PasswordAuthentication no\nKbdInteractiveAuthentication no\n");
        text.push_str("PrintMotd no\nPrintLastLog no\nUseDNS no\nAllowTcpForwarding yes\n");
        text.push_str("Subsystem sftp internal-sftp\n");
        for line in self.extra {
            let _ = writeln!(text, "{line}");
        }
        text.push_str(self.matches);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Entry};
    use std::path::Path;

    #[test]
    fn ssh_itself_understands_the_file() {
        if crate::require(&["ssh"]).is_some() {
            return;
        }
        let entry = Entry {
            name: "n001".into(),
            address: "10.77.0.1".into(),
            port: 2222,
            user: "u".into(),
            jump: Some("gw".into()),
            password_only: false,
        };
        let client = Client {
            entries: &[entry],
            identity: Path::new("/bed/id"),
            known_hosts: Path::new("/bed/known_hosts"),
            extra: &["ConnectTimeout 3".into()],
        };
        let file = std::env::temp_dir().join(format!("pb-config.{}", std::process::id()));
        std::fs::write(&file, client.text()).unwrap();
        let out = std::process::Command::new("ssh")
            .arg("-F")
            .arg(&file)
            .args(["-G", "n001"])
            .output()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        for line in ["hostname 10.77.0.1", "port 2222", "proxyjump gw", "connecttimeout 3"] {
            assert!(said.lines().any(|l| l == line), "{line} is not in\n{said}");
        }
    }
}
