//! Keys of a bed: one for its user, one for its servers, one that is wrong on purpose.
//! Not a key store: they live and die with the bed. Called by both beds when they start.

use crate::dir::BedDir;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Keys {
    /// The user's private key, accepted by every server of the bed.
    pub user: PathBuf,
    /// The private key of every server of the bed.
    pub server: PathBuf,
    pub server_public: String,
    pub user_public: String,
    /// The public half of a key that no server has.
    pub wrong_public: String,
}

impl Keys {
    pub fn create(dir: &BedDir) -> Result<Keys> {
        let keys = Keys {
            user: dir.path("ssh/id"),
            server: dir.path("ssh/server"),
            user_public: generate(dir, "ssh/id")?,
            server_public: generate(dir, "ssh/server")?,
            wrong_public: generate(dir, "ssh/wrong")?,
        };
        dir.write("ssh/authorized_keys", &format!("{}\n", keys.user_public))?;
        Ok(keys)
    }
}

/// Makes one key and returns its public half, type and data only.
fn generate(dir: &BedDir, part: &str) -> Result<String> {
    let path = dir.path(part);
    let out = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&path)
        .output()
        .context("cannot run ssh-keygen; install openssh-client")?;
    ensure!(out.status.success(), "ssh-keygen: {}", String::from_utf8_lossy(&out.stderr));
    let public = std::fs::read_to_string(path.with_extension("pub"))?;
    Ok(public.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// The address as known_hosts writes it.
pub(crate) fn known_name(address: &str, port: u16) -> String {
    if port == 22 { address.to_owned() } else { format!("[{address}]:{port}") }
}
