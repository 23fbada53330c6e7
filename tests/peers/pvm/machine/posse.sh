# posse on $HOSTS local hosts, programs over our libraries. Sourced by inside.sh and script.sh.
# Needs POSSE (the binary) and LIBRARIES (a folder with libpvm3.so.3 and libgpvm3.so.3).

export LD_LIBRARY_PATH="$LIBRARIES" PVM_PATH="$PROGRAMS"
export POSSE_RUNTIME_DIR="$WORK/run" POSSE_STATE_DIR="$WORK/state" POSSE_VM_NAME=peers

up() {
    mkdir -p -m 700 "$POSSE_RUNTIME_DIR"
    "$POSSE" up --batch "local[1-$HOSTS]"
}

# The script is a task of the first host, as under PVM: the owner's machine has no room for tasks.
# With BY_HAND it is one of the owner's machine, which outlives the vm.
first() {
    [ -z "$BY_HAND" ] || { "$@"; return; }
    "$POSSE" e -H local1 --raw -C "$WORK" --env PROGRAMS="$PROGRAMS" --argv \
        env PATH="$PATH" "$@"
}

# The same console under posse; like PVM's, it writes prompt and line where stdin is a pipe.
typed() {
    "$POSSE" pvm --echo
}

# on HOST PROGRAM...: a program started there by hand.
on() {
    host=$1
    shift
    "$POSSE" e -H "$host" --argv "$@"
}
