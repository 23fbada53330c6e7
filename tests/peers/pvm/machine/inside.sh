# Inside the namespaces of one machine: makes it, runs the script in $1, says how it ended.
# Called by src/machine.rs with PROGRAMS (a folder), HOSTS, SECONDS_MAX and MACHINE (pvm.sh or
# posse.sh). What the script says goes to stdout, the machine's own words to stderr. Nothing is
# cleaned here: the namespaces end with this shell, and all processes and files with them.

here=$(dirname "$0")
export PEERS="$here/.."
ip link set lo up
mount --make-rprivate /
# A file system that nobody else sees: for sockets, logs, homes.
mount -t tmpfs -o mode=755 none /run
export WORK=/run/work HOME=/run/work/home
mkdir -p "$HOME" "$WORK/tmp"
cd "$WORK" || exit 1
hostname machine
{
    echo 127.0.0.1 localhost machine
    for n in $(seq "$HOSTS"); do echo "127.0.0.$((n + 1)) local$n"; done
} >hosts
mount --bind hosts /etc/hosts
export PATH="$PROGRAMS:$PATH"

. "$here/functions.sh"
. "$MACHINE"
up >&2 || exit 1
first timeout "$SECONDS_MAX" sh "$here/script.sh" "$1" </dev/null
status=$?
printf '\nexit %s\n' "$status"
