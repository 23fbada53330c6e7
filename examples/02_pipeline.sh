#!/usr/bin/env bash
# A pipeline with stages here and on the hosts: a local stage writes text, every host gets all of
# it and counts the words in its share of the lines, a local stage adds the counts up. The braces
# hold what runs on the hosts.
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export LC_ALL=C POSSE_VM_NAME=example-pipeline-$$
work=$(mktemp -d)
trap 'posse down; rm -rf "$work"' EXIT
cd "$(dirname "$0")/.."

write='cat README.md ARCHITECTURE.md docs/*.md'
count='awk "NR % $POSSE_SIZE == $POSSE_RANK" | tr -cs A-Za-z "[\n*]" | sort | uniq -c'
cat >"$work/add" <<'END'
awk 'length($2) > 3 { n[$2] += $1 } END { for (word in n) print n[word], word }' |
  sort -k1,1nr -k2
END

posse up 'local[1-3]'
posse e "$write" {{ "$count" }} sh "$work/add" >"$work/words"
echo "the commonest words of these pages, counted on 3 hosts:"
head -n 5 "$work/words"

# The same on one computer, with no posse in it.
sh -c "$write" | POSSE_SIZE=1 POSSE_RANK=0 sh -c "$count" | sh "$work/add" >"$work/alone"
cmp "$work/words" "$work/alone"
echo "one computer alone finds the same $(wc -l <"$work/words") words"
