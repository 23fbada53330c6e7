# Runs a bed's control shell and cleans up after it, also when the test was killed.
# For the supervisor only. Arguments: the bed's directory, its token, the command to run.
bed=$1 token=$2
shift 2
trap : HUP INT TERM
"$@"
# Everything that the bed started carries its token; what lives outside its process namespace
# (the laptop's processes) is ended here.
round=0
while [ $round -lt 20 ]; do
    left=$(grep -lzsx -e "POSSE_BED=$token" /proc/[0-9]*/environ | cut -d/ -f3)
    [ -n "$left" ] || break
    kill -KILL $left 2>/dev/null
    round=$((round + 1))
    [ $round -eq 1 ] || sleep 0.05
done
chmod -R u+rwX -- "$bed" 2>/dev/null
rm -rf --one-file-system -- "$bed"
