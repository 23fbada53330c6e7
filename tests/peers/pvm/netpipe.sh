# NetPIPE's curve over PVM, Debian's NPpvm, as CSV: bytes, megabits a second, microseconds one way.
# Run on a machine of two hosts or one, with the functions of machine/functions.sh:
#
#   machine pvm 2 600 'sh "$PEERS/netpipe.sh" cross 65536'
#
# $1: `same` for two processes on the first host, `cross` for two hosts; $2: the largest message.
# NPpvm finds its partner in the list of tasks, so that there may be none but the two: no console,
# no group server.

. "$PEERS/machine/functions.sh"
. "$MACHINE"

partner=local1
[ "$1" = cross ] && partner=local2
on $partner NPpvm >/dev/null 2>&1 &
# The partner must be in that list before the other looks.
until echo 'ps -a' | typed | grep -q '[cf] *\(NPpvm\|-\) *$'; do :; done
echo bytes,megabits_per_second,microseconds
NPpvm -h partner -u "$2" 2>&1 |
    sed -n 's/^ *[0-9]*: *\([0-9]*\) bytes.*--> *\([0-9.]*\) Mbps in *\([0-9.]*\) usec.*/\1,\2,\3/p'
