//! Says which external tools a test needs, and prints why a test is skipped when one is missing.
//! Not an installer: the packages stand in `packages.txt`. Called at the top of tests and beds.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a test cannot run on this machine. `POSSE_BED_STRICT=1` makes it a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip(pub String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skip {}

/// The reason to skip when one of `tools` is not on this machine; it has been printed already.
#[must_use]
pub fn require(tools: &[&str]) -> Option<Skip> {
    missing(tools).map(|reason| skip(&reason))
}

fn missing(tools: &[&str]) -> Option<String> {
    let missing: Vec<&str> = tools.iter().copied().filter(|t| find_tool(t).is_none()).collect();
    let names = missing.join(", ");
    let hint = "install the packages of tests/bed/packages.txt";
    (!missing.is_empty()).then(|| format!("missing {names}; {hint}"))
}

/// Prints the reason past the test harness's capture, so that a skip is never silent.
/// Panics under `POSSE_BED_STRICT=1`, for machines that must run everything.
pub fn skip(reason: &str) -> Skip {
    let strict = std::env::var_os("POSSE_BED_STRICT").is_some_and(|v| v != "0");
    assert!(!strict, "cannot be skipped under POSSE_BED_STRICT: {reason}");
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    let _ = writeln!(std::io::stderr(), "SKIP {test}: {reason}");
    Skip(reason.to_owned())
}

/// Looks along PATH and then in the sbin directories, which an ordinary user's PATH lacks.
pub(crate) fn find_tool(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|p| p.exists());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::{find_tool, missing};

    #[test]
    fn names_what_is_missing() {
        assert!(find_tool("sh").is_some());
        assert_eq!(missing(&["sh"]), None);
        let reason = missing(&["sh", "no-such-tool-1"]).unwrap();
        assert!(reason.starts_with("missing no-such-tool-1; install"), "{reason}");
    }
}
