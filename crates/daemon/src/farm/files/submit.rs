//! Inputs of a job that is being submitted: what is in them now is what its tasks get. Read on
//! another thread; the front end waits. Called by `desk`.

use super::limits::PATHS_MAX;
use super::manifest::append;
use crate::data::{self, Digest};
use crate::shell::Shell;
use posse_farm::JobId;
use posse_farm::ask::Said;
use posse_farm::files::{Found, elsewhere};
use posse_proto::LinkId;
use posse_wire::{CommandId, HostId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tokio::task::{spawn_blocking, spawn_local};

impl Shell {
    pub(in crate::farm) fn take_inputs(
        self: &Rc<Self>,
        who: (LinkId, CommandId),
        job: JobId,
        paths: Vec<String>,
    ) {
        let shell = self.clone();
        spawn_local(async move {
            let said = match shell.try_inputs(job, paths).await {
                Ok(tasks) => Said::Done { tasks },
                Err(why) => Said::Refused { why },
            };
            shell.say_of_jobs(who, &said);
        });
    }

    /// How many tasks the job has so far.
    async fn try_inputs(self: &Rc<Self>, job: JobId, paths: Vec<String>) -> Result<u32, String> {
        let asked = self.hold(|held, _| {
            let summary = held.holder.summary(job).ok_or_else(|| format!("no job {job}"))?;
            if held.files.count(job) + paths.len() > PATHS_MAX {
                return Err(format!("a job has at most {PATHS_MAX} files"));
            }
            // Asked again after a lost answer, the first answer counts.
            let new = paths.into_iter().filter(|path| !held.files.knows(job, path));
            let new: Vec<(String, PathBuf)> =
                new.map(|path| (path.clone(), held.files.place(&path))).collect();
            Ok((summary.counts.all(), held.files.file(job), new))
        });
        let (tasks, file, new) = asked.unwrap_or_else(|| Err("no jobs are held".to_owned()))?;
        let mut found = Vec::new();
        for (path, place) in new {
            let known = match elsewhere(&path) {
                Some(_) => self.look_elsewhere(&path).await?,
                None => look_at(place).await?,
            };
            found.push((path, known));
        }
        let kept = spawn_blocking(move || append(&file, &found).map(|()| found));
        let kept = kept.await.map_err(io::Error::other).flatten();
        let found = kept.map_err(|error| format!("inputs can not be kept: {error}"))?;
        let names: BTreeMap<String, HostId> =
            self.host_names().into_iter().map(|(number, name)| (name, number)).collect();
        self.hold(|held, _| {
            for (path, found) in found {
                let host = elsewhere(&path).and_then(|(host, _)| names.get(host));
                let content = found.content;
                held.files.put(job, path, found);
                if let Some(host) = host {
                    held.files.is_at(content, *host);
                }
            }
        });
        Ok(tasks)
    }
}

async fn look_at(place: PathBuf) -> Result<Found, String> {
    let named = format!("input {}", place.display());
    let found = spawn_blocking(move || look(&place)).await;
    found.map_err(|error| error.to_string()).flatten().map_err(|why| format!("{named}: {why}"))
}

/// What is in a file now.
pub(super) fn look(place: &Path) -> Result<Found, String> {
    let digest = File::open(place).and_then(|mut file| data::digest(&mut file));
    let Digest { content, modified_ns, probe } = digest.map_err(|error| error.to_string())?;
    Ok(Found { content, modified_ns, probe, fixed: true })
}
