//! Programs that were written for PVM, against the libraries just built: Debian's examples are
//! compiled from source, and its ready binaries must find every name that they ask for.
//!
//! Nothing is run here. Called by `pvm.rs` for `--examples`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::repo;

const SOURCES: &str = "/usr/share/doc/pvm-examples";
const TARBALLS: [&str; 2] = ["examples", "gexamples"];

/// Sources that do not stand alone, with what they need; `starter` does not compile on PVM either
/// (it calls exit without an argument).
const LEFT_OUT: [&str; 2] = ["taskf.c", "starter.c"];
const WITH_TASKF: [&str; 4] = ["gmbi.c", "lmbi.c", "task0.c", "task1.c"];

/// Fortran of 1993, and a measurement that is compiled once for each way of packing.
const FORTRAN: [&str; 3] = ["-w", "-std=legacy", "-fallow-argument-mismatch"];
const MEASURE: &str = "-DPACK=pvm_pkint";

/// The libraries to try, and where programs go.
pub struct Trial<'a> {
    pub out: &'a Path,
    pub work: &'a Path,
}

impl Trial<'_> {
    /// True if all is well, or Debian's examples are not installed.
    pub fn run(&self) -> Result<bool> {
        if !Path::new(SOURCES).is_dir() {
            println!("examples: the package pvm-examples is not installed");
            return Ok(true);
        }
        let compiled = self.compile_all()?;
        let loaded = self.load_all()?;
        Ok(compiled && loaded)
    }

    fn compile_all(&self) -> Result<bool> {
        let folder = self.work.join("examples");
        fs::create_dir_all(&folder)?;
        let (mut good, mut bad) = (0, 0);
        for tarball in TARBALLS {
            let path = format!("{SOURCES}/{tarball}.tar.gz");
            repo::output(Command::new("tar").args(["-xzf", &path, "-C"]).arg(&folder))?;
            for source in sources(&folder.join(tarball))? {
                let Some(mut compiler) = self.compiler(&source) else { continue };
                match repo::output(&mut compiler) {
                    Ok(_) => good += 1,
                    Err(error) => {
                        bad += 1;
                        println!("examples: {error:#}");
                    }
                }
            }
        }
        println!("examples: {good} compiled from source, {bad} failed");
        Ok(bad == 0 && good > 0)
    }

    /// How a source becomes a program; `None` for what is no program.
    fn compiler(&self, source: &Path) -> Option<Command> {
        let name = source.file_name()?.to_str()?;
        if LEFT_OUT.contains(&name) {
            return None;
        }
        let is_c = name.ends_with(".c");
        let mut compiler = Command::new(if is_c { "cc" } else { "gfortran" });
        if is_c {
            compiler.args(["-w", MEASURE]);
        } else if repo::has_program("gfortran") {
            compiler.args(FORTRAN);
        } else {
            return None;
        }
        compiler.arg("-I").arg(self.out.join("include")).arg(source);
        if WITH_TASKF.contains(&name) {
            compiler.arg(source.with_file_name("taskf.c"));
        }
        compiler.arg("-o").arg(source.with_extension("out"));
        compiler.arg("-L").arg(self.out.join("lib"));
        compiler.args(["-lfpvm3", "-lgpvm3", "-lpvm3", "-lm"]);
        Some(compiler)
    }

    /// Debian links its programs so that all names are looked up when they start.
    fn load_all(&self) -> Result<bool> {
        let listed = repo::output(Command::new("dpkg").args(["-L", "pvm-examples"]))?;
        let programs = listed.lines().filter(|path| path.starts_with("/usr/bin/"));
        let (mut good, mut bad) = (0, 0);
        for program in programs {
            let mut ldd = Command::new("ldd");
            ldd.args(["-r", program]).env("LD_LIBRARY_PATH", self.out.join("lib"));
            let out = ldd.output().context("cannot start ldd")?;
            let said = String::from_utf8_lossy(&out.stdout).into_owned()
                + &String::from_utf8_lossy(&out.stderr);
            let missing: Vec<&str> =
                said.lines().filter(|line| line.contains("undefined symbol")).collect();
            if missing.is_empty() {
                good += 1;
            } else {
                bad += 1;
                println!("examples: {program}: {}", missing.join(", "));
            }
        }
        println!("examples: {good} ready programs find all names, {bad} do not");
        Ok(bad == 0 && good > 0)
    }
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for file in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "c" || e == "f") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
