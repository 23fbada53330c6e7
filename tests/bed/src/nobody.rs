//! Runs a test a second time as an ordinary user: root's own test program, started again as
//! nobody. Not a bed: what may be done without root is `isolation`.
//! Called by tests that must hold for both.

use crate::require::{require, skip};
use anyhow::{Context, Result};
use rustix::process::getuid;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

const NOBODY: u32 = 65534;

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Has nobody run the test of this name of the calling program, and panics as it does. Its skips
/// are the caller's. `programs` are further ones that it starts, each named by a variable.
/// Does nothing where the caller is an ordinary user: then the test itself has run as one.
#[track_caller]
pub fn again_as_nobody(test: &str, programs: &[(&str, &Path)]) {
    if !getuid().is_root() || require(&["setpriv"]).is_some() {
        return;
    }
    let place = Place::create().unwrap_or_else(|error| panic!("{error:#}"));
    let ran = place.run(test, programs).unwrap_or_else(|error| panic!("{error:#}"));
    let (out, said) = (text(&ran.stdout), text(&ran.stderr));
    assert!(ran.status.success(), "{test} as nobody:\n{out}{said}");
    assert!(out.contains("1 passed"), "no test {test}: {out}");
    for line in said.lines().filter(|line| line.starts_with("SKIP ")) {
        skip(line);
    }
    let left: Vec<_> = fs::read_dir(place.0.join("tmp")).into_iter().flatten().flatten().collect();
    assert!(left.is_empty(), "{test} as nobody leaves {left:?}");
}

/// A directory that nobody can read, with one within that is nobody's.
struct Place(PathBuf);

impl Place {
    /// Short names, since unix socket paths are limited to 107 bytes.
    fn create() -> Result<Place> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pbn.{}.{number}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let place = Place(path);
        fs::set_permissions(&place.0, PermissionsExt::from_mode(0o755))?;
        let tmp = place.0.join("tmp");
        fs::DirBuilder::new().mode(0o700).create(&tmp)?;
        chown(&tmp, Some(NOBODY), Some(NOBODY))?;
        Ok(place)
    }

    /// A copy that nobody may run: where the original lies may be root's alone.
    fn copy(&self, program: &Path, name: &str) -> Result<PathBuf> {
        let copy = self.0.join(name);
        fs::copy(program, &copy)
            .with_context(|| format!("cannot copy {} to {}", program.display(), copy.display()))?;
        fs::set_permissions(&copy, PermissionsExt::from_mode(0o755))?;
        Ok(copy)
    }

    fn run(&self, test: &str, programs: &[(&str, &Path)]) -> Result<Output> {
        let own = self.copy(&std::env::current_exe()?, "test")?;
        let mut command = Command::new("setpriv");
        // Ends with this process, and its beds with it.
        command.args(["--pdeathsig=KILL", "--clear-groups"]);
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")]);
        command.arg(own).args(["--exact", test, "--nocapture"]);
        for (variable, program) in programs {
            let name = program.file_name().context("a program has a name")?;
            command.env(variable, self.copy(program, &name.to_string_lossy())?);
        }
        command.env("HOME", "/").env("TMPDIR", self.0.join("tmp")).current_dir("/");
        command.output().context("cannot start setpriv")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _it_is_only_a_temporary_directory = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
