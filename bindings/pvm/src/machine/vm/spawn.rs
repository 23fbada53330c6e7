//! `pvm_spawn`: one detached command of the vm, whose processes are the tasks.
//!
//! Where they run is chosen by `place.rs`, what they inherit is written by `inherit.rs`, their
//! output is heard by `output.rs`. Called by `answers.rs`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use posse::pvm::{Inherited, PLACEMENT, STAGE};
use posse::{
    Command, CommandId, Directory, EnrolledState, HostEntry, HostId, Placement, ProcessId, Rank,
    StagedProgram,
};

use super::duty::OnDuty;
use super::{VmMachine, lock, place};
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::machine::Spawn;
use crate::machine::flags::SPAWN_NO_PARENT;

/// A task that its host has not heard of by then is not started.
const STARTED_WITHIN: Duration = Duration::from_secs(10);

/// Between two questions whether all are there, of which the first mostly is the last.
const AGAIN_AFTER: Duration = Duration::from_millis(5);

/// Where the vm's own `PATH` of a spawn comes from, and what a program finds its libraries by:
/// these go along with every spawn.
const LIBRARIES: &str = "LD_LIBRARY_PATH";

type Family = Vec<(Rank, ProcessId, EnrolledState)>;

impl VmMachine {
    pub(super) fn start(&self, spawn: &Spawn) -> Result<Vec<Result<Tid>>> {
        let (place, directory) = place::parts(&spawn.place);
        let hosts = self.working_hosts()?;
        let hosts = match place::allowed(&hosts, self.here(), spawn.flags, place) {
            Ok(hosts) => hosts,
            Err(error) => return Ok(vec![Err(error); spawn.count]),
        };
        let chosen = self.chosen(&hosts, spawn.count)?;
        let command = Command::argv(words(spawn)?)
            .directory(directory)
            .envs(environment(spawn)?)
            .title(&spawn.program)
            .parent(self.process.id());
        let taskers = self.taskers(&chosen)?;
        if taskers.iter().all(Option::is_none) {
            return self.start_at(command, &chosen, spawn);
        }
        let own = |(host, tasker): (&HostId, &Option<OnDuty>)| tasker.is_none().then_some(*host);
        let own: Vec<HostId> = chosen.iter().zip(&taskers).filter_map(own).collect();
        let started = if own.is_empty() { vec![] } else { self.start_at(command, &own, spawn)? };
        let mut started = started.into_iter();
        let each = chosen.iter().zip(&taskers).map(|(host, tasker)| match tasker {
            Some(tasker) => self.start_by(tasker, *host, spawn),
            None => started.next().unwrap_or(Err(PvmError::HostFail)),
        });
        Ok(each.collect())
    }

    /// A host for each of the tasks: by load and speed, or each in turn as PVM does it.
    fn chosen(&self, hosts: &[HostEntry], count: usize) -> Result<Vec<HostId>> {
        let in_turn = {
            let mut turn = lock(&self.turn);
            let (chosen, next) = place::in_turn(hosts, *turn, count);
            *turn = next;
            chosen
        };
        let variable = std::env::var(PLACEMENT).ok();
        match posse::pvm::placement(variable.as_deref()) {
            Placement::RoundRobin => Ok(in_turn),
            how @ Placement::ByLoad => {
                let hosts = place::from(hosts, in_turn.first());
                let count = u32::try_from(count).map_err(|_| PvmError::BadParam)?;
                self.ask(|vm| vm.place(count, &hosts, how))
            }
        }
    }

