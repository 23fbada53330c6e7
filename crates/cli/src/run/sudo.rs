//! `posse e --sudo`: whether the hosts want a password, the one question for it, and the words
//! that run a command as root. The password travels as the first line of stdin, never in
//! arguments, environment or settings. Called by `drive`; the words by `plan`.

use super::ask;
use super::plan::{Plan, Source, What};
use crate::error::{Error, Kind};
use crate::limits::SUDO_CHECK_WITHIN;
use crate::output::visible;
use posse::{RunEvent, Running, Vm};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How a command gets to be root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sudo {
    /// Not at all.
    #[default]
    No,
    /// By `sudo -n`, which asks nothing.
    Free,
    /// By `sudo -A`, which is given the first line of stdin where it asks.
    Password,
}

/// Runs `sudo "$@"` with the password's line taken off stdin. Whether sudo wants it depends on the
/// command, and only sudo knows: where it asks, it runs its askpass program, which is `cat`, with
/// its prompt as argument, which is the name of a pipe that holds the line. That pipe is stdin of
/// the braces; sudo has parentheses of its own, since some shells redirect for a command in their
/// own descriptors, and `exit` behind it keeps the shell from becoming it.
const WITH_PASSWORD: &str = "case $(command -v printf) in /*) \
     echo 'posse: printf of this sh would show the password' >&2; exit 126;; esac; \
     unset posse_line; IFS= read -r posse_line; exec 4<&0; printf '%s\\n' \"$posse_line\" | { \
     unset posse_line; read -r posse_pid posse_rest </proc/self/stat; \
     SUDO_ASKPASS=$(command -v cat); case $SUDO_ASKPASS in /*) ;; *) SUDO_ASKPASS=/bin/cat;; esac; \
     export SUDO_ASKPASS; (exec sudo -A -p \"/proc/$posse_pid/fd/0\" \"$@\" <&4 4<&-); exit $?; }";
/// Whether sudo does something without a word; the password is not for it.
const FREE: &str = "sudo -n true </dev/null >/dev/null 2>&1 && exit; ";
/// Of what a failed sudo says on each host.
const SAID_BYTES: usize = 512;

/// A password line: cannot be shown, and is overwritten when it is dropped.
pub struct Secret(Vec<u8>);

impl Secret {
    fn line(text: String) -> Secret {
        let text = Secret(text.into_bytes());
        let mut line = Vec::with_capacity(text.0.len() + 1);
        line.extend_from_slice(&text.0);
        line.push(b'\n');
        Secret(line)
    }

    pub fn write_to(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.0)?;
        to.flush()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // The bytes count as read, so that the compiler keeps the line above.
        std::hint::black_box(&self.0);
    }
}

impl Sudo {
    /// The program and arguments of `what` as root.
    pub fn words(self, what: &What) -> What {
        let typed = match what {
            What::Argv(words) => words.clone(),
            What::Shell(line) => vec!["sh".to_owned(), "-c".to_owned(), line.clone()],
            What::LoginShell | What::Own(_) => return what.clone(),
        };
        let before: &[&str] = match self {
            Sudo::No => return what.clone(),
            Sudo::Free => &["sudo", "-n", "--"],
            Sudo::Password => &["sh", "-c", WITH_PASSWORD, "sudo", "--"],
        };
        What::Argv(before.iter().map(|word| (*word).to_owned()).chain(typed).collect())
    }
}

