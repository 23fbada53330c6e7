//! Compiles the one C file that the library itself needs (arguments of variadic functions, which
//! stable Rust cannot read), and for the tests a C program that calls it. What else is C is built
//! by `cargo xtask pvm`.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=c");
    println!("cargo::rerun-if-changed=include");
    println!("cargo::rerun-if-changed=tests/driver");
    cc::Build::new().file("c/variadic.c").pic(true).warnings(true).compile("posse_pvm_variadic");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpvm3.so.3");
    driver();
}

/// The program of `tests/conformance.rs`, with libgpvm3, as objects for tests alone.
fn driver() {
    let parts = ["driver", "buffers", "messages", "settings", "world", "groups"];
    let mut files: Vec<PathBuf> =
        parts.iter().map(|part| format!("tests/driver/{part}.c").into()).collect();
    files.push("c/gpvm.c".into());
    // Its macros compare pointers and print results as a program of 1996 would.
    let mut build = cc::Build::new();
    build.files(files).include("include").warnings(false);
    for object in build.compile_intermediates() {
        println!("cargo::rustc-link-arg-tests={}", object.display());
    }
}
