#!/usr/bin/env bash
# Masks: after a command, the hosts where it succeeded can be selected for those that follow. Here
# four hosts share one file system, and one of them is to do a thing that must be done once.
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export POSSE_VM_NAME=example-masks-$$
work=$(mktemp -d)
trap 'posse down; rm -rf "$work"' EXIT

posse up 'local[1-4]'

# mkdir(2) succeeds for one of them; that the others fail is no failure here.
posse e -q mkdir "$work/lock" 2>/dev/null || true
posse smask
winner=$(posse e 'echo $POSSE_HOST')
echo "$winner does it for all"
posse e "echo done by \$POSSE_HOST > $work/result"

# A name for the winner, then the losers, then all.
posse savemask winner
posse rmask
posse e -q test -d "$work/nowhere" || posse smask -
posse masks
echo "$(posse e cat "$work/result" | sort | uniq -c)"
posse rmask
[ "$(posse e -m winner 'echo $POSSE_HOST')" = "$winner" ]
