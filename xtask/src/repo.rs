//! Facts about this checkout: where it is, which files it has, what cargo says of it.
//!
//! Reads only. Called by every command of xtask.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The root of the checkout: the folder above xtask's own, as cargo says when it runs us.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

/// Every file that is committed or could be: what git tracks and what it does not ignore.
pub fn files(root: &Path) -> Result<Vec<String>> {
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = output(Command::new("git").args(args).current_dir(root))?;
    let mut files: Vec<String> =
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// `cargo metadata` of the workspace members alone: no network, no registry.
pub fn members(root: &Path) -> Result<Value> {
    metadata(root, &["--no-deps", "--offline"])
}

/// `cargo metadata` with every dependency on Linux. From the local copies if they are all there;
/// cargo fetches them otherwise, as a build would.
pub fn dependencies(root: &Path) -> Result<Value> {
    let platforms = [
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
        "--filter-platform",
        "aarch64-unknown-linux-gnu",
    ];
    let offline: Vec<&str> = platforms.iter().copied().chain(["--offline"]).collect();
    metadata(root, &offline).or_else(|_| metadata(root, &platforms))
}

fn metadata(root: &Path, args: &[&str]) -> Result<Value> {
    let mut command = Command::new(cargo());
    command.args(["metadata", "--format-version", "1"]).args(args).current_dir(root);
    serde_json::from_str(&output(&mut command)?).context("cargo metadata printed no JSON")
}

/// The cargo that runs us, else the first in PATH.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// `cargo` without what the cargo that runs us told us.
pub fn plain_cargo() -> Command {
    let mut command = Command::new(cargo());
    // What cargo said of xtask when it ran us would make build scripts believe in a change.
    for (name, _) in std::env::vars_os() {
        let about_us = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if about_us.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

/// The release binary: `target/<host-triple>/release/posse`, since the target is named in
/// `.cargo/config.toml`.
pub fn posse_binary(root: &Path) -> Result<PathBuf> {
    Ok(target_dir(root)?.join(host_triple()?).join("release").join("posse"))
}

pub fn target_dir(root: &Path) -> Result<PathBuf> {
    let members = members(root)?;
    let target = members["target_directory"].as_str();
    target.map(PathBuf::from).context("cargo metadata named no target directory")
}

pub fn host_triple() -> Result<String> {
    let said = output(Command::new("rustc").arg("-vV"))?;
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc -vV named no host")
}

/// Is there a program of this name in PATH?
pub fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Run a command to its end and take what it printed; its errors are ours.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if !out.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    String::from_utf8(out.stdout).with_context(|| format!("{command:?} printed no UTF-8"))
}
