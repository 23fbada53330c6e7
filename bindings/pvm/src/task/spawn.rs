//! Starting and ending tasks and hosts, and being told of their end.
//!
//! Arguments are judged here, the work is the machine's. Called by `abi/spawn.rs`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::Task;
use crate::Tid;
use crate::code::{PvmError, Result};
use crate::export;
use crate::machine::flags::SPAWN_ALL;
use crate::machine::{About, Notice, Role, Spawn};
use crate::options::Opt;

/// How many came to be, and a result for each: first the tids, then the errors, as PVM has them.
pub type Counted<T> = (i32, Vec<Result<T>>);

impl Task {
    /// `pvm_spawn`: `count` tasks of a program.
    pub fn spawn(
        &self,
        program: &str,
        args: Vec<Vec<u8>>,
        flags: i32,
        place: &str,
        count: i32,
    ) -> Result<Counted<Tid>> {
        let count = usize::try_from(count).map_err(|_| PvmError::BadParam)?;
        if count == 0 || flags & !SPAWN_ALL != 0 {
            return Err(PvmError::BadParam);
        }
        if program.is_empty() {
            return Ok((0, vec![Err(PvmError::NoFile); count]));
        }
        let machine = self.machine()?;
        let (program, place) = (program.to_owned(), place.to_owned());
        let environment = exported();
        let spawn = {
            let state = self.state();
            let three = |opts: [Opt; 3]| {
                let [tid, code, context] = opts.map(|opt| state.options.get(opt));
                (tid, code, context)
            };
            let output = three([Opt::OutputTid, Opt::OutputCode, Opt::OutputContext]);
            let trace = three([Opt::TraceTid, Opt::TraceCode, Opt::TraceContext]);
            let context = state.context;
            Spawn { program, args, flags, place, count, environment, context, output, trace }
        };
        let mut results = machine.spawn(&spawn)?;
        // Stable: among those that started, the order is that of the spawn.
        results.sort_by_key(Result::is_err);
        self.expect_output(results.iter().flatten().copied());
        Ok((started(&results), results))
    }

    /// `pvm_sendsig`; `pvm_kill` is this with SIGTERM.
    pub fn signal(&self, to: Tid, signal: i32) -> Result<i32> {
        if !to.is_task() || signal < 0 {
            return Err(PvmError::BadParam);
        }
        self.machine()?.signal(to, signal)?;
        Ok(0)
    }

    /// `pvm_addhosts`.
    pub fn add_hosts(&self, lines: &[String]) -> Result<Counted<Tid>> {
        let results = self.machine()?.add_hosts(lines)?;
        Ok((started(&results), results))
    }

    /// `pvm_delhosts`.
    pub fn delete_hosts(&self, names: &[String]) -> Result<Counted<()>> {
        let results = self.machine()?.delete_hosts(names)?;
        Ok((started(&results), results))
    }

    /// `pvm_halt`.
    pub fn halt(&self) -> Result<i32> {
        self.machine()?.halt()?;
        Ok(0)
    }

    /// `pvm_reg_hoster` and its like.
    pub fn register(&self, role: Role) -> Result<i32> {
        self.machine()?.register(role)?;
        Ok(0)
    }

    /// `pvm_notify`. A route is there from the first message to a task that was sent while
    /// `PvmRouteDirect` was set, until that task is over.
    pub fn notify(&self, kind: i32, tag: i32, count: i32, tids: &[Tid]) -> Result<i32> {
        const CANCEL: i32 = 256;
        let known = |tid: &Tid| tid.host_id().is_some();
        if tag < 0 || !tids.iter().all(known) {
            return Err(PvmError::BadParam);
        }
        let about = match kind & !CANCEL {
            1 | 2 | 5 if tids.is_empty() => return Err(PvmError::BadParam),
            1 if tids.iter().all(|tid| tid.is_task()) => About::TaskExit(tids.to_vec()),
            2 => About::HostDelete(tids.iter().map(|tid| tid.host()).collect()),
            3 if count >= -1 => About::HostAdd(count),
            4 if count >= -1 => About::RouteAdd(count),
            5 if tids.iter().all(|tid| tid.is_task()) => About::RouteDelete(tids.to_vec()),
            _ => return Err(PvmError::BadParam),
        };
        let (context, cancel) = (self.context(), kind & CANCEL != 0);
        self.machine()?.notify(&Notice { about, context, tag, cancel })?;
        Ok(0)
    }
}

fn started<T>(results: &[Result<T>]) -> i32 {
    results.iter().flatten().count() as i32
}

/// The variables that children inherit, with the one that names them.
fn exported() -> Vec<(Vec<u8>, Vec<u8>)> {
    let Some(names) = std::env::var_os(export::VARIABLE) else { return vec![] };
    let value = |name: &[u8]| std::env::var_os(OsStr::from_bytes(name)).map(OsString::into_vec);
    let mut found = vec![(export::VARIABLE.as_bytes().to_vec(), names.as_bytes().to_vec())];
    for name in export::names(names.as_bytes()) {
        found.extend(value(name).map(|value| (name.to_vec(), value)));
    }
    found
}
