//! `ps`, `pstat`, `id`: the tasks of the vm in PVM's tables.

use super::console::Console;
use crate::error::Error;
use crate::limits::LOAD_WITHIN;
use crate::output::visible;
use crate::tell;
use posse::board::MailEntry;
use posse::pvm::Tid;
use posse::pvm::classes::DUTIES;
use posse::{Answered, CommandId, EnrolledEntry, EnrolledState, HostEntry, HostId, Question, Rank};
use std::collections::BTreeMap;

/// Flags of pvm_tasks(3PVM): another task had it started; it is connected to the daemon. Others are
/// those of duties (`posse::pvm::classes`).
const FORKED: i32 = 2;
const CONNECTED: i32 = 4;

/// What `ps` is to show.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    all: bool,
    long: bool,
    consoles: bool,
    /// By name, or by tid.
    host: Option<String>,
}

impl Wanted {
    fn read(words: &[String]) -> Option<Wanted> {
        let mut wanted = Wanted::default();
        for word in words {
            let flags = word.strip_prefix('-').filter(|flags| !flags.is_empty())?;
            if let Some(host) = flags.strip_prefix(['h', 'n']) {
                wanted.host = Some(host.to_owned());
                continue;
            }
            for flag in flags.chars() {
                match flag {
                    'a' => wanted.all = true,
                    'l' => wanted.long = true,
                    'x' => wanted.consoles = true,
                    _ => return None,
                }
            }
        }
        Some(wanted)
    }
}

pub fn ps(console: &Console, words: &[String]) -> Result<(), Error> {
    let Some(wanted) = Wanted::read(words) else {
        tell::say("ps: unknown flag; there are -a -h -l -n -x");
        return Ok(());
    };
    let hosts = console.vm.refresh_hosts()?;
    let host = match &wanted.host {
        Some(text) => match named(&hosts, text) {
            Some(host) => Some(host),
            None => {
                tell::say("No such host");
                return Ok(());
            }
        },
        None if wanted.all => None,
        None => Some(console.process.id().host()),
    };
    let long = if wanted.long { format!("{:>8} {:>6} ", "PTID", "PID") } else { String::new() };
    tell::say(&format!("{:>24} {:>8} {long}{:>9} COMMAND", "HOST", "TID", "FLAG 0x"));
    let pids = if wanted.long { pids(console, &hosts)? } else { BTreeMap::new() };
    let mail = console.mailbox.list()?;
    for (tid, entry) in console.tasks(host)? {
        if console.is_me(&entry) && !wanted.consoles {
            continue;
        }
        let name = hosts.iter().find(|host| host.number == entry.process.host());
        let name = visible(name.map_or("-", |host| &host.name).as_bytes());
        let long = if wanted.long { long_part(&entry, &pids) } else { String::new() };
        let tid = match console.is_me(&entry) {
            true => "(cons)".to_owned(),
            false => format!("{:x}", tid.0),
        };
        let is_own = |mail: &&MailEntry| mail.owner == Some(entry.process);
        let duties: Vec<&str> = mail.iter().filter(is_own).map(|mail| mail.name.as_str()).collect();
        let (flags, command) = (flags(&entry, &duties), command(&entry));
        tell::say(&format!("{name:>24} {tid:>8} {long}{flags:>9} {command}"));
    }
    Ok(())
}

fn named(hosts: &[HostEntry], text: &str) -> Option<HostId> {
    let by_name = hosts.iter().find(|host| host.name == text);
    let tid = || Tid::read(text).map(Tid::host);
    let by_tid = || hosts.iter().find(|host| Tid::of_host(host.number) == tid());
    by_name.or_else(by_tid).map(|host| host.number)
}

fn long_part(entry: &EnrolledEntry, pids: &BTreeMap<(CommandId, Rank), u32>) -> String {
    let parent = entry.parent.and_then(Tid::of);
    let parent = parent.map_or("-".to_owned(), |tid| format!("{:x}", tid.0));
    let pid = entry.family.and_then(|family| pids.get(&family));
    let pid = pid.map_or("-".to_owned(), u32::to_string);
    format!("{parent:>8} {pid:>6} ")
}