/// Finds out what sudo wants on the hosts of the plan, and asks at most once for a password,
/// which is right everywhere when this succeeds.
pub fn prepare(vm: &Vm, plan: &mut Plan) -> Result<Option<Secret>, Error> {
    if let Source::All { .. } = plan.source {
        let text = "mw does not take --sudo: what all read is what all write, and no password";
        return Err(Error::usage(text).hint("posse mw 'sudo -n CMD'"));
    }
    let free = ["sudo", "-n", "true"].map(str::to_owned).to_vec();
    let (refused, _) = quiet(vm, plan, What::Argv(free), None)?;
    // Another status (no sudo, host lost) is no wish for a password; the command will say it.
    if refused.is_empty() {
        plan.sudo = Sudo::Free;
        return Ok(None);
    }
    if plan.terminal || plan.detach {
        let option = if plan.terminal { "--pty" } else { "--detach" };
        let text = format!("sudo wants a password on {}", place(&refused));
        return Err(Error::usage(format!("{text}, which cannot be passed on with {option}"))
            .hint(format!("leave {option} out, or let sudo ask nothing there (NOPASSWD)")));
    }
    let answer = ask::ask(&format!("password of sudo on {}: ", place(&refused)), true);
    let Some(answer) = answer.filter(|answer| !answer.is_empty()) else {
        return Err(Error::usage(format!("no password for sudo on {} was given", place(&refused)))
            .hint(
                "run posse at a terminal; where this command needs none, `posse e 'sudo -n CMD'`",
            ));
    };
    let password = Secret::line(answer);
    let check = format!("{FREE}{WITH_PASSWORD}");
    let check = ["sh", "-c", &check, "sudo", "-k", "-v"].map(str::to_owned).to_vec();
    let (wrong, said) = quiet(vm, plan, What::Argv(check), Some(&password))?;
    if !wrong.is_empty() {
        let text = format!("sudo on {} said: {said}; nothing was run", place(&wrong));
        return Err(Error::new(Kind::Hosts, text)
            .hint("try again, or choose hosts with one password by -H"));
    }
    plan.sudo = Sudo::Password;
    Ok(Some(password))
}

fn place(hosts: &[String]) -> String {
    super::launch::fold(&hosts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs `what` once on each host of the plan: where it ended with 1, as sudo does when it wants
/// something, and the first words of that.
fn quiet(
    vm: &Vm,
    plan: &Plan,
    what: What,
    first: Option<&Secret>,
) -> Result<(Vec<String>, String), Error> {
    let mut check = plan.clone();
    check.what = what;
    check.per_host = 1;
    check.sudo = Sudo::No;
    check.source = if first.is_some() { Source::Own } else { Source::Nothing };
    check.terminal = false;
    check.timeout = Some(SUDO_CHECK_WITHIN);
    check.timeout_all = None;
    let mut run = vm.run(&check.command(vm)?.title("sudo -v"))?;
    if let (Some(first), Some(mut stdin)) = (first, run.stdin()) {
        let _closed_where_none_is_wanted = first.write_to(&mut stdin);
        let _closed_where_none_is_wanted = stdin.close();
    }
    refusals(&mut run)
}

fn refusals(run: &mut Running) -> Result<(Vec<String>, String), Error> {
    let mut said: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut refused = Vec::new();
    while let Some(event) = run.next_event(None)? {
        match event {
            RunEvent::Output { rank, bytes, .. } => {
                let kept = said.entry(rank.0).or_default();
                let room = SAID_BYTES.saturating_sub(kept.len()).min(bytes.len());
                kept.extend_from_slice(&bytes[..room]);
            }
            RunEvent::Exit { rank, status, .. } if status.code() == 1 => refused.push(rank.0),
            RunEvent::Exit { .. } | RunEvent::CutOff { .. } => {}
        }
    }
    let words = refused.first().and_then(|rank| said.get(rank)).map(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        visible(lines.collect::<Vec<_>>().join("; ").as_bytes())
    });
    refused.sort_unstable();
    let host = |rank: &u32| run.ranks().get(*rank as usize).map(|info| info.name.clone());
    let hosts = refused.iter().filter_map(host).collect();
    Ok((hosts, words.unwrap_or_else(|| "nothing".to_owned())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn argv(what: &What) -> Vec<&str> {
        match what {
            What::Argv(words) => words.iter().map(String::as_str).collect(),
            other => panic!("{other:?} is no argument vector"),
        }
    }

    #[test]
    fn words_stay_as_they_were_typed() {
        let line = What::Shell("echo \"$HOME\" | wc -c".into());
        let words = Sudo::Free.words(&line);
        assert_eq!(argv(&words), ["sudo", "-n", "--", "sh", "-c", "echo \"$HOME\" | wc -c"]);
        let typed = What::Argv(vec!["ls".into(), "-l".into(), "a b".into()]);
        assert_eq!(argv(&Sudo::Free.words(&typed)), ["sudo", "-n", "--", "ls", "-l", "a b"]);
        let words = Sudo::Password.words(&typed);
        assert_eq!(argv(&words), ["sh", "-c", WITH_PASSWORD, "sudo", "--", "ls", "-l", "a b"]);
        assert_eq!(Sudo::No.words(&typed), typed);
    }

    #[test]
    fn a_secret_is_one_line() {
        let mut written = Vec::new();
        Secret::line("open sesame".into()).write_to(&mut written).unwrap();
        assert_eq!(written, b"open sesame\n");
    }
}
