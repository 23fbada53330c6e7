# Runs the script in $1 with the functions that rows use. Called by inside.sh.

exec 2>&1
here=$(dirname "$0")
. "$here/functions.sh"
. "$MACHINE"
eval "$1"
