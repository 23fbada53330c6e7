//! The other side: through the vm where the host is up, else through the system's ssh with the
//! user's own configuration. Asks no question. Called by `posse doctor HOST`.

use super::ask::ask;
use super::local::{inside, now_s};
use super::report::{Finding, Report};
use super::{SCRIPT, parse, stages};
use crate::commands::up;
use crate::error::Error;
use crate::limits::DIAL_MS_MAX;
use posse::{
    Answered, Dial, Dialed, HostEntry, HostId, HostState, Launcher, Question, RunEvent, Vm,
};
use std::process::Command;
use std::time::{Duration, Instant};

/// A login with a slow name service may take this long.
const WITHIN: Duration = Duration::from_secs(40);

/// Given to ssh: what takes longer is reported as hanging.
const CONNECT_WITHIN_S: u32 = 15;

/// Looks at every host that the text names.
pub fn host(report: &mut Report, vm: Option<&Vm>, text: &str) -> Result<(), Error> {
    let member = |name: &str| {
        let hosts = vm.map(|vm| vm.hosts());
        hosts.and_then(|hosts| hosts.iter().find(|host| host.name == name).cloned())
    };
    for item in up::parse(text)? {
        let request = up::request(&item, None)?;
        let name = request.name.clone();
        report.head(&name);
        let entry = member(&name);
        if let (Some(vm), Some(entry)) = (vm, &entry) {
            state(vm, entry).iter().for_each(|finding| report.add(finding));
            report.add(&port(vm, entry)?);
        }
        let findings = match (vm, &entry) {
            (Some(vm), Some(entry)) if entry.is_up() => through_vm(vm, entry)?,
            _ if request.launcher == Launcher::Local => inside(),
            _ => through_ssh(&name, request.user.as_deref(), request.port),
        };
        findings.iter().for_each(|finding| report.add(finding));
    }
    Ok(())
}

/// Whether its daemon takes direct links, and this computer reaches it there. Where not, all goes
/// by the link of the login, which is no failure.
fn port(vm: &Vm, entry: &HostEntry) -> Result<Finding, Error> {
    let HostEntry { number, key, facts, .. } = entry;
    let address = &facts.listens;
    if !entry.is_up() || address.is_empty() {
        return Ok(Finding::ok("its daemon takes no direct links"));
    }
    let dial = Dial {
        number: *number,
        address: address.clone(),
        key: *key,
        within_ms: DIAL_MS_MAX,
        burst: 0,
    };
    let question = Question::Dial(dial);
    let reply =
        vm.query(&[HostId::OWNER], question, Duration::from_secs(10))?.next().transpose()?;
    Ok(Finding::ok(match reply.map(|reply| reply.answer) {
        Some(Answered::Dialed(Dialed::Linked { rtt_us, .. })) => {
            let ms = f64::from(rtt_us) / 1000.0;
            format!("its port is reached from here, {address}, in {ms:.2} ms")
        }
        Some(Answered::Dialed(Dialed::Failed { why }) | Answered::Lost { why }) => {
            format!("its port is not reached from here, {address}: {why}")
        }
        _ => format!("its port is {address}"),
    }))
}

/// What the vm says of it.
fn state(vm: &Vm, entry: &HostEntry) -> Vec<Finding> {
    let name = vm.name();
    let known = match &entry.state {
        HostState::Up => Finding::ok(format!("up in the vm `{name}`, by {}", entry.launcher)),
        HostState::Launching => {
            Finding::warn(format!("being launched in the vm `{name}`"), "wait for that `posse up`")
        }
        HostState::Suspect => Finding::warn(
            format!("silent in the vm `{name}`"),
            "it comes back, or is given up after 9 s; `posse events` says which",
        ),
        HostState::Down { why } => Finding::fail(
            format!("down in the vm `{name}`: {}", why.trim()),
            format!("if all below is well: posse up {}", entry.name),
        ),
    };
    let mut findings = vec![known];
    let (theirs, ours) = (&entry.facts.version, env!("CARGO_PKG_VERSION"));
    if entry.is_up() && theirs != ours {
        let hint = format!("posse remove {0}; posse up {0}", entry.name);
        let text = format!("its daemon is version {theirs}, this is {ours}");
        findings.push(Finding::warn(text, hint));
    }
    findings
}

