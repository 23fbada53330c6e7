#!/usr/bin/env bash
# Names: a server says where it listens, clients find it by its name and wait for it if it is not
# there yet; a lock that one of several has. The second half does the same from Rust:
# crates/posse/examples/find_by_name.rs.
# It needs posse in PATH, and cargo; it makes a vm of its own, which ends with it.
set -euo pipefail
export POSSE_VM_NAME=example-names-$$
trap 'posse down' EXIT

posse up 'local[1-3]'

# A client that is early waits for the name.
posse names wait svc/db --timeout 30s >found &
number=$(posse e --detach -H local2 'exec sleep 1000')
posse names register svc/db local2:5432 --for "$number"
wait
echo "a client found $(cat found)" && rm found
posse names list svc/

# It is released with its process.
posse kill "$number"
while posse names lookup svc/db 2>/dev/null; do sleep 0.1; done
echo "svc/db is free again"

# One of three has the lock at a time; the others are told, with status 1.
for worker in 1 2 3; do
    posse names register lock "$worker" -- sh -c "echo $worker works; sleep 0.5" 2>/dev/null ||
        echo "$worker found the lock taken" &
done
wait

cd "$(dirname "$0")/.."
cargo run --quiet --package posse --example find_by_name
