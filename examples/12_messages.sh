#!/usr/bin/env bash
# Processes that send messages: builds crates/posse/examples/estimate_pi.rs and starts it six times
# on three hosts, where the processes sum up what each of them found.
# It needs posse in PATH, and cargo; it makes a vm of its own, which ends with it.
set -euo pipefail
export POSSE_VM_NAME=example-messages-$$
trap 'posse down' EXIT
cd "$(dirname "$0")/.."
json=$(cargo build --quiet --package posse --example estimate_pi --message-format json)
program=$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' <<<"$json")

posse up 'local[1-3]'
found=$(posse spawn --wait -n 6 "$program" 100000)
echo "$found"
[[ $found == 3.1*"by 6 processes on 3 hosts" ]]
