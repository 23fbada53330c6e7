#!/usr/bin/env bash
# A command that outlives the program that started it: it is started, left alone, looked at,
# followed to its end; a second one is ended before its time.
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export POSSE_VM_NAME=example-detach-$$
trap 'posse down' EXIT

posse up 'local[1-3]'

number=$(posse e --detach 'echo "$POSSE_HOST begins"; sleep 1; echo "$POSSE_HOST is done"')
echo "command $number runs, and this script goes on"
posse ps

# Its output from the start, and what still comes; -f ends with the command.
posse out -f -g "$number"
echo "its exit status is $?"

long=$(posse e --detach sleep 1000)
posse kill "$long"
posse attach "$long" || echo "command $long ended with status $?"
posse ps
