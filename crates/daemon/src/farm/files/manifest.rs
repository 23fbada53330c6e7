//! What a holder knows of the files of its jobs: what was in each input when it was submitted, and
//! in each output when it was placed. On disk as `farm/JOB.files`, a record a file, beside what
//! tasks printed. Nothing of the holder's machine is given to hosts but what stands here.

use crate::shell::Shell;
use posse_farm::files::{Found, elsewhere, own_inputs};
use posse_farm::limits::BATCH_TASKS_MAX;
use posse_farm::{Batch, JobId, NOWHERE};
use posse_wire::{Content, HostId, decode_value, encode_value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const SUFFIX: &str = "files";

/// A length before each record.
const HEAD_BYTES: usize = 4;

type Named = (String, Found);

pub(in crate::farm) struct Manifest {
    directory: PathBuf,
    home: PathBuf,
    jobs: BTreeMap<JobId, BTreeMap<String, Found>>,
    by_content: BTreeMap<Content, BTreeSet<(JobId, String)>>,
    /// Hosts that have needed a content, and so have it in their stores, unless it went.
    at: BTreeMap<Content, BTreeSet<HostId>>,
}

impl Manifest {
    /// With what earlier lives knew.
    pub fn open(directory: PathBuf, home: PathBuf) -> Manifest {
        let (jobs, by_content, at) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut manifest = Manifest { directory, home, jobs, by_content, at };
        for entry in fs::read_dir(&manifest.directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_ours = path.extension().is_some_and(|suffix| suffix == SUFFIX);
            let name = path.file_stem().and_then(|name| name.to_str());
            let Some(job) = name.filter(|_| is_ours).and_then(|name| name.parse().ok()) else {
                continue;
            };
            for (path, found) in read(&path).unwrap_or_default() {
                manifest.put(JobId(job), path, found);
            }
        }
        manifest
    }

    /// The file that [`append`] is to write to.
    pub fn file(&self, job: JobId) -> PathBuf {
        self.directory.join(format!("{job}.{SUFFIX}"))
    }

    /// A path of a job at this machine.
    pub fn place(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    pub fn knows(&self, job: JobId, path: &str) -> bool {
        self.jobs.get(&job).is_some_and(|paths| paths.contains_key(path))
    }

    pub fn count(&self, job: JobId) -> usize {
        self.jobs.get(&job).map_or(0, BTreeMap::len)
    }

    pub fn put(&mut self, job: JobId, path: String, found: Found) {
        let content = found.content;
        let before = self.jobs.entry(job).or_default().insert(path.clone(), found);
        if let Some(before) = before {
            self.forget(before.content, job, &path);
        }
        self.by_content.entry(content).or_default().insert((job, path));
    }

    fn forget(&mut self, content: Content, job: JobId, path: &str) {
        let Some(places) = self.by_content.get_mut(&content) else { return };
        places.remove(&(job, path.to_owned()));
        if places.is_empty() {
            self.by_content.remove(&content);
            self.at.remove(&content);
        }
    }

    /// A host needs this content, or has made it.
    pub fn is_at(&mut self, content: Content, host: HostId) {
        if self.by_content.contains_key(&content) {
            self.at.entry(content).or_default().insert(host);
        }
    }

    pub fn host_lost(&mut self, host: HostId) {
        self.at.retain(|_, hosts| {
            hosts.remove(&host);
            !hosts.is_empty()
        });
    }

    /// For each task of a batch the host that has most bytes of its inputs; those that all its
    /// tasks have come to all hosts anyway. Empty where nothing is known.
    pub fn nearest(&self, job: JobId, first: u32, batch: &Batch) -> Vec<HostId> {
        let known = self.jobs.get(&job).filter(|_| !self.at.is_empty());
        let differ = batch.template.inputs.iter().any(|input| input.from.has_places());
        let (Some(known), true) = (known, differ && batch.tasks <= BATCH_TASKS_MAX) else {
            return Vec::new();
        };
        let nearest = |index| {
            let mut bytes: BTreeMap<HostId, u64> = BTreeMap::new();
            for path in own_inputs(batch, first, index) {
                let Some(content) = known.get(&path).map(|found| found.content) else { continue };
                for host in self.at.get(&content).into_iter().flatten() {
                    *bytes.entry(*host).or_default() += content.size;
                }
            }
            bytes.into_iter().max_by_key(|(_, bytes)| *bytes).map_or(NOWHERE, |(host, _)| host)
        };
        let all: Vec<HostId> = (0..batch.tasks).map(nearest).collect();
        if all.iter().all(|host| *host == NOWHERE) { Vec::new() } else { all }
    }

    pub fn find(&self, job: JobId, path: &str) -> Result<Found, String> {
        let found = self.jobs.get(&job).and_then(|paths| paths.get(path));
        found.cloned().ok_or_else(|| format!("input {path}: no task of the job has made it"))
    }

    /// Where this content was, and when that file was last changed.
    pub fn places(&self, content: &Content) -> Vec<(PathBuf, u64)> {
        let places = self.by_content.get(content).into_iter().flatten();
        let place = |(job, path): &(JobId, String)| {
            if elsewhere(path).is_some() {
                return None;
            }
            let found = self.jobs.get(job)?.get(path)?;
            Some((self.home.join(path), found.modified_ns))
        };
        places.filter_map(place).collect()
    }

    /// At which hosts this content was: their names, the path there, and when it was last changed.
    pub fn elsewhere(&self, content: &Content) -> Vec<(String, String, u64)> {
        let places = self.by_content.get(content).into_iter().flatten();
        let place = |(job, path): &(JobId, String)| {
            let (host, there) = elsewhere(path)?;
            let found = self.jobs.get(job)?.get(path)?;
            Some((host.to_owned(), there.to_owned(), found.modified_ns))
        };
        places.filter_map(place).collect()
    }

    pub fn remove(&mut self, job: JobId) {
        for (path, found) in self.jobs.remove(&job).unwrap_or_default() {
            self.forget(found.content, job, &path);
        }
        let _it_may_have_no_files = fs::remove_file(self.file(job));
    }
}

impl Shell {
    pub(crate) fn holds_jobs(&self) -> bool {
        self.farm.held.borrow().is_some()
    }

    /// Files of this machine that have this content, as far as jobs that are held here name them;
    /// and when each was last changed.
    pub(crate) fn held_files(&self, content: &Content) -> Vec<(PathBuf, u64)> {
        let held = self.farm.held.borrow();
        held.as_ref().map_or_else(Vec::new, |held| held.files.places(content))
    }
}

/// On disk when this returns.
pub(super) fn append(file: &Path, files: &[Named]) -> io::Result<()> {
    let mut bytes = Vec::new();
    for named in files {
        let body = encode_value(named);
        bytes.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&body);
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    let length = file.metadata()?.len();
    let written = file.write_all(&bytes).and_then(|()| file.sync_data());
    if written.is_err() {
        let _cut_again_when_it_is_read = file.set_len(length);
    }
    written
}

/// The records that are whole; a crash may have cut the last one, and what follows it is cut off.
fn read(path: &Path) -> io::Result<Vec<Named>> {
    let bytes = fs::read(path)?;
    let (mut at, mut files) = (0, Vec::new());
    while let Some(head) = bytes.get(at..).and_then(|rest| rest.first_chunk::<HEAD_BYTES>()) {
        let length = u32::from_le_bytes(*head) as usize;
        let body = bytes.get(at + HEAD_BYTES..).and_then(|rest| rest.get(..length));
        let Some(Ok(named)) = body.map(decode_value::<Named>) else { break };
        files.push(named);
        at += HEAD_BYTES + length;
    }
    if at < bytes.len() {
        File::options().write(true).open(path)?.set_len(at as u64)?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use posse_farm::{Column, Needs, Program, Template, Text, Transfer};

    #[test]
    fn files_of_a_job_are_known_again_up_to_a_torn_record() {
        let root = std::env::temp_dir().join(format!("posse-manifest-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let found = |hash| Found {
            content: Content { hash: [hash; 32], size: 5, executable: false },
            modified_ns: u64::from(hash),
            probe: [0; 32],
            fixed: true,
        };
        let job = JobId(3);
        let file = Manifest::open(root.clone(), "/h".into()).file(job);
        let both = [("a".to_owned(), found(1)), ("/x/b".to_owned(), found(1))];
        append(&file, &both).unwrap();
        append(&file, &[("a".to_owned(), found(2))]).unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, [&whole[..], &[9, 0, 0, 0, 1]].concat()).unwrap();
        let mut again = Manifest::open(root.clone(), "/h".into());
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert_eq!(again.find(job, "a"), Ok(found(2)));
        let tasks = |names: &[&str]| {
            let program = Program::Shell(Text::plain("true"));
            let mut template = Template::of(vec!["file".into()], program);
            template.inputs = vec![Transfer { from: Text::value(0), to: Text::value(0) }];
            let files = Column::each(names.iter().copied());
            Batch::of(template, 3, vec![files], Needs::default())
        };
        assert_eq!(again.nearest(job, 0, &tasks(&["a", "/x/b", "c"])), []);
        again.is_at(found(2).content, HostId(7));
        again.is_at(found(9).content, HostId(8));
        let near = again.nearest(job, 0, &tasks(&["a", "/x/b", "c"]));
        assert_eq!(near, [HostId(7), NOWHERE, NOWHERE]);
        again.host_lost(HostId(7));
        assert_eq!(again.nearest(job, 0, &tasks(&["a", "/x/b", "c"])), []);
        assert!(again.find(job, "c").unwrap_err().contains("input c"));
        assert_eq!(again.places(&found(1).content), [(PathBuf::from("/x/b"), 1)]);
        assert_eq!(again.places(&found(2).content), [(PathBuf::from("/h/a"), 2)]);
        again.remove(job);
        assert!(again.places(&found(1).content).is_empty() && !file.exists());
        fs::remove_dir_all(root).unwrap();
    }
}
