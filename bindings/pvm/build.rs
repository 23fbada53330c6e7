//! Compiles the one C file that the library itself needs: arguments of variadic functions, which
//! stable Rust cannot read. The other C files are built by `cargo xtask pvm`.

fn main() {
    println!("cargo::rerun-if-changed=c/variadic.c");
    cc::Build::new().file("c/variadic.c").pic(true).warnings(true).compile("posse_pvm_variadic");
    // Whether the linker sees it or not is the crate type's business; tests and rlib ignore it.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpvm3.so.3");
}
