//! What `host.sh` found, judged. Pure. Called by `local` and `reach`.

use super::report::Finding;
use std::collections::BTreeMap;

const PREFIX: &str = "posse-doctor:";

/// Free space that the binary needs, in KiB.
const NEEDED_KIB: u64 = 32 * 1024;

/// Descriptors below which a host of many processes gets into trouble.
const FILES_MIN: u64 = 1024;

/// A clock that differs by more than this confuses make(1) and people; posse does not care.
const CLOCK_OFF_S: u64 = 5;

/// Whether the script came to its first line.
pub fn has_begun(output: &str) -> bool {
    output.lines().any(|line| line.starts_with("posse-doctor:begin"))
}

/// `now_s` is our clock when the script was started and when it was over.
pub fn judge(output: &str, now_s: (u64, u64)) -> Vec<Finding> {
    let mut facts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut noise = 0;
    for line in output.lines() {
        match line.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')) {
            Some((key, value)) => facts.entry(key).or_default().push(value),
            None => noise += 1,
        }
    }
    let one = |key: &str| facts.get(key).and_then(|values| values.first()).copied();
    let mut findings = Vec::new();
    findings.extend((noise > 0).then(|| {
        let text = format!("the shell's start-up files print {noise} lines");
        Finding::ok(format!("{text}; posse ignores them, scp and rsync may not"))
    }));
    findings.extend(one("system").map(system));
    if let (Some(user), Some(shell)) = (one("user"), one("shell")) {
        findings.push(Finding::ok(format!("user {user}, login shell {shell}")));
    }
    findings.extend(one("clock").and_then(|clock| self::clock(clock, now_s)));
    findings.extend(one("files").and_then(files));
    findings.extend(directories(facts.get("dir").map_or(&[], Vec::as_slice)));
    findings.extend(one("cgroup").map(cgroup));
    findings.extend(one("logind").map(|logind| self::logind(logind, one("runtime"))));
    if one("end").is_none() {
        let hint = "run it again; if it stays so, the login is ended by something there";
        findings.push(Finding::fail("the look at the host broke off", hint));
    }
    findings
}