    /// One task on each of these hosts; where one has no such program and it may be sent
    /// (`POSSE_STAGE`), it is.
    fn start_at(
        &self,
        command: Command,
        chosen: &[HostId],
        spawn: &Spawn,
    ) -> Result<Vec<Result<Tid>>> {
        let mut started = self.start_there(command.clone(), chosen, spawn)?;
        let is_missing =
            |(at, tried): (usize, &Result<Tid>)| (*tried == Err(PvmError::NoFile)).then_some(at);
        let missing: Vec<usize> = started.iter().enumerate().filter_map(is_missing).collect();
        let may = std::env::var_os(STAGE).is_some_and(|value| !value.is_empty());
        if missing.is_empty() || !may {
            return Ok(started);
        }
        let found = StagedProgram::find(&spawn.program, &search_path());
        let Some(program) = found.ok().flatten() else { return Ok(started) };
        let hosts: Vec<HostId> = missing.iter().map(|at| chosen[*at]).collect();
        // Its own directory may be missing there.
        let like = command.clone().directory(Directory::Home);
        let not = self.act(|vm| vm.stage(&program, &spawn.program, &hosts, &like))?;
        let was_sent = |at: &usize| !not.iter().any(|not| not.host == chosen[*at]);
        let sent: Vec<usize> = missing.into_iter().filter(was_sent).collect();
        let hosts: Vec<HostId> = sent.iter().map(|at| chosen[*at]).collect();
        if !hosts.is_empty() {
            let again = self.start_there(command.staged(&program), &hosts, spawn)?;
            for (at, result) in sent.into_iter().zip(again) {
                started[at] = result;
            }
        }
        Ok(started)
    }

    /// One task on each of these hosts, at home where the directory is not there.
    fn start_there(
        &self,
        command: Command,
        chosen: &[HostId],
        spawn: &Spawn,
    ) -> Result<Vec<Result<Tid>>> {
        let tried = self.start_on(command.clone(), chosen, spawn)?;
        let at_home: Vec<HostId> = chosen
            .iter()
            .zip(&tried)
            .filter(|(_, t)| t.no_directory)
            .map(|(host, _)| *host)
            .collect();
        if at_home.is_empty() {
            return Ok(tried.into_iter().map(|tried| tried.result).collect());
        }
        let command = command.directory(Directory::Home);
        let mut again = self.start_on(command, &at_home, spawn)?.into_iter();
        let settled = |tried: Tried| match tried.no_directory {
            true => again.next().map_or(tried.result, |again| again.result),
            false => tried.result,
        };
        Ok(tried.into_iter().map(settled).collect())
    }

    /// One command; a try for each of the hosts.
    fn start_on(&self, command: Command, hosts: &[HostId], spawn: &Spawn) -> Result<Vec<Tried>> {
        let command = command.hosts(hosts.to_vec());
        let entry = self.act(|vm| vm.run_detached(&command))?;
        let family = self.whole_family(entry.id, hosts, hosts.len())?;
        let tried = self.tried(&family, hosts.len());
        if spawn.output.0 != 0 {
            let tasks: Vec<Option<Tid>> = tried.iter().map(|tried| tried.result.ok()).collect();
            self.hear(entry.id, tasks, spawn.output);
        }
        Ok(tried)
    }

    /// The processes of a command, once all of them are known or can not be.
    pub(super) fn whole_family(
        &self,
        command: CommandId,
        hosts: &[HostId],
        size: usize,
    ) -> Result<Family> {
        let deadline = Instant::now() + STARTED_WITHIN;
        loop {
            let family = self.family(command, hosts)?;
            if family.len() >= size || Instant::now() >= deadline {
                let is_open = family.iter().any(|(.., state)| *state == EnrolledState::Started);
                // A host's first answer may come before it has tried to start the last one.
                return if is_open { self.family(command, hosts) } else { Ok(family) };
            }
            thread::sleep(AGAIN_AFTER);
        }
    }

    fn tried(&self, family: &Family, count: usize) -> Vec<Tried> {
        let lost = Tried { result: Err(PvmError::HostFail), no_directory: false };
        let mut all = vec![lost; count];
        for (rank, process, state) in family {
            let Some(tried) = all.get_mut(rank.0 as usize) else { continue };
            let tid = || self.messages().lives.learn(*process).ok_or(PvmError::OutOfRes);
            let why = why_not(state);
            tried.no_directory = why.is_some_and(|why| why.contains(NO_DIRECTORY));
            tried.result = why.map(not_started).map_or_else(tid, Err);
        }
        all
    }
}

