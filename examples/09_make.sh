#!/usr/bin/env bash
# A makefile that knows nothing of posse: examples/calc, a C program with a library of its own, is
# built on two hosts, tried, and what is not stale is left alone.
# It needs posse in PATH, make and a C compiler.
set -euo pipefail
export POSSE_VM_NAME=example-make-$$
work=$(mktemp -d)
trap 'posse down 2>/dev/null || true; rm -rf "$work"' EXIT
cp -r "$(dirname "$0")/calc" "$work/calc"
posse up 'local[1-2]'

posse make -C "$work/calc" check
# Nothing is compiled again.
touch "$work/calc/print.c"
posse make -C "$work/calc" -s check
"$work/calc/calc" '6*(3+4)'
