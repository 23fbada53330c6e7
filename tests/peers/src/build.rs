//! Makes the folder of programs that a machine runs: compiled from source against PVM's or our
//! header and libraries, or links to Debian's ready programs. Called by the tests.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::places::{TARBALLS, made, ours, pvm};
use crate::{Form, Machine, PROGRAMS, Program};

/// Old Fortran: common blocks as they were, and calls whose arguments differ in type.
const FORTRAN: [&str; 2] = ["-std=legacy", "-fallow-argument-mismatch"];

/// A folder of programs, all of them there.
#[derive(Debug, Clone)]
pub struct Programs {
    pub folder: PathBuf,
}

impl Programs {
    /// The programs in this form for this machine. What is there and younger than its sources is
    /// not compiled again.
    ///
    /// # Panics
    /// If a compiler fails or a package is missing.
    #[must_use]
    pub fn ready(machine: Machine, form: Form) -> Programs {
        // Tests of one process are threads; those of others have names of their own for parts.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let (include, _) = development(machine);
        // A compiler would take another pvm3.h without a word.
        assert!(include.join("pvm3.h").exists(), "no pvm3.h in {}", include.display());
        let sources = unpacked(machine);
        let folder = made().join(format!("{machine:?}-{form:?}").to_lowercase());
        fs::create_dir_all(&folder).expect("the target directory can be written");
        for program in PROGRAMS {
            match form {
                Form::Source if program.sources.is_empty() => {}
                Form::Source => compile(machine, program, &sources, &folder.join(program.name)),
                Form::Debian if program.debian.is_empty() => {}
                Form::Debian => link(program.debian, &folder.join(program.name)),
            }
        }
        if machine == Machine::Pvm {
            // The group server is looked for along the same path as programs.
            link("pvmgs", &folder.join("pvmgs"));
        }
        Programs { folder }
    }
}

/// A library that changes one behaviour of libpvm3 where it is preloaded: `NAME.c` of
/// `pvm/sabotage`, compiled.
///
/// # Panics
/// If it can not be compiled.
#[must_use]
pub fn sabotage(name: &str) -> PathBuf {
    fs::create_dir_all(made()).expect("the target directory can be written");
    let library = made().join(format!("sabotage-{name}.so"));
    let part = library.with_extension(std::process::id().to_string());
    let source = pvm("sabotage").join(name).with_extension("c");
    done(Command::new("gcc").args(["-shared", "-fPIC", "-o"]).arg(&part).arg(source).arg("-ldl"));
    fs::rename(&part, &library).expect("a file can be renamed in its folder");
    library
}

/// The header's folder of this machine, and its libraries' where the compiler must be told.
fn development(machine: Machine) -> (PathBuf, Option<PathBuf>) {
    match machine {
        Machine::Pvm => (PathBuf::from("/usr/include"), None),
        Machine::Posse => (ours().join("include"), Some(ours().join("lib"))),
    }
}

/// The tarballs, unpacked once for each machine; beside them its header, since Fortran sources
/// name it as `../include/fpvm3.h`.
fn unpacked(machine: Machine) -> PathBuf {
    let folder = made().join(format!("{machine:?}-unpacked").to_lowercase());
    let (include, _) = development(machine);
    let has_header = || fs::read_link(folder.join("include")).is_ok_and(|there| there == include);
    if has_header() {
        return folder;
    }
    let part = folder.with_extension(std::process::id().to_string());
    fs::create_dir_all(&part).expect("the target directory can be written");
    for tarball in TARBALLS {
        done(Command::new("tar").args(["-xzf", tarball, "-C"]).arg(&part));
    }
    symlink(&include, part.join("include")).expect("the target directory can be written");
    if folder.exists() && !has_header() {
        // Of another place of our libraries.
        let _gone = fs::remove_dir_all(&folder);
    }
    if fs::rename(&part, &folder).is_err() {
        // Another test was quicker.
        let _spare = fs::remove_dir_all(&part);
    }
    folder
}

fn compile(machine: Machine, program: &Program, sources: &Path, to: &Path) {
    let files: Vec<PathBuf> = program.sources.split(' ').map(|s| source(s, sources)).collect();
    let (include, libraries) = development(machine);
    let newest = files.iter().chain([&include.join("pvm3.h")]).filter_map(|f| age(f)).max();
    if age(to) > newest {
        return;
    }
    let fortran = program.sources.ends_with(".f");
    let mut command = Command::new(if fortran { "gfortran" } else { "gcc" });
    command.args(["-w", "-O1"]).args(program.flags.split_whitespace());
    if fortran {
        command.args(FORTRAN);
    }
    let part = to.with_extension(std::process::id().to_string());
    command.arg("-I").arg(&include).arg("-o").arg(&part).args(&files);
    if let Some(libraries) = libraries {
        command.arg("-L").arg(libraries);
    }
    if fortran {
        command.arg("-lfpvm3");
    }
    done(command.args(["-lgpvm3", "-lpvm3", "-lm"]).current_dir(sources.join("gexamples")));
    fs::rename(&part, to).expect("a file can be renamed in its folder");
}

fn source(name: &str, sources: &Path) -> PathBuf {
    let unpacked = sources.join(name);
    if unpacked.exists() { unpacked } else { pvm(name) }
}

fn age(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

fn link(debian: &str, to: &Path) {
    let ready = Path::new("/usr/bin").join(debian);
    assert!(ready.exists(), "{} is missing: cargo xtask packages", ready.display());
    let _there_already = symlink(ready, to);
}

/// Runs a tool to its end; what it said is in the panic if it fails.
fn done(command: &mut Command) {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}
