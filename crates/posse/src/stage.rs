//! A program of this computer that can be sent to hosts: what it is called, what it holds, for
//! which kind of computer it is. Reads files; it is sent by `vm/stage.rs`.

use crate::HostId;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Read at a time.
const BLOCK_BYTES: usize = 256 * 1024;

/// A program for any kind of computer, as scripts are, or for one that is not known here.
const ANY: &str = "-";

/// A program that was found here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedProgram {
    pub path: PathBuf,
    /// Its file name, which it keeps on hosts.
    pub name: String,
    /// Of all that it holds, in digits (BLAKE3).
    pub hash: String,
    /// As `uname -m` calls the computers that it is for, or `-`.
    pub machine: String,
}

/// A host to which it could not be sent, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStaged {
    pub host: HostId,
    pub name: String,
    pub why: String,
}

impl StagedProgram {
    /// The program that this word means here: a file where it has a slash, else the first along
    /// `path`, in the form of `PATH`. `None` where there is none.
    pub fn find(word: &str, path: &str) -> io::Result<Option<StagedProgram>> {
        let is_program = |path: &PathBuf| {
            path.metadata()
                .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
        };
        let found = if word.contains('/') {
            Some(PathBuf::from(word)).filter(is_program)
        } else {
            let folders = path.split(':').filter(|folder| !folder.is_empty());
            folders.map(|folder| Path::new(folder).join(word)).find(is_program)
        };
        found.map(|path| StagedProgram::read(&path)).transpose()
    }

    fn read(path: &Path) -> io::Result<StagedProgram> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the name of a program must be UTF-8")
        })?;
        let mut file = File::open(path)?;
        let (mut hasher, mut block) = (blake3::Hasher::new(), vec![0; BLOCK_BYTES]);
        let mut machine = None;
        loop {
            let count = file.read(&mut block)?;
            if count == 0 {
                break;
            }
            machine.get_or_insert_with(|| machine_of(&block[..count]).to_owned());
            hasher.update(&block[..count]);
        }
        Ok(StagedProgram {
            path: path.to_owned(),
            name: name.to_owned(),
            hash: hasher.finalize().to_hex().to_string(),
            machine: machine.unwrap_or_else(|| ANY.to_owned()),
        })
    }
}

/// From the head of an ELF file (System V ABI, "ELF Header"): its byte order and `e_machine`.
fn machine_of(head: &[u8]) -> &'static str {
    let (Some(b"\x7fELF"), Some(order), Some(machine)) =
        (head.get(..4), head.get(5), head.get(18..20))
    else {
        return ANY;
    };
    let machine = [machine[0], machine[1]];
    match if *order == 2 { u16::from_be_bytes(machine) } else { u16::from_le_bytes(machine) } {
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv64",
        258 => "loongarch64",
        22 => "s390x",
        _ => ANY,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_what_it_is_for() {
        let head = |order: u8, machine: [u8; 2]| {
            let mut head = [0; 20];
            head[..4].copy_from_slice(b"\x7fELF");
            head[5] = order;
            head[18..].copy_from_slice(&machine);
            machine_of(&head)
        };
        assert_eq!((head(1, [62, 0]), head(1, [183, 0])), ("x86_64", "aarch64"));
        assert_eq!((head(2, [0, 22]), head(1, [3, 0])), ("s390x", "-"));
        assert_eq!((machine_of(b"#!/bin/sh\nexit 0\n..."), machine_of(b"")), ("-", "-"));
    }

    #[test]
    fn it_is_looked_for_as_a_shell_does() {
        let found = StagedProgram::find("sh", "/nowhere::/bin").unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.path.as_path()), ("sh", Path::new("/bin/sh")));
        assert_eq!(found.hash.len(), 64);
        assert_eq!(found.machine, std::env::consts::ARCH);
        assert_eq!(StagedProgram::find("./nosuch", "/bin").unwrap(), None);
        assert_eq!(StagedProgram::find("/bin", "").unwrap(), None);
        assert_eq!(StagedProgram::find("passwd", "/etc").unwrap(), None);
    }
}
