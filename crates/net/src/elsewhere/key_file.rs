//! What a machine needs to attach from elsewhere, in a file: the vm's name, the owner's secret key,
//! and where hosts listen, with the key of each. Whoever can read it owns the vm.
//!
//! Not for: the key on the owner's own machine, which is made and kept by `identity`. Called by
//! `find`, and by `posse` for those who export and import.

use crate::identity::{IdentityError, PublicKey, SecretKey, file};
use crate::limits::{VM_KEY_FILE_BYTES_MAX, VM_KEY_HOSTS_MAX};
use crate::place::check_vm_name;
use posse_wire::HostId;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// First line of such a file: a later format gets another.
const FILE_WORD: &str = "posse-vm-key-1";

/// Why there is no such file, or none that can be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    #[error("{0}")]
    File(#[from] IdentityError),
    #[error("{path} holds no key of a vm; `posse key export` on the owner's machine writes one")]
    NotAKey { path: String },
}

/// A host that takes direct links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    pub number: HostId,
    pub address: SocketAddr,
    pub key: PublicKey,
}

/// Where such a file is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a directory that is ours and 0700, where it stays.
    Private,
    /// Where its owner says, to be carried elsewhere.
    Named,
}

/// The owner's key of a vm, and hosts to ask who leads it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    vm: String,
    owner: Arc<SecretKey>,
    hosts: Vec<Listening>,
}

impl KeyFile {
    /// Of hosts, the first sixteen count.
    pub fn new(vm: &str, owner: Arc<SecretKey>, mut hosts: Vec<Listening>) -> KeyFile {
        hosts.truncate(VM_KEY_HOSTS_MAX);
        KeyFile { vm: vm.to_owned(), owner, hosts }
    }

    /// How the vm is called where its owner is.
    pub fn vm(&self) -> &str {
        &self.vm
    }

    pub fn owner(&self) -> &Arc<SecretKey> {
        &self.owner
    }

    pub fn hosts(&self) -> &[Listening] {
        &self.hosts
    }

    /// Reads a file that only we can have written and only we can read.
    pub fn load(path: &Path) -> Result<KeyFile, KeyFileError> {
        let not_a_key = || KeyFileError::NotAKey { path: path.display().to_string() };
        let bytes = file::read(path, VM_KEY_FILE_BYTES_MAX).map_err(|error| match error {
            IdentityError::NotAKey { .. } => not_a_key(),
            error => KeyFileError::File(error),
        })?;
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(KeyFile::from_text).ok_or_else(not_a_key)
    }

    /// Writes a new file, 0600. With `replace` one that is there is removed before.
    pub fn save(&self, path: &Path, place: KeyPlace, replace: bool) -> Result<(), KeyFileError> {
        if replace {
            match std::fs::remove_file(path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    let path = path.display().to_string();
                    return Err(KeyFileError::File(IdentityError::Io { path, source }));
                }
                _ => {}
            }
        }
        let private = place == KeyPlace::Private;
        file::create(path, self.to_text().as_bytes(), private).map_err(KeyFileError::File)
    }

    fn to_text(&self) -> String {
        let mut text = format!("{FILE_WORD}\nvm {}\nowner {}\n", self.vm, self.owner.to_hex());
        for Listening { number, address, key } in &self.hosts {
            let _a_string_takes_all = writeln!(text, "host {number} {address} {key}");
        }
        text
    }

    fn from_text(text: &str) -> Option<KeyFile> {
        let mut lines = text.lines();
        if lines.next()? != FILE_WORD {
            return None;
        }
        let vm = lines.next()?.strip_prefix("vm ")?;
        check_vm_name(vm).ok()?;
        let owner = SecretKey::from_hex(lines.next()?.strip_prefix("owner ")?)?;
        let hosts: Vec<Listening> = lines.map(host).collect::<Option<_>>()?;
        if hosts.len() > VM_KEY_HOSTS_MAX {
            return None;
        }
        Some(KeyFile { vm: vm.to_owned(), owner: Arc::new(owner), hosts })
    }
}

fn host(line: &str) -> Option<Listening> {
    let mut words = line.strip_prefix("host ")?.split(' ');
    let number = HostId(words.next()?.parse().ok()?);
    let address = words.next()?.parse().ok()?;
    let key = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Listening { number, address, key })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::private_dir::{Dir, set_mode};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn sample(hosts: u32) -> KeyFile {
        let listening = |number: u32| Listening {
            number: HostId(number),
            address: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535".parse().unwrap(),
            key: SecretKey::generate().unwrap().public(),
        };
        let owner = Arc::new(SecretKey::generate().unwrap());
        KeyFile::new(&"v".repeat(64), owner, (1..=hosts).map(listening).collect())
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let dir = Dir::new("vm-key-save");
        let path = dir.0.join("key");
        let many = sample(1000);
        assert_eq!(many.hosts().len(), VM_KEY_HOSTS_MAX);
        for key in [sample(0), many] {
            key.save(&path, KeyPlace::Private, true).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
            let loaded = KeyFile::load(&path).unwrap();
            assert_eq!((loaded.vm(), loaded.hosts()), (key.vm(), key.hosts()));
            assert_eq!(loaded.owner().public(), key.owner().public());
        }
        assert!(!format!("{:?}", sample(1)).contains(&sample(1).owner.to_hex()));
    }

    #[test]
    fn nothing_is_replaced_that_was_not_meant_to_be() {
        let dir = Dir::new("vm-key-over");
        let (path, link) = (dir.0.join("key"), dir.0.join("link"));
        std::fs::write(&path, "mine").unwrap();
        symlink("key", &link).unwrap();
        let is_there =
            |result| matches!(result, Err(KeyFileError::File(IdentityError::Exists { .. })));
        assert!(is_there(sample(1).save(&path, KeyPlace::Named, false)));
        assert!(is_there(sample(1).save(&link, KeyPlace::Named, false)));
        sample(1).save(&link, KeyPlace::Named, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"mine", "the link was replaced");
        assert!(sample(1).save(&dir.0, KeyPlace::Named, true).is_err());
    }

    #[test]
    fn what_others_can_reach_is_refused() {
        let dir = Dir::new("vm-key-open");
        let path = dir.0.join("key");
        let key = sample(1);
        set_mode(&dir.0, 0o755);
        assert!(key.save(&path, KeyPlace::Private, false).is_err());
        key.save(&path, KeyPlace::Named, false).unwrap();
        for open in [0o644, 0o640, 0o602] {
            set_mode(&path, open);
            let refused = KeyFile::load(&path).unwrap_err();
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        set_mode(&path, 0o600);
        symlink("key", dir.0.join("link")).unwrap();
        assert!(KeyFile::load(&dir.0.join("link")).is_err());
    }

    #[test]
    fn what_is_no_key_is_said() {
        let dir = Dir::new("vm-key-none");
        let path = dir.0.join("key");
        let good = sample(1).to_text();
        let bad = [
            String::new(),
            "posse-secret-key-1 00".into(),
            good.replace("key-1", "key-2"),
            good.replace(&"v".repeat(64), "../x"),
            good.replace("owner ", "owner 0"),
            good.replace("host 1", "host x"),
            format!("{good}more\n"),
            good.replace(":65535", ":65536"),
            "x".repeat(100_000),
        ];
        for text in bad {
            std::fs::write(&path, &text).unwrap();
            set_mode(&path, 0o600);
            assert!(matches!(KeyFile::load(&path), Err(KeyFileError::NotAKey { .. })), "{text}");
        }
        std::fs::write(&path, good).unwrap();
        KeyFile::load(&path).unwrap();
    }
}
