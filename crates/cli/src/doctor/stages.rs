//! How far a login got, from what `ssh -v` says. Pure. Called by `reach`.

use super::report::Finding;

/// The stages of a login, each with the words by which ssh says that it is passed.
const STAGES: [(&str, &[&str]); 4] = [
    ("the name resolves", &["Connecting to ", "Executing proxy command"]),
    ("a connection is made", &["Connection established", "Remote protocol version"]),
    ("an ssh server answers", &["Remote protocol version"]),
    ("the login is accepted", &["Authenticated to "]),
];

/// What ssh says at the end of a login that failed, and what to do about it.
const ENDS: [(&str, &str); 14] = [
    ("Could not resolve hostname", "check the spelling, or: getent hosts HOST"),
    ("Connection refused", "is an ssh server running there, and on this port?"),
    ("No route to host", "is it up, and this network right? ping HOST"),
    ("Network is unreachable", "is this computer on the network? ping HOST"),
    ("Connection timed out", "is it up, or behind a firewall or gateway (ProxyJump)?"),
    ("Connection closed by", "too many logins (MaxStartups), or this address is refused there"),
    ("Connection reset by", "too many logins (MaxStartups), or this address is refused there"),
    (
        "IDENTIFICATION HAS CHANGED",
        "if the host was set up anew: ssh-keygen -R HOST; if not, somebody may be in between",
    ),
    ("Host key verification failed", "run `ssh HOST` once and check the fingerprint"),
    (
        "Permission denied (publickey)",
        "your key is not accepted: ssh-add -l, then ssh-copy-id HOST from where it works",
    ),
    (
        "Permission denied",
        "it wants a password: `posse up HOST` asks for it at the terminal; ssh-copy-id HOST ends \
         that",
    ),
    ("Too many authentication failures", "offer one key: IdentitiesOnly yes in ~/.ssh/config"),
    ("Bad configuration option", "run `ssh HOST` and mend what it complains of"),
    ("Connection to ", "run `ssh -v HOST` for more"),
];

/// The stages that were passed, and the one that was not. `inside` says that our script ran, which
/// passes all of them (a ControlMaster says little).
pub fn judge(host: &str, stderr: &str, inside: bool, timed_out: bool) -> Vec<Finding> {
    let said =
        |marks: &[&str]| stderr.lines().find(|line| marks.iter().any(|mark| line.contains(mark)));
    let passed = STAGES.iter().rposition(|(_, marks)| said(marks).is_some()).map_or(0, |at| at + 1);
    let passed = if inside { STAGES.len() } else { passed };
    let mut findings = Vec::new();
    for (text, marks) in &STAGES[..passed] {
        let detail = said(marks).map(|line| line.trim_start_matches("debug1: ").trim_end());
        findings.push(Finding::ok(match detail {
            Some(detail) => format!("{text}: {}", short(detail)),
            None => (*text).to_owned(),
        }));
    }
    if inside {
        return findings;
    }
    let end = ENDS.iter().find_map(|(mark, hint)| Some((said(&[mark])?, *hint)));
    let next = STAGES.get(passed).map_or("the login shell answers", |(text, _)| text);
    let (why, hint) = match end {
        Some((line, hint)) => (short(line), hint.replace("HOST", host)),
        None if timed_out => {
            ("nothing more came".to_owned(), format!("see where `ssh -v {host} true` stops"))
        }
        None => {
            let last = stderr.lines().rev().find(|line| !line.starts_with("debug1:"));
            let last = last.map_or_else(|| "ssh ended without a word".to_owned(), short);
            (last, format!("`ssh {host} echo ok` must print ok and end"))
        }
    };
    findings.push(Finding::fail(format!("not so far that {next}: {why}"), hint));
    findings
}

/// A line of somebody else's, within bounds.
fn short(line: &str) -> String {
    line.trim().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::Level;
    use super::*;

    const CONNECTED: &str = "debug1: Connecting to lab1 [10.0.0.1] port 22.\n\
        debug1: Connection established.\n\
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2\n";

    fn levels(findings: &[Finding]) -> Vec<Level> {
        findings.iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn the_stage_that_failed_is_named() {
        let refused = "debug1: Connecting to lab1 [10.0.0.1] port 22.\n\
            ssh: connect to host lab1 port 22: Connection refused\n";
        let findings = judge("lab1", refused, false, false);
        assert_eq!(levels(&findings), [Level::Ok, Level::Fail]);
        assert!(findings[1].text.contains("a connection is made"), "{findings:?}");
        let denied = format!("{CONNECTED}me@lab1: Permission denied (publickey,password).\n");
        let findings = judge("lab1", &denied, false, false);
        assert_eq!(levels(&findings), [Level::Ok, Level::Ok, Level::Ok, Level::Fail]);
        assert!(findings[3].hint.contains("posse up lab1"), "{findings:?}");
        let nowhere = "ssh: Could not resolve hostname lab1: Name or service not known\n";
        assert_eq!(levels(&judge("lab1", nowhere, false, false)), [Level::Fail]);
    }

    #[test]
    fn a_script_that_ran_passes_all() {
        assert_eq!(levels(&judge("lab1", "", true, false)), [Level::Ok; 4]);
        let hangs = format!("{CONNECTED}debug1: Authenticated to lab1 using \"publickey\".\n");
        let findings = judge("lab1", &hangs, false, true);
        assert_eq!(findings.len(), 5);
        assert!(findings[4].text.contains("the login shell answers"), "{findings:?}");
    }
}
