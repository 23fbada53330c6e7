# The real PVM on $HOSTS hosts: one pvmd each, at addresses of their own. Sourced by inside.sh and
# script.sh.

export PVM_ROOT=/usr/lib/pvm3 PVM_ARCH=LINUX64 PVM_TMP="$WORK/tmp" PVM_PATH="$PROGRAMS"
# In these namespaces everybody is root.
export PVM_ALLOW_ROOT=1
# A login on another host is a shell on this one: it is the same computer.
export PVM_RSH="$WORK/rsh"

up() {
    cat >"$PVM_RSH" <<'END'
#!/bin/sh
while [ "${1#-}" != "$1" ]; do [ "$1" = -l ] && shift; shift; done
shift
exec setsid sh -c "$*"
END
    chmod +x "$PVM_RSH"
    echo "* ep=$PROGRAMS wd=$WORK" >hostfile
    # A second pvmd of a user on one computer needs an id, or it shares the first one's files.
    for n in $(seq "$HOSTS"); do
        if [ "$n" = 1 ]; then echo local1; else echo "local$n id=$n"; fi
    done >>hostfile
    pvmd -nlocal1 hostfile >pvmd.said </dev/null &
    # It names its socket; a console before that would start another pvmd.
    await pvmd.said / || return 1
    looks=0
    until echo conf | pvm >conf 2>&1 && grep -q "^$HOSTS host" conf; do
        looks=$((looks + 1))
        [ "$looks" -lt 100 ] || { cat conf "$PVM_TMP"/pvml*; return 1; }
        sleep 0.05
    done
}

# Runs the script: this shell is the first host.
first() {
    "$@"
}

# PVM's console, each of its lines written at once.
typed() {
    stdbuf -o0 pvm
}

# on HOST PROGRAM...: a program started there by hand, which finds the pvmd by its id.
on() {
    id=${1#local}
    shift
    if [ "$id" = 1 ]; then "$@"; else PVM_VMID=$id "$@"; fi
}
