//! Where the posse binary is: `$POSSE_BIN`, else built from this workspace once per test run.
//! Not a release build: the figures are the benchmark's. Called by `vm`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program under test.
#[must_use]
pub fn posse_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("POSSE_BIN") {
        Some(path) => PathBuf::from(path),
        None => built(),
    })
}

/// Each test is a process of its own under nextest, which names the run: the first one builds.
fn built() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let folder = own.parent().and_then(Path::parent).expect("tests lie in target/…/deps");
    let binary = folder.join("posse");
    let run = std::env::var("NEXTEST_RUN_ID").ok();
    let stamp = folder.join(".posse-of-cluster-run");
    if run.is_some() && std::fs::read_to_string(&stamp).ok() == run && binary.exists() {
        return binary;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "posse-cli"]);
    // What cargo told this test of its own package would make it build others anew, ring above all.
    let of_this_package =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_this_package) {
            command.env_remove(name);
        }
    }
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.is_ok_and(|status| status.success()), "cargo build -p posse-cli failed");
    if let Some(run) = run {
        std::fs::write(&stamp, run).expect("the target directory can be written");
    }
    binary
}
