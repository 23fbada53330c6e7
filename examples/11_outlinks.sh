#!/usr/bin/env bash
# Links out of a collection of web pages whose shards lie on three hosts that share no home: the
# counting of each shard runs on the host that has it, and only counts come home. How many bytes
# were moved is told, and is a small part of the pages.
# It needs posse in PATH and makes a vm of its own, which ends with it.
set -euo pipefail
export LC_ALL=C POSSE_VM_NAME=example-links-$$
work=$(mktemp -d)
trap 'posse down; rm -rf "$work"' EXIT
mkdir "$work"/{mine,h1,h2,h3}
export HOME=$work/mine
cd "$HOME"
posse up --exec "env HOME=$work/{host} sh -c {cmd}" h1 h2 h3

# Each host makes its own pages: 4,000 with a link to another site in every third one.
posse e 'mkdir pages; seq 4000 | awk -v host=$POSSE_HOST "{
  print \"<a href=/page/\" \$1 \">next</a> text text text text text text text text text text\"
  if (\$1 % 3 == 0) print \"<a href=http://site\" \$1 % 7 \".example/\" host \">out</a>\"
}" > pages/shard'

cat > links.toml <<'TOML'
[[task]]
name = "count"
run = "grep -o 'href=http://[^/]*' shard | sort | uniq -c > counts"
parameters = ["host=h1,h2,h3"]
inputs = [{ from = "{host}:pages/shard", to = "shard" }]
outputs = [{ from = "counts", to = "counts/{host}" }]
TOML
posse submit --wait -f links.toml
cat counts/* | sort -k2 |
  awk '{ links[$2] += $1 } END { for (site in links) print links[site], site }' | sort -k2

echo "pages: $(cat "$work"/h?/pages/shard | wc -c) bytes; moved: $(posse jobs --moved)"
[ "$(cat counts/* | awk '{ sum += $1 } END { print sum }')" = 3999 ]
