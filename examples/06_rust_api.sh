#!/usr/bin/env bash
# The Rust API: builds and runs crates/posse/examples/largest_files.rs, which makes a vm, runs a
# command on its hosts, reads their output as it comes, and ends the vm.
# It needs posse in PATH, and cargo.
set -euo pipefail
export POSSE_VM_NAME=example-rust-$$
trap 'posse down 2>/dev/null || true' EXIT
cd "$(dirname "$0")/.."
cargo run --quiet --package posse --example largest_files -- crates