/// What became of one task. One whose working directory is not there is started at home
/// instead, as in PVM.
#[derive(Copy, Clone)]
struct Tried {
    result: Result<Tid>,
    no_directory: bool,
}

/// How the vm says of a process that it never ran (`EnrolledState::Over`), and why.
const NOT_STARTED: &str = "it could not be started";
const NO_DIRECTORY: &str = "no directory";

pub fn was_started(state: &EnrolledState) -> bool {
    why_not(state).is_none()
}

fn why_not(state: &EnrolledState) -> Option<&str> {
    let EnrolledState::Over { why } = state else { return None };
    why.strip_prefix(NOT_STARTED)
}

fn not_started(why: &str) -> PvmError {
    let is_no_file = ["not found", "permission denied"].iter().any(|words| why.contains(words));
    if is_no_file { PvmError::NoFile } else { PvmError::OutOfRes }
}

fn words(spawn: &Spawn) -> Result<Vec<String>> {
    let args = spawn.args.iter().map(|arg| text(arg));
    std::iter::once(Ok(spawn.program.clone())).chain(args).collect()
}

/// The wire carries text, so what is not UTF-8 is refused.
fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| PvmError::BadParam)
}

/// What the vm adds comes first, so that what the program exports wins; what children inherit as
/// tasks comes last.
pub fn environment(spawn: &Spawn) -> Result<Vec<(String, String)>> {
    let mut all = vec![("PATH".to_owned(), search_path())];
    let kept = [LIBRARIES, "PVM_ROOT", "PVM_ARCH", "PVM_PATH", PLACEMENT, STAGE];
    let value = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
    all.extend(kept.iter().filter_map(|name| value(name)));
    for (name, value) in &spawn.environment {
        all.push((text(name)?, text(value)?));
    }
    let no_parent = spawn.flags & SPAWN_NO_PARENT != 0;
    let (context, output, trace) = (spawn.context, spawn.output, spawn.trace);
    let inherited = Inherited { context, output, trace, no_parent };
    all.push((Inherited::VARIABLE.to_owned(), inherited.text()));
    Ok(all)
}

/// Where programs are looked for: PVM's directories (`PVM_PATH`, or as `ep=` is by default), that
/// of this program, this task's own path.
pub fn search_path() -> String {
    let variable = std::env::var_os;
    let arch = variable("PVM_ARCH").unwrap_or_else(|| "LINUX64".into());
    let below = |root: Option<OsString>, folder: &str| {
        root.map(|root| PathBuf::from(root).join(folder).join(&arch))
    };
    let mut all: Vec<PathBuf> = Vec::new();
    match variable("PVM_PATH") {
        Some(path) => all.extend(std::env::split_paths(&path)),
        None => {
            all.extend(below(variable("HOME"), "pvm3/bin"));
            all.extend(below(variable("PVM_ROOT"), "bin"));
        }
    }
    let own = std::env::current_exe().ok();
    all.extend(own.and_then(|program| Some(program.parent()?.to_owned())));
    all.extend(std::env::split_paths(&variable("PATH").unwrap_or_default()));
    let mut seen = std::collections::HashSet::new();
    all.retain(|folder| seen.insert(folder.clone()));
    let joined = std::env::join_paths(all).unwrap_or_default();
    joined.into_string().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ran_has_a_code_of_its_own() {
        let over = |why: &str| {
            let state = EnrolledState::Over { why: why.to_owned() };
            why_not(&state).map(not_started)
        };
        let not_found = "it could not be started: nosuch: command not found";
        assert_eq!(over(not_found), Some(PvmError::NoFile));
        assert_eq!(over("it could not be started: no memory"), Some(PvmError::OutOfRes));
        assert_eq!(over("it exited with 1"), None);
        assert!(was_started(&EnrolledState::Started));
    }
}
