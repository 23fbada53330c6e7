//! What a host's processes have in common: its user, home, shell and the environment they start
//! from. Made once by the daemon, then only read, but for the loaded environments it remembers
//! (`load.rs`). Used by `start.rs`.

use super::account::Account;
use super::environment::Changes;
use super::limits;
use posse_wire::HostId;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// One host as its processes see it.
#[derive(Debug)]
pub struct HostContext {
    /// Its number and its name in the vm.
    pub number: HostId,
    pub name: String,
    pub user: String,
    pub home: PathBuf,
    pub shell: PathBuf,
    /// What every process starts from, without anything of the login that brought the daemon.
    pub environment: Vec<(OsString, OsString)>,
    /// The soft limit of open files that processes get: the keeper's, since the daemon raises
    /// its own, and programs that loop over all numbers or use select(2) suffer from a large one.
    pub open_files: Option<u64>,
    /// The running posse itself, which may have been unlinked since.
    pub binary: PathBuf,
    /// Where processes of this host reach its daemon.
    pub socket: Option<PathBuf>,
    loaded: Mutex<HashMap<Vec<String>, Arc<Changes>>>,
}

/// Where the login left no PATH.
const PLAIN_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

impl HostContext {
    /// From this process's user and environment.
    pub fn detect(number: HostId, name: &str) -> HostContext {
        let mut context =
            HostContext::new(number, name, Account::of_this_process(), std::env::vars_os());
        let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
        let limits = std::fs::read_to_string(format!("/proc/{parent}/limits"));
        context.open_files = limits.ok().and_then(|limits| open_files(&limits));
        context
    }

    fn new(
        number: HostId,
        name: &str,
        account: Account,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> HostContext {
        let mut environment: Vec<_> =
            variables.filter(|(name, _)| is_lasting(&name.to_string_lossy())).collect();
        let known = |name: &str, list: &[(OsString, OsString)]| list.iter().any(|(n, _)| n == name);
        let Account { user, home, shell } = account;
        let own: [(&str, OsString); 4] = [
            ("HOME", home.clone().into()),
            ("USER", user.clone().into()),
            ("LOGNAME", user.clone().into()),
            ("SHELL", shell.clone().into()),
        ];
        environment.extend(own.map(|(name, value)| (name.into(), value)));
        if !known("PATH", &environment) {
            environment.push(("PATH".into(), PLAIN_PATH.into()));
        }
        let binary = PathBuf::from("/proc/self/exe");
        let loaded = Mutex::default();
        let (name, open_files) = (name.to_owned(), None);
        HostContext {
            number,
            name,
            user,
            home,
            shell,
            environment,
            open_files,
            binary,
            socket: None,
            loaded,
        }
    }

    /// What loading these texts changed on this host, if they have been loaded.
    pub(super) fn loaded(&self, texts: &[String]) -> Option<Arc<Changes>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(texts).cloned()
    }

    pub(super) fn remember(&self, texts: &[String], changes: Changes) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.len() >= limits::LOADED_MAX {
            loaded.clear();
        }
        loaded.insert(texts.to_vec(), Arc::new(changes));
    }
}

/// From /proc/PID/limits.
fn open_files(limits: &str) -> Option<u64> {
    let rest = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// False for what tells of one login or one process and not of the user.
fn is_lasting(name: &str) -> bool {
    let of_a_login = ["SSH_", "POSSE_", "GXP_"].iter().any(|start| name.starts_with(start));
    let of_a_process = ["_", "SHLVL", "PWD", "OLDPWD", "NOTIFY_SOCKET"].contains(&name);
    let own = ["HOME", "USER", "LOGNAME", "SHELL"].contains(&name);
    !(of_a_login || of_a_process || own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_leaves_no_trace() {
        let account = Account { user: "u".into(), home: "/h".into(), shell: "/bin/zsh".into() };
        let variables = [("SSH_CONNECTION", "x"), ("LANG", "C"), ("POSSE_TOKEN", "x"), ("_", "x")];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let context = HostContext::new(HostId(1), "lab1", account, variables.into_iter());
        let names: Vec<_> = context.environment.iter().map(|(name, _)| name.clone()).collect();
        let limits = "Max processes  7  7  processes\nMax open files   1024   4096  files\n";
        assert_eq!(open_files(limits), Some(1024));
        assert_eq!(names, ["LANG", "HOME", "USER", "LOGNAME", "SHELL", "PATH"]);
    }
}
