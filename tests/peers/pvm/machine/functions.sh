# What rows and machines use. Sourced by inside.sh and script.sh.

# await FILE WORDS: until the file has a line with the words; fails after 20 s.
await() {
    looks=0
    until grep -q -e "$2" "$1" 2>/dev/null; do
        looks=$((looks + 1))
        [ "$looks" -lt 400 ] || return 1
        sleep 0.05
    done
}

# console UNTIL LINE...: types the lines at PVM's console, leaves it when it has said UNTIL.
console() {
    until=$1
    shift
    : >console.out
    { printf '%s\n' "$@" && await console.out "$until"; } | typed >console.out 2>&1
    cat console.out
}
