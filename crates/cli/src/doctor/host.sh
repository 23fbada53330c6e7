# What `posse doctor` looks at on a host: plain POSIX sh, nothing but what every system has.
# Each finding is one line `posse-doctor:KEY:VALUE`; what else appears is noise of the login.
# Read by parse.rs.

p() { echo "posse-doctor:$1:$2"; }

# Can the binary be put below $2 and run there? The nearest directory that exists is tried.
d() {
  case $2 in /*) ;; *) return ;; esac
  at=$2
  while [ ! -d "$at" ]; do at=${at%/*}; at=${at:-/}; done
  if [ -d "$2" ] && [ ! -O "$2" ]; then p dir "$1 foreign 0 $2"; return; fi
  file=$at/.posse-doctor.$$
  if ! (umask 077; echo : >"$file") 2>/dev/null; then p dir "$1 readonly 0 $2"; return; fi
  chmod 700 "$file"
  how=ok
  "$file" 2>/dev/null || how=noexec
  rm -f "$file"
  free=$(df -Pk "$at" 2>/dev/null | tail -n 1 |
    sed 's/^.*[0-9]  *[0-9][0-9]*  *\([0-9][0-9]*\)  *[0-9]*% .*$/\1/')
  p dir "$1 $how ${free:-0} $2"
}

p begin 1
p clock "$(date +%s)"
p system "$(uname -s) $(uname -m) $(uname -r)"
me=$(id -un 2>/dev/null || id -u)
p user "$me"
p shell "${SHELL:-unknown}"
p files "$(ulimit -n)"

cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
d cache "${cache:+$cache/posse}"
d run "${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/posse-$(id -u)}"
d shm "/dev/shm/posse-$(id -u)"
d vartmp "/var/tmp/posse-$(id -u)"
d tmp "/tmp/posse-$(id -u)"

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  own=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
  if [ -w "/sys/fs/cgroup$own" ]; then p cgroup "v2 writable"; else p cgroup "v2 readonly"; fi
elif [ -d /sys/fs/cgroup ] && grep -q : /proc/self/cgroup 2>/dev/null; then
  p cgroup "v1 unknown"
else
  p cgroup "none none"
fi

if [ -d /run/systemd/system ]; then
  kill=$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
    org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null)
  if [ -z "$kill" ]; then
    kill=$(cat /etc/systemd/logind.conf /etc/systemd/logind.conf.d/*.conf 2>/dev/null |
      sed -n 's/^ *KillUserProcesses *= *//p' | tail -n 1)
  fi
  if [ -e "/var/lib/systemd/linger/$me" ]; then linger=yes; else linger=no; fi
  case $kill in *true | yes | on | 1) how=kills ;; *) how=keeps ;; esac
  p logind "$how $linger"
fi
p runtime "${XDG_RUNTIME_DIR:-none}"
p end 1
