//! The password file that a bed's servers see in place of the machine's: the calling user with a
//! home and shell of the bed, and one account of the same number per host that differs.
//! Not seen outside the bed's mount namespace. Called by both beds.

use anyhow::{Context, Result};
use rustix::process::{getgid, getuid};
use std::path::PathBuf;
use std::process::Command;

/// `openssl passwd -5` of [`crate::PASSWORD`]; accepted only where a host asks for a password.
const HASH: &str = "$5$possebed$.vnHkeQgjL0avY63YWOQ5whFSAdk3MG5E.cUXrfG3M8";

/// One account of the bed. All of them have the number of the calling user.
pub(crate) struct Account {
    pub name: String,
    pub home: PathBuf,
    pub shell: String,
}

/// The calling user's login name, as ssh would use it.
pub(crate) fn login_name() -> Result<String> {
    let out = Command::new("id").arg("-un").output().context("cannot run id")?;
    let name = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    Ok(if out.status.success() && !name.is_empty() { name } else { "posse".to_owned() })
}

/// The text of the password file: `accounts` first, then the machine's without our number.
pub(crate) fn password_file(accounts: &[Account], machine: &str) -> String {
    let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
    let mut text = String::new();
    for a in accounts {
        let line = format!("{}:{HASH}:{uid}:{gid}::{}:{}\n", a.name, a.home.display(), a.shell);
        text.push_str(&line);
    }
    let own = uid.to_string();
    for line in machine.lines() {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        let taken = accounts.iter().any(|a| a.name == name);
        if !taken && fields.nth(1) != Some(own.as_str()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The text of the shadow file. Without entries here, systemd's name service answers that root
/// and nobody are locked.
pub(crate) fn shadow_file(accounts: &[Account]) -> String {
    accounts.iter().map(|a| format!("{}:{HASH}:::::::\n", a.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Account, password_file};

    #[test]
    fn our_number_has_only_our_accounts() {
        let own = rustix::process::getuid().as_raw();
        let machine =
            format!("me:x:{own}:0::/real:/bin/bash\nsshd:x:4242:65534::/run:/bin/false\n");
        let account =
            Account { name: "n001".into(), home: "/bed/n001".into(), shell: "/bin/sh".into() };
        let text = password_file(&[account], &machine);
        assert!(text.starts_with("n001:$5$"), "{text}");
        assert!(text.contains(":/bed/n001:/bin/sh\n") && text.contains("\nsshd:x:4242:"));
        assert!(!text.contains("/real"), "{text}");
    }
}
