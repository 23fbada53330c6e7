//! Where things lie: our own files, what is built, what Debian's packages brought. Called by all.

use std::path::{Path, PathBuf};

/// A path below `tests/peers/pvm`.
#[must_use]
pub fn pvm(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pvm").join(below)
}

/// The folder of everything that is made here: beside the tests' own programs.
pub(crate) fn made() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    // A test lies in target/…/deps, a program one above.
    let mut above = own.ancestors().skip(1);
    above.find(|folder| folder.join("deps").is_dir()).expect("a target directory").join("peers")
}

/// Where `cargo xtask pvm` leaves `lib/` and `include/`; `POSSE_PVM` names another place.
pub(crate) fn ours() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let usual = root.expect("this crate lies two folders down").join("target/pvm");
    std::env::var_os("POSSE_PVM").map_or(usual, PathBuf::from)
}

/// The folder of `libpvm3.so.3` and `libgpvm3.so.3`, posse's own.
#[must_use]
pub fn libraries() -> PathBuf {
    ours().join("lib")
}

/// The sources of PVM's example programs, as Debian packs them.
pub(crate) const TARBALLS: [&str; 2] =
    ["/usr/share/doc/pvm-examples/examples.tar.gz", "/usr/share/doc/pvm-examples/gexamples.tar.gz"];
