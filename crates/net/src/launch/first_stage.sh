# The first stage: what the login shell of a fresh host is asked to run (see first_stage.rs).
# It finds or receives the posse binary, tells the sender how far it is, and becomes it.
#
# Before use, comment lines are dropped and the lines joined by blanks. So every statement ends
# with its own semicolon, and because the text travels in single quotes through sh, csh and fish
# it must hold no single quote, backslash, exclamation mark or line break of its own.
#
# @NAME@ is filled in by the sender. Variables:
#   n nonce   f set: ignore caches   j set: RAM only   h z: hash, size   g set: gzip is on offer
#   w place   y how the binary came  x what a failed step said   e what to exec   d set: no gzip
# Each program that is started costs a host a millisecond: what the shell can do itself it does.

set -f; n=@NONCE@; f=@FRESH@; j=@RAM@; m=posse; d=; x=; e=; y=;

# Say a line to the sender. The prefix is joined here, so that a shell which echoes the command
# does not say it.
s() { echo "$m:$n:$*"; };

# This place will not do: clean up, say at which step and with which words, and be false.
b() { rm -f .t$n; s bad $w $1 $x; return 1; };

# Step into directory $1; true if it is ours and closed to others. Checked after the step, on the
# directory itself, so that nobody can swap it in between.
o() { cd "$1" 2>/dev/null && [ -O . ] && case $(ls -ld .) in drwx--?---*) ;; *) false;; esac; };

# Is it cached in $2? (-x is false on a noexec file system.)
q() { w=$1; case $2 in /*) ;; *) return 1;; esac;
 [ -f "$2/posse-$h" ] && [ -s "$2/posse-$h" ] && [ -x "$2/posse-$h" ] && o "$2"
 && [ -O posse-$h ] && y=cached e=./posse-$h; };

# Receive it into $2, if that can be made, is private, takes a file and can execute it.
i() { w=$1; x=; p=.t$n; case $2 in /*) ;; *) return 1;; esac;
 [ -d "$2" ] || x=$(umask 077; LC_ALL=C; export LC_ALL; mkdir $3 "$2" 2>&1)
 || { b dir; return; };
 x=; o "$2" || { b owner; return; };
 [ -z "$j" ] || case $(stat -f -c %T . 2>/dev/null) in tmpfs|ramfs) ;; *) b ram; return;; esac;
 x=$(umask 077; LC_ALL=C; export LC_ALL;
 { echo : >$p; } 2>&1 || exit 5; { chmod 700 $p && ./$p; } 2>&1)
 || { case $? in 5) b write;; *) b exec;; esac; return; };

# Whatever goes wrong in here, every byte of the image is read, so that the next place can ask anew.
# The sender says how much it sends. A gzip that ends well and says nothing has checked length and
# sum; anything else is looked at.
 y=plain; c=cat;
 [ "$g" ] && [ -z "$d" ] && command -v gzip >/dev/null 2>&1 && y=gzip c="gzip -dc";
 s need $w $y $h; read -r k;
 a="head -c $k"; command -v head >/dev/null 2>&1 || a="dd bs=1 count=$k";
 x=$(LC_ALL=C; export LC_ALL;
 $a 2>/dev/null | { { $c >$p; } 2>&1 || { cat >/dev/null; exit 1; }; })
 && [ "$y$x" = gzip ] || {
 [ $(wc -c <$p) -eq $z ] 2>/dev/null
 || { case $x in *space*|*quota*|*large*) ;; *) d=1;; esac; b size; return; };
 for t in "sha256sum" "shasum -a 256" "openssl dgst -sha256"; do
 y=${t%% *}; x=$($t <$p 2>/dev/null) && break; y=unchecked; x=$h; done;
 case $x in *$h*) x=;; *) d=1; x=; b hash; return;; esac; };

# In RAM: opened, unlinked, and run through the open descriptor, so that no name is left.
 if [ "$j" ]; then exec 9<$p; rm -f $p; [ -e /proc/self/fd/9 ] || { b proc; return; };
 e=/proc/self/fd/9;
 else x=$({ mv -f $p posse-$h; } 2>&1) || { b move; return; };
 e=./posse-$h; fi; };

case $(uname -s -m) in @ARMS@ *) s none $(uname -s -m); exit 3;; esac;
l=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}; l=${l:+$l/posse};
[ "$f$j" ] || q cache "$l";
if [ -z "$e" ]; then
 u=; while read -r a x y; do case $a in Uid:) u=$x; break;; esac; done
 2>/dev/null </proc/self/status;
 u=posse-${u:-$(id -u)}; r=${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/$u};
 { [ -z "$f$j" ] && { q run "$r" || q shm /dev/shm/$u || q vartmp /var/tmp/$u || q tmp /tmp/$u; }; }
 || { [ -z "$j" ] && i cache "$l" -p; } || i run "$r" || i shm /dev/shm/$u
 || { [ -z "$j" ] && { i vartmp /var/tmp/$u || i tmp /tmp/$u; }; } || { s fail; exit 3; };
fi;
s go $w $y; exec $e "$@"
