//! This side: versions, the run-time directory, the vms and what dead ones left, ssh, and the same
//! look at this computer as at a host. Called by `posse doctor`.

use super::ask::ask;
use super::report::{Finding, Report};
use super::{SCRIPT, parse};
use posse::Vm;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const WITHIN: Duration = Duration::from_secs(20);

/// All of it; `brief` leaves out the look at this computer, where a host is what counts.
pub fn here(report: &mut Report, brief: bool) {
    report.head("this computer");
    report.add(&Finding::ok(format!("posse {}", env!("CARGO_PKG_VERSION"))));
    vms(report);
    report.add(&ssh());
    if !brief {
        inside().iter().for_each(|finding| report.add(finding));
    }
}

fn vms(report: &mut Report) {
    let names = match posse::existing_vms() {
        Ok(names) => names,
        Err(error) => {
            let hint = "or set POSSE_RUNTIME_DIR to a private directory of your own";
            return report.add(&Finding::fail(format!("run-time directory: {error}"), hint));
        }
    };
    report.add(&Finding::ok(format!("the run-time directory is private; {} vms", names.len())));
    let kept = posse::kept_vms();
    let names: BTreeSet<&String> = names.iter().chain(&kept).collect();
    names.into_iter().for_each(|name| report.add(&vm(name, kept.contains(name))));
}

fn vm(name: &str, is_kept: bool) -> Finding {
    let socket = posse::find_vm_directory(name).ok().flatten().map(|found| found.socket());
    let stale = socket.filter(|socket| socket.symlink_metadata().is_ok());
    match Vm::connect(name) {
        Ok(vm) => {
            let hosts = vm.hosts();
            let up = hosts.iter().filter(|host| host.is_up()).count();
            let text = format!("vm {name}: {up} of {} hosts up", hosts.len());
            if up == hosts.len() {
                return Finding::ok(text);
            }
            Finding::warn(text, "`posse hosts` says why, `posse up HOST` brings one back")
        }
        Err(posse::Error::NoVm { .. }) => match stale {
            Some(path) => Finding::warn(
                format!("vm {name}: its daemon died and left {}", path.display()),
                format!("`posse --vm {name} up` replaces it"),
            ),
            None if is_kept => Finding::warn(
                format!("vm {name}: has no daemon, as after a reboot; it is kept on disk"),
                format!("`posse --vm {name} hosts` takes it up, `posse --vm {name} down` ends it"),
            ),
            None => Finding::ok(format!("vm {name}: is down")),
        },
        Err(error) => Finding::fail(
            format!("vm {name}: {error}"),
            format!("look into the daemon's log, then `posse --vm {name} down`"),
        ),
    }
}

fn ssh() -> Finding {
    match ask(Command::new("ssh").arg("-V"), "", WITHIN) {
        Ok(said) => {
            let agent = match std::env::var_os("SSH_AUTH_SOCK") {
                Some(_) => "with an agent",
                None => "no agent (SSH_AUTH_SOCK is not set)",
            };
            Finding::ok(format!("{}, {agent}", said.err.trim()))
        }
        Err(error) => Finding::fail(
            format!("ssh cannot be started: {error}"),
            "install the OpenSSH client; local[1-4] work without",
        ),
    }
}

/// The look that hosts get, at this computer.
pub fn inside() -> Vec<Finding> {
    let start = now_s();
    match ask(&mut Command::new("sh"), SCRIPT, WITHIN) {
        Ok(said) => parse::judge(&said.out, (start, now_s())),
        Err(error) => vec![Finding::fail(format!("sh cannot be started: {error}"), "")],
    }
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
