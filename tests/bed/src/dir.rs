//! The directory of one bed: its unique name and token, its layout, and the caller's environment.
//! Not its removal in the normal case: the supervisor removes it, so that a killed test leaves
//! nothing either. Called by both beds.

use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Environment variables of the test's own user that must not reach the code under test.
const FOREIGN: [&str; 5] =
    ["SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"];

pub(crate) struct BedDir {
    pub root: PathBuf,
    /// Stands as `POSSE_BED` in the environment of everything that runs in the bed.
    pub token: String,
}

impl BedDir {
    /// Makes the tree. Short names, since unix socket paths are limited to 107 bytes.
    pub fn create() -> Result<BedDir> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let token = format!("pb.{}.{number}", std::process::id());
        let root = std::env::temp_dir().join(&token);
        let dir = BedDir { root, token };
        for part in ["", "ssh", "bin", "log", "home", "run", "hosts"] {
            let path = dir.path(part);
            fs::DirBuilder::new()
                .mode(0o700)
                .create(&path)
                .with_context(|| format!("cannot make {}; is it in the way?", path.display()))?;
        }
        Ok(dir)
    }

    pub fn path(&self, part: &str) -> PathBuf {
        if part.is_empty() { self.root.clone() } else { self.root.join(part) }
    }

    pub fn write(&self, part: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(part);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    pub fn write_program(&self, part: &str, text: &str) -> Result<PathBuf> {
        let path = self.write(part, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// `ssh` reads the home of the password file, not `$HOME`; so programs of these names stand
    /// first in PATH and add the bed's configuration.
    pub fn write_ssh_wrappers(&self, config: &Path) -> Result<()> {
        for tool in ["ssh", "scp", "sftp"] {
            let real = crate::require::find_tool(tool)
                .with_context(|| format!("no {tool} here; install openssh-client"))?;
            let text =
                format!("#!/bin/sh\nexec {} -F {} \"$@\"\n", real.display(), config.display());
            self.write_program(&format!("bin/{tool}"), &text)?;
        }
        Ok(())
    }

    /// What a program on the "laptop" must have in its environment.
    pub fn env(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let text = |part: &str| self.path(part).to_string_lossy().into_owned();
        let mut env = vec![
            ("PATH".to_owned(), format!("{}:{path}:/usr/sbin:/sbin", text("bin"))),
            ("HOME".to_owned(), text("home")),
            ("POSSE_BED".to_owned(), self.token.clone()),
            ("XDG_RUNTIME_DIR".to_owned(), text("run")),
        ];
        for (name, part) in [
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
        ] {
            env.push((name.to_owned(), text(part)));
        }
        env
    }

    /// Gives a command the bed's environment and takes the user's own ssh and vm away.
    pub fn dress(&self, command: &mut Command) {
        for name in FOREIGN {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("POSSE_") {
                command.env_remove(name);
            }
        }
        command.envs(self.env()).current_dir(self.path("home"));
    }
}

/// One word for a POSIX shell.
pub(crate) fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{BedDir, quote};

    #[test]
    fn two_beds_share_nothing() {
        let (a, b) = (BedDir::create().unwrap(), BedDir::create().unwrap());
        assert_ne!(a.root, b.root);
        assert_ne!(a.token, b.token);
        assert!(
            a.env().iter().any(|(k, v)| k == "HOME" && v.starts_with(a.root.to_str().unwrap()))
        );
        for dir in [a, b] {
            std::fs::remove_dir_all(dir.root).unwrap();
        }
    }

    #[test]
    fn quotes_survive_a_shell() {
        let word = r#"it's "a" $word"#;
        let out = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", quote(word))])
            .output()
            .unwrap();
        assert_eq!(out.stdout, word.as_bytes());
    }
}
