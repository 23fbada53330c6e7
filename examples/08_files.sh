#!/usr/bin/env bash
# Files of tasks: three hosts that share no home with you count words. The program and the texts
# go to them, each once, and the counts come home; then a last task, which needs all counts, sums
# them up. It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export POSSE_VM_NAME=example-files-$$
work=$(mktemp -d)
trap 'posse down; rm -rf "$work"' EXIT

# As hosts of other people would be: each has another home.
mkdir "$work"/{mine,h1,h2,h3}
export HOME=$work/mine
cd "$HOME"
posse up --exec "env HOME=$work/{host} sh -c {cmd}" h1 h2 h3

printf '#!/bin/sh\nwc -w < "$1"\n' > words
chmod +x words
mkdir texts
for n in 1 2 3 4 5 6; do seq "$((n * 1000))" > "texts/$n"; done

cat > study.toml <<'TOML'
[[task]]
name = "count"
run = "./words texts/{n} > count"
parameters = ["n=1..6"]
inputs = ["words", "texts/{n}"]
outputs = [{ from = "count", to = "counts/{n}" }]

[[task]]
after = "count"
run = "awk '{ s += $1 } END { print s }' counts/* > total"
inputs = ["counts/1", "counts/2", "counts/3", "counts/4", "counts/5", "counts/6"]
outputs = ["total"]
TOML
posse submit --wait -f study.toml
posse results 1
posse jobs --moved
[ "$(cat total)" = 21000 ]
