# Does what the bed asks for, one line at a time, and answers each with its status.
# First process of the bed's process namespace: when its input ends, so does everything in it.
# bash, because it also reaps processes that it did not start. Argument: the bed's directory.
bed=$1
while IFS= read -r line; do
    eval "$line" </dev/null >"$bed/log/reply" 2>&1
    printf 'status %d\n' $?
done
# Only where there is no process namespace to end with us.
[ $$ = 1 ] || kill $(jobs -p) 2>/dev/null