/// `classes` of the mailbox in which it has an entry may say more.
fn flags(entry: &EnrolledEntry, classes: &[&str]) -> String {
    let is_forked = entry.parent.is_some();
    let is_connected = entry.state == EnrolledState::Enrolled;
    let duties = DUTIES.map(|(class, flag, letter)| (classes.contains(&class), flag, letter));
    let all = [(is_connected, CONNECTED, "c"), (is_forked, FORKED, "f")];
    let all: Vec<_> = duties.into_iter().chain(all).collect();
    let set: Vec<_> = all.iter().filter(|(is_set, ..)| *is_set).collect();
    let number: i32 = set.iter().map(|(_, number, _)| number).sum();
    let letters: Vec<&str> = set.iter().map(|(.., letter)| *letter).collect();
    format!("{number:x}/{}", letters.join(","))
}

/// The name of the program; tasks that were started by hand have none, as in PVM.
fn command(entry: &EnrolledEntry) -> String {
    match entry.title.split_whitespace().next() {
        _ if entry.parent.is_none() => "-".to_owned(),
        Some(word) => visible(word.rsplit('/').next().unwrap_or(word).as_bytes()),
        None => "-".to_owned(),
    }
}

/// A host that does not answer in time has none.
fn pids(console: &Console, hosts: &[HostEntry]) -> Result<BTreeMap<(CommandId, Rank), u32>, Error> {
    let up: Vec<HostId> =
        hosts.iter().filter(|host| host.is_up()).map(|host| host.number).collect();
    let mut pids = BTreeMap::new();
    for reply in console.vm.query(&up, Question::Processes, LOAD_WITHIN)? {
        if let Answered::Processes(list) = reply?.answer {
            pids.extend(list.into_iter().map(|one| ((one.command, one.rank), one.pid)));
        }
    }
    Ok(pids)
}

pub fn pstat(console: &Console, words: &[String]) -> Result<(), Error> {
    let tasks = console.tasks(None)?;
    for word in words {
        let Some(tid) = Tid::read(word) else {
            tell::say(&format!("t{:>8x}  Bad parameter", 0));
            continue;
        };
        let is_there = tasks.iter().any(|(known, _)| *known == tid);
        tell::say(&format!("t{:>8x}  {}", tid.0, if is_there { "ok" } else { "No such task" }));
    }
    Ok(())
}

pub fn id(console: &Console) {
    let tid = Tid::of(console.process.id());
    tell::say(&tid.map_or("-".to_owned(), |tid| tid.to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use posse::ProcessId;

    #[test]
    fn flags_may_stand_together() {
        let read = |line: &str| {
            Wanted::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let all = Wanted { all: true, long: true, consoles: true, host: None };
        assert_eq!(read("-a -lx"), Some(all));
        let one = Wanted { host: Some("lab1".to_owned()), ..Wanted::default() };
        assert_eq!((read("-hlab1"), read("-nlab1")), (Some(one), read("-hlab1")));
        assert_eq!((read("-z"), read("a"), read("-")), (None, None, None));
    }

    #[test]
    fn a_task_is_forked_and_connected() {
        let entry = |parent, state| EnrolledEntry {
            process: ProcessId(1),
            parent,
            family: Some((CommandId(1), Rank(0))),
            state,
            title: String::new(),
        };
        let parent = Some(ProcessId(2));
        assert_eq!(flags(&entry(parent, EnrolledState::Enrolled), &[]), "6/c,f");
        assert_eq!(flags(&entry(parent, EnrolledState::Started), &[]), "2/f");
        assert_eq!(flags(&entry(None, EnrolledState::Enrolled), &[]), "4/c");
        let manager = &["other", "###_PVM_RM_###"];
        assert_eq!(flags(&entry(None, EnrolledState::Enrolled), manager), "104/R,c");
    }
}
