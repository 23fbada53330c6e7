#!/usr/bin/env python3
"""All to all by `posse mw`: each process prints its port, reads everybody's, connects to all.

    posse mw python3 examples/mw/all_to_all.py

Its stdout is the stdin of all, so what it says to people goes to stderr. Hosts are those of one
computer here (loopback addresses); across computers, print a name that the others can reach.
"""

import os
import socket
import sys

rank, size = int(os.environ["POSSE_RANK"]), int(os.environ["POSSE_SIZE"])

# A queue as long as there are processes: all may connect before any is accepted.
server = socket.create_server(("127.0.0.1", 0), backlog=size)
print(rank, server.getsockname()[1], flush=True)

# Nothing more to say: when everybody has closed their stdout, stdin ends.
os.close(sys.stdout.fileno())
ports = dict(map(int, line.split()) for line in sys.stdin)
if sorted(ports) != list(range(size)):
    sys.exit(f"rank {rank}: heard of {len(ports)} of {size}")

out = [socket.create_connection(("127.0.0.1", ports[peer])) for peer in range(size)]
for connection in out:
    connection.sendall(b"%d\n" % rank)
heard = set()
for _ in range(size):
    with server.accept()[0] as connection, connection.makefile() as lines:
        heard.add(int(lines.readline()))
if heard != set(range(size)):
    sys.exit(f"rank {rank}: only {sorted(heard)} connected")
print(f"rank {rank} met all {size}", file=sys.stderr)
