#!/usr/bin/env bash
# Searches a tree of files on four hosts at once: "grep in all my mail folders", the job that
# parallel shells are made for. Each host takes every fourth file, by its rank; the results are
# merged and sorted here, and their sum is compared with that of one plain grep.
# Usage: 01_grep_mail.sh [DIRECTORY [PATTERN]]; without them, posse's own sources and "daemon".
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export LC_ALL=C POSSE_VM_NAME=example-grep-$$
trap 'posse down' EXIT
tree=$(realpath "${1:-$(dirname "$0")/..}")
pattern=${2:-daemon}

# What each host runs. The same list everywhere, so that every file is searched exactly once.
search=$(cat <<'END'
cd "$TREE" &&
find . -type f -not -path '*/target/*' -not -path '*/.git/*' | sort |
  awk -v size="$POSSE_SIZE" -v rank="$POSSE_RANK" 'NR % size == rank' |
  tr '\n' '\0' | xargs -0 -r grep -I -c -H -e "$PATTERN" |
  awk -F: -v host="$POSSE_HOST" '$NF > 0 { print $NF, host, $1 }'
END
)

posse up 'local[1-4]'
found=$(posse e --env "TREE=$tree" --env "PATTERN=$pattern" {{ "$search" }} sort -k1,1nr -k3)
echo "lines with '$pattern', by host and file:"
head -n 12 <<<"$found"
echo "..."

merged=$(awk '{ lines += $1 } END { print lines + 0 }' <<<"$found")
plain=$(cd "$tree" && grep -r -I -c --exclude-dir=target --exclude-dir=.git -e "$pattern" . |
  awk -F: '{ lines += $NF } END { print lines + 0 }')
echo "$merged lines in $(wc -l <<<"$found") files on 4 hosts; one plain grep counts $plain"
[ "$merged" = "$plain" ]