fn through_vm(vm: &Vm, entry: &HostEntry) -> Result<Vec<Finding>, Error> {
    let start = Instant::now();
    let mut findings = Vec::new();
    for reply in vm.query(&[entry.number], Question::Ping, Duration::from_secs(10))? {
        findings.push(match reply?.answer {
            Answered::Lost { why } => {
                Finding::fail(format!("its daemon does not answer: {why}"), "see `posse events`")
            }
            _ => {
                let ms = start.elapsed().as_secs_f64() * 1000.0;
                Finding::ok(format!("its daemon answers in {ms:.1} ms"))
            }
        });
    }
    let command = posse::Command::argv(["sh", "-c", SCRIPT])
        .hosts(entry.number)
        .directory(posse::Directory::Path("/".into()))
        .title("posse doctor")
        .timeout(WITHIN);
    let (from, mut said) = (now_s(), String::new());
    let mut run = vm.run(&command)?;
    while let Some(event) = run.next_event(None)? {
        match event {
            RunEvent::Output { fd, bytes, .. } if fd == posse::Fd::STDOUT => {
                said.push_str(&String::from_utf8_lossy(&bytes));
            }
            RunEvent::Exit { status, .. } if status.code() != 0 => {
                let why = crate::output::status_text(&status);
                findings.push(Finding::fail(format!("a command there fails: {why}"), ""));
            }
            _ => {}
        }
    }
    findings.extend(parse::judge(&said, (from, now_s())));
    Ok(findings)
}

fn through_ssh(name: &str, user: Option<&str>, port: Option<u16>) -> Vec<Finding> {
    let ssh = |first: &[&str]| {
        let mut command = Command::new("ssh");
        command.args(first);
        if let Some(user) = user {
            command.args(["-l", user]);
        }
        if let Some(port) = port {
            command.args(["-p", &port.to_string()]);
        }
        command.arg(name);
        command
    };
    let mut findings = vec![];
    match ask(&mut ssh(&["-G"]), "", WITHIN) {
        Ok(said) => findings.push(configuration(&said.out, &said.err)),
        Err(error) => {
            let hint = "install the OpenSSH client";
            return vec![Finding::fail(format!("ssh cannot be started: {error}"), hint)];
        }
    }
    let timeout = format!("ConnectTimeout={CONNECT_WITHIN_S}");
    let mut login = ssh(&["-v", "-T", "-o", "BatchMode=yes", "-o", &timeout]);
    let from = now_s();
    match ask(login.args(["sh", "-s"]), SCRIPT, WITHIN) {
        Ok(said) => {
            let inside = parse::has_begun(&said.out);
            findings.extend(stages::judge(name, &said.err, inside, said.timed_out));
            if inside {
                findings.push(Finding::ok("the login shell starts sh"));
                findings.extend(parse::judge(&said.out, (from, now_s())));
            }
        }
        Err(error) => findings.push(Finding::fail(format!("ssh cannot be started: {error}"), "")),
    }
    findings
}

/// What ssh makes of the name, from `ssh -G`.
fn configuration(out: &str, err: &str) -> Finding {
    let of = |key: &str| {
        out.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')).unwrap_or("")
    };
    if of("hostname").is_empty() {
        let why = err.lines().last().unwrap_or("no answer").trim().to_owned();
        return Finding::fail(format!("ssh does not take the name: {why}"), "mend ~/.ssh/config");
    }
    let mut text = format!("ssh goes to {}@{}:{}", of("user"), of("hostname"), of("port"));
    for (key, words) in [("proxyjump", "through"), ("proxycommand", "by")] {
        if !of(key).is_empty() && of(key) != "none" {
            text += &format!(" {words} {}", of(key));
        }
    }
    Finding::ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::report::Level;
    use super::*;

    #[test]
    fn the_configuration_is_read() {
        let out = "host lab\nuser me\nhostname lab.example.org\nport 22\nproxyjump gate\n";
        let finding = configuration(out, "");
        assert_eq!(finding.text, "ssh goes to me@lab.example.org:22 through gate");
        assert_eq!(configuration("", "Bad configuration option: x").level, Level::Fail);
    }
}
