//! `cargo xtask pvm`: the C libraries of PVM, as a program's linker and loader look for them.
//!
//! Builds `bindings/pvm` and the C files beside it into `target/pvm/`, and checks what came out:
//! names that are exported, sizes, and with `--examples` that programs written for PVM compile and
//! load. Called by `main.rs` and by `ci/steps.rs`.

mod examples;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::repo;

/// A library that programs load must not be what makes them large (docs/decisions/017).
const SO_BYTES_MAX: u64 = 4 << 20;

/// Flags for C that is linked into libraries of others.
const C_FLAGS: [&str; 5] = ["-O2", "-fPIC", "-Wall", "-Wextra", "-Werror"];

pub fn main(args: &[String]) -> Result<bool> {
    let examples = args.first().is_some_and(|arg| arg == "--examples");
    if args.len() > usize::from(examples) {
        bail!("pvm knows --examples, not '{}'", args.join(" "));
    }
    let build = Build::new()?;
    build.headers()?;
    build.rust()?;
    build.c()?;
    build.package()?;
    let mut good = build.check()?;
    if examples {
        good &= examples::Trial { out: &build.out, work: &build.work }.run()?;
    }
    println!("{}: lib, include, lib/pkgconfig", build.out.display());
    Ok(good)
}

struct Build {
    source: PathBuf,
    /// What becomes of it all.
    out: PathBuf,
    lib: PathBuf,
    /// For objects, and for cargo, whose flags differ from the workspace's.
    work: PathBuf,
    root: PathBuf,
}

impl Build {
    fn new() -> Result<Build> {
        let root = repo::root();
        let target = repo::target_dir(&root)?;
        let (out, work) = (target.join("pvm"), target.join("pvm-build"));
        let lib = out.join("lib");
        for folder in [&work, &lib.join("pkgconfig"), &out.join("include")] {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(Build { source: root.join("bindings/pvm"), out, lib, work, root })
    }

    fn headers(&self) -> Result<()> {
        for name in ["pvm3.h", "fpvm3.h"] {
            copy(&self.source.join("include").join(name), &self.out.join("include").join(name))?;
        }
        Ok(())
    }

    /// libpvm3, by cargo: a shared library may not hold a static C library, which is the
    /// workspace's way.
    fn rust(&self) -> Result<()> {
        let mut cargo = Command::new(repo::cargo());
        cargo.args(["rustc", "--quiet", "-p", "posse-pvm", "--lib", "--profile", "library"]);
        cargo.args(["--crate-type", "cdylib,staticlib", "--target-dir"]).arg(&self.work);
        cargo.env("RUSTFLAGS", "-C target-feature=-crt-static");
        cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").current_dir(&self.root);
        run(&mut cargo)?;
        let made = self.work.join(repo::host_triple()?).join("library");
        copy(&made.join("libposse_pvm.so"), &self.lib.join("libpvm3.so.3"))?;
        copy(&made.join("libposse_pvm.a"), &self.lib.join("libpvm3.a"))?;
        run(Command::new("strip").arg("--strip-debug").arg(self.lib.join("libpvm3.a")))?;
        link("libpvm3.so.3", &self.lib.join("libpvm3.so"))
    }

    /// libgpvm3 and libfpvm3, which have no Rust.
    fn c(&self) -> Result<()> {
        let groups = [self.object("gpvm")?];
        self.archive("libgpvm3.a", &groups)?;
        self.archive("libfpvm3.a", &[self.object("fpvm")?, self.object("fpvm_list")?])?;
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-s", "-Wl,-soname,libgpvm3.so.3", "-o"]);
        run(cc.arg(self.lib.join("libgpvm3.so.3")).args(groups))?;
        link("libgpvm3.so.3", &self.lib.join("libgpvm3.so"))
    }

    fn object(&self, name: &str) -> Result<PathBuf> {
        let object = self.work.join(format!("{name}.o"));
        let mut cc = Command::new("cc");
        cc.args(C_FLAGS).arg("-I").arg(self.source.join("include")).arg("-c");
        run(cc.arg(self.source.join("c").join(format!("{name}.c"))).arg("-o").arg(&object))?;
        Ok(object)
    }

    fn archive(&self, name: &str, objects: &[PathBuf]) -> Result<()> {
        let path = self.lib.join(name);
        let _not_there_yet = fs::remove_file(&path);
        run(Command::new("ar").arg("rcs").arg(path).args(objects))
    }

    fn package(&self) -> Result<()> {
        let template = fs::read_to_string(self.source.join("pvm3.pc.in"))?;
        let text = template.replace("@PREFIX@", &self.out.to_string_lossy());
        fs::write(self.lib.join("pkgconfig/pvm3.pc"), text).context("writing pvm3.pc")
    }

    /// Names and sizes; what is wrong is printed.
    fn check(&self) -> Result<bool> {
        let list = fs::read_to_string(self.source.join("names.txt"))?;
        let mut good = true;
        for library in ["libpvm3", "libgpvm3"] {
            let path = self.lib.join(format!("{library}.so.3"));
            let wrong = differences(&wanted(&list, library), &exported(&path)?);
            for line in &wrong {
                println!("{library}: {line}");
            }
            let bytes = fs::metadata(&path)?.len();
            println!("{library}.so.3: {bytes} bytes");
            if bytes > SO_BYTES_MAX {
                println!("{library}.so.3 has more than {SO_BYTES_MAX} bytes");
            }
            good &= wrong.is_empty() && bytes <= SO_BYTES_MAX;
        }
        Ok(good)
    }
}

fn wanted(list: &str, library: &str) -> BTreeSet<String> {
    let lines = list.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(of, _)| *of == library).map(|(_, name)| name.to_owned()).collect()
}

fn exported(library: &Path) -> Result<BTreeSet<String>> {
    let said = repo::output(Command::new("nm").args(["-D", "--defined-only"]).arg(library))?;
    Ok(said.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect())
}

fn differences(wanted: &BTreeSet<String>, exported: &BTreeSet<String>) -> Vec<String> {
    let missing = wanted.difference(exported).map(|name| format!("does not export {name}"));
    let unknown = exported.difference(wanted).map(|name| format!("exports {name}"));
    missing.chain(unknown).collect()
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

fn link(name: &str, at: &Path) -> Result<()> {
    let _not_there_yet = fs::remove_file(at);
    symlink(name, at).with_context(|| format!("linking {}", at.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_both_ways() {
        let list = "# names\n\nliba a\nliba b\nlibb c\n";
        let exported: BTreeSet<String> = ["b", "x"].map(str::to_owned).into();
        let wrong = differences(&wanted(list, "liba"), &exported);
        assert_eq!(wrong, ["does not export a", "exports x"]);
    }
}
