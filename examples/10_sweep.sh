#!/usr/bin/env bash
# A sweep: 320 simulations of caches (4 sizes x 4 associativities x 20 benchmarks) on four hosts,
# with progress, a table, and a heat map of the miss rates. The table is compared with the same
# simulations run one after the other here.
# Usage: 10_sweep.sh [ACCESSES [HEAT_MAP]]; a simulation of more accesses takes longer.
# It needs posse in PATH, and cargo for the simulator; it makes a vm of its own, which ends with it.
set -euo pipefail
export LC_ALL=C POSSE_VM_NAME=example-sweep-$$
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'posse down; rm -rf "$work"' EXIT
accesses=${1:-20000}
map=${2:-$work/misses.svg}

json=$(cd "$here" && cargo build --quiet --package cachesim --message-format json)
sim=$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' <<<"$json")

posse up 'local[1-4]'
posse sweep --wait -p size=512K,1M,2M,4M -p ways=1,2,4,8 \
  -p bench=@"$here/cachesim/benchmarks.txt" "$sim {size} {ways} {bench} $accesses"
posse results 1 | head -n 5
posse results 1 --csv > "$work/table.csv"
posse plot 1 x=size y=ways value=miss_rate -o "$map"
[ "$map" = "$work/misses.svg" ] || echo "the heat map: $map"

# One after the other, in the order of the table.
while IFS= read -r size; do
  for ways in 1 2 4 8; do
    while IFS= read -r bench; do "$sim" "$size" "$ways" "$bench" "$accesses"; done \
      < "$here/cachesim/benchmarks.txt"
  done
done > "$work/sequential" <<<$'512K\n1M\n2M\n4M'
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { print "misses=" $at["misses"] " accesses=" $at["accesses"] " miss_rate=" $at["miss_rate"] }' \
  "$work/table.csv" > "$work/swept"
cmp "$work/sequential" "$work/swept"
echo "$(wc -l < "$work/swept") simulations, as one after the other"
