//! Who the daemon runs as: name, home and login shell. Reads /etc/passwd itself, since a static
//! program must not ask the C library's name service. Users of a directory service are not in
//! that file; for them the login's own variables hold. Called by `context.rs`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub user: String,
    pub home: PathBuf,
    pub shell: PathBuf,
}

impl Account {
    /// Of the user this process runs as.
    pub fn of_this_process() -> Account {
        let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
        let uid = rustix::process::geteuid().as_raw();
        Account::find(&passwd, uid, |name| std::env::var_os(name).filter(|v| !v.is_empty()))
    }

    fn find(passwd: &[u8], uid: u32, variable: impl Fn(&str) -> Option<OsString>) -> Account {
        let entry = passwd.split(|byte| *byte == b'\n').find_map(|line| entry(line, uid));
        let (user, home, shell) = entry.unwrap_or_default();
        let text = |bytes: Vec<u8>| (!bytes.is_empty()).then(|| OsString::from_vec(bytes));
        let user = text(user).or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
        let home = variable("HOME").or_else(|| text(home)).map(PathBuf::from);
        let shell = text(shell).or_else(|| variable("SHELL")).map(PathBuf::from);
        Account {
            user: user.map_or_else(|| uid.to_string(), |u| u.to_string_lossy().into_owned()),
            home: home.filter(|path| path.is_absolute()).unwrap_or_else(|| PathBuf::from("/")),
            shell: shell
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| PathBuf::from("/bin/sh")),
        }
    }
}

/// Name, home and shell, if this line of /etc/passwd is about `uid`.
fn entry(line: &[u8], uid: u32) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let [user, _, number, _, _, home, shell] = fields.as_slice() else { return None };
    let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
    (number == uid).then(|| (user.to_vec(), home.to_vec(), shell.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/bash\nbad line\nu:x:7:7::/home/u:\n";

    #[test]
    fn the_file_names_the_shell_and_the_login_the_home() {
        let account =
            Account::find(PASSWD, 0, |name| (name == "HOME").then(|| "/elsewhere".into()));
        let want = ("root", PathBuf::from("/elsewhere"), PathBuf::from("/bin/bash"));
        assert_eq!((account.user.as_str(), account.home, account.shell), want);
    }

    #[test]
    fn gaps_are_filled() {
        let account = Account::find(PASSWD, 7, |_| None);
        assert_eq!(account.shell, PathBuf::from("/bin/sh"));
        let account = Account::find(PASSWD, 8, |name| match name {
            "USER" => Some("v".into()),
            "SHELL" => Some("relative".into()),
            _ => None,
        });
        assert_eq!(account.user, "v");
        assert_eq!((account.home, account.shell), ("/".into(), "/bin/sh".into()));
    }
}