fn system(text: &str) -> Finding {
    let mut words = text.split(' ');
    let (name, arch, release) =
        (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    if name != "Linux" {
        return Finding::fail(format!("{text} is no Linux"), "posse runs on Linux only");
    }
    if !["x86_64", "aarch64"].contains(&arch) {
        let hint = format!("build one: cargo build --release --target {arch}-unknown-linux-gnu");
        return Finding::fail(format!("no posse binary for {arch} comes along"), hint);
    }
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < (3, 10) {
        return Finding::fail(format!("kernel {release} is too old"), "3.10 is the oldest");
    }
    Finding::ok(format!("{name} {arch}, kernel {release}"))
}

fn clock(text: &str, (start, end): (u64, u64)) -> Option<Finding> {
    let theirs: u64 = text.parse().ok()?;
    let off = if theirs < start { start - theirs } else { theirs.saturating_sub(end) };
    Some(if off > CLOCK_OFF_S {
        let ahead = if theirs < start { "behind" } else { "ahead" };
        let hint = "posse does not mind, make(1) on shared files does; look at its NTP";
        Finding::warn(format!("the clock there is {off} s {ahead}"), hint)
    } else {
        Finding::ok("the clock agrees")
    })
}

fn files(text: &str) -> Option<Finding> {
    let limit: u64 = text.parse().ok()?;
    (limit < FILES_MIN).then(|| {
        let hint = "raise `nofile` in /etc/security/limits.conf";
        Finding::warn(format!("only {limit} files may be open at a time"), hint)
    })
}

/// One usable place is enough; the first is where the binary goes.
fn directories(lines: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut usable = false;
    for line in lines {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().unwrap_or_default();
        let (_place, how, free, path) = (next(), next(), next(), next());
        let free: u64 = free.parse().unwrap_or(0);
        let why = match how {
            "ok" if free < NEEDED_KIB => format!("only {free} KiB are free"),
            "ok" => {
                if !usable {
                    let mib = free / 1024;
                    findings
                        .push(Finding::ok(format!("the binary goes to {path} ({mib} MiB free)")));
                }
                usable = true;
                continue;
            }
            "noexec" => "is mounted noexec".to_owned(),
            "readonly" => "cannot be written".to_owned(),
            "foreign" => "belongs to somebody else".to_owned(),
            other => format!("is unusable ({other})"),
        };
        if !usable {
            findings.push(Finding::warn(format!("{path}: {why}"), "the next place is taken"));
        }
    }
    if !usable {
        let hint = "set XDG_CACHE_HOME there to a directory that is writable and not noexec, or \
                    `posse up --ram`";
        findings.push(Finding::fail("the binary can be put nowhere", hint));
    }
    findings
}

fn cgroup(text: &str) -> Finding {
    match text {
        "v2 writable" => Finding::ok("control groups (v2) can be used to end commands"),
        "none none" => Finding::ok("no control groups; commands are ended by their marks"),
        _ => Finding::ok("control groups are not ours; commands are ended by their marks"),
    }
}

fn logind(text: &str, runtime: Option<&str>) -> Finding {
    let linger = text.ends_with("yes");
    match (text.starts_with("kills"), linger) {
        (true, false) => Finding::warn(
            "systemd ends all processes of a user at logout (KillUserProcesses=yes)",
            "for daemons that outlive the login: loginctl enable-linger",
        ),
        (false, false) if runtime.is_some_and(|path| path != "none") => {
            let path = runtime.unwrap_or_default();
            Finding::ok(format!("processes outlive the login; {path} goes with the last one"))
        }
        (false, false) => Finding::ok("processes outlive the login"),
        (_, true) => Finding::ok("processes outlive the login (linger is on)"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Level;
    use super::*;

    fn texts(findings: &[Finding], level: Level) -> Vec<&str> {
        let of = findings.iter().filter(|finding| finding.level == level);
        of.map(|finding| finding.text.as_str()).collect()
    }

    #[test]
    fn a_good_host_is_good() {
        let output = "Welcome!\nposse-doctor:begin:1\nposse-doctor:clock:1000\n\
            posse-doctor:system:Linux x86_64 6.1.0-18-amd64\nposse-doctor:user:me\n\
            posse-doctor:shell:/bin/fish\nposse-doctor:files:1048576\n\
            posse-doctor:dir:cache ok 900000 /home/me/.cache/posse\n\
            posse-doctor:cgroup:v2 readonly\nposse-doctor:logind:keeps no\n\
            posse-doctor:runtime:/run/user/1000\nposse-doctor:end:1\n";
        assert!(has_begun(output));
        let findings = judge(output, (999, 1001));
        assert!(findings.iter().all(|finding| finding.level == Level::Ok), "{findings:?}");
        assert!(findings[0].text.contains("print 1 lines"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let output = "posse-doctor:begin:1\nposse-doctor:clock:2000\n\
            posse-doctor:system:Linux riscv64 6.1\nposse-doctor:files:256\n\
            posse-doctor:dir:cache noexec 900000 /home/me/.cache/posse\n\
            posse-doctor:dir:tmp readonly 0 /tmp/posse-1000\nposse-doctor:logind:kills no\n";
        let findings = judge(output, (999, 1001));
        let fails = texts(&findings, Level::Fail);
        assert!(fails[0].contains("riscv64") && fails[1].contains("nowhere"), "{fails:?}");
        assert!(fails[2].contains("broke off"));
        assert_eq!(texts(&findings, Level::Warn).len(), 5, "{findings:?}");
        assert_eq!(system("Linux x86_64 2.6.32-754.el6").level, Level::Fail);
        assert_eq!(system("Darwin arm64 23.1").level, Level::Fail);
        assert_eq!(system("Linux aarch64 3.10.0-1160.el7").level, Level::Ok);
    }
}
