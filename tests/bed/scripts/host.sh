# First process of a namespace host: its own name, /run, /tmp, home and accounts, and its sshd.
# Ends with the host; bash, because it also reaps processes that it did not start.
# Arguments: the bed's directory, the host's name, the home of the accounts, the user's number,
# and the words that start sshd.
bed=$1 name=$2 home=$3 user=$4
shift 4
unset POSSE_BED_NODE
set -e
mount --make-rprivate /
hostname "$name"
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/sshd "/run/user/$user"
chmod 700 "/run/user/$user"
mount -t tmpfs -o mode=1777 none /dev/shm
mount --bind "$bed/ssh/passwd" /etc/passwd
mount --bind "$bed/ssh/shadow" /etc/shadow
mount --bind "$bed/ssh/hosts" /etc/hosts
mount --bind "$bed/hosts/$name/home" "$home"
# Its own /tmp, in which the bed stays visible where the configuration says that it is.
case $bed in
/tmp/*)
    mkdir -p "$bed/hosts/$name/tmp/${bed#/tmp/}"
    chmod 1777 "$bed/hosts/$name/tmp"
    mount --rbind "$bed" "$bed/hosts/$name/tmp/${bed#/tmp/}"
    mount --rbind "$bed/hosts/$name/tmp" /tmp
    ;;
esac
cd /
"$@" >>"$bed/log/sshd.$name" 2>&1 </dev/null &
set +e
while :; do wait; done
