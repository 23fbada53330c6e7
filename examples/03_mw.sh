#!/usr/bin/env bash
# Everybody to everybody: what each process writes to descriptor 3, every process reads from 4.
# The workers agree on a leader that way, as network programs exchange their addresses: each says
# its name and a number drawn by chance, reads what all said, and the largest number leads.
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export LC_ALL=C POSSE_VM_NAME=example-mw-$$
trap 'posse down' EXIT

# Descriptor 3 is closed when all is said: end of file on 4 comes when everybody has.
worker=$(cat <<'END'
echo "$(od -An -N4 -tu4 /dev/urandom) $POSSE_HOST.$POSSE_INDEX" >&3
exec 3>&-
leader=$(sort -n <&4 | tail -n 1 | awk '{ print $2 }')
echo "$POSSE_HOST.$POSSE_INDEX follows $leader"
END
)

posse up 'local[1-4]'
votes=$(posse mw --fd 3:4 -n 2 "$worker" | sort)
echo "$votes"
leaders=$(awk '{ print $3 }' <<<"$votes" | sort -u | wc -l)
echo "$(wc -l <<<"$votes") processes on 4 hosts follow $leaders leader"
[ "$leaders" = 1 ]
