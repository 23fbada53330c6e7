//! `--out DIR/{host}.out`: a file for each process's stdout, and beside it `.err` for stderr.
//!
//! Exact bytes. `{host}` and `{rank}` are filled in; a template with neither is a folder. Both
//! files are made anew when the process first prints or is over, so that nothing of an earlier
//! run is taken for this one's. At most 64 are open at once. Called by the front end of a command.

use super::limits::FILES_OPEN_MAX;
use super::safe_name::safe_name;
use super::{Labels, Outlet, Sink, Status};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub struct Files {
    outlet: Outlet,
    labels: Arc<Labels>,
    template: String,
    /// Who was made in this run; opened again they are appended to.
    made: HashSet<(u32, u16)>,
    open: HashMap<(u32, u16), (u64, File)>,
    /// Which was used when: the first is closed next.
    used: BTreeMap<u64, (u32, u16)>,
    clock: u64,
}

impl Files {
    /// The outlet gets nothing; it is given back at the end.
    pub fn new(labels: Arc<Labels>, outlet: Outlet, template: &str) -> Files {
        let is_file = template.contains("{host}") || template.contains("{rank}");
        let template = match is_file {
            true => template.to_owned(),
            false => format!("{}/{{host}}.out", template.trim_end_matches('/')),
        };
        Files {
            outlet,
            labels,
            template,
            made: HashSet::new(),
            open: HashMap::new(),
            used: BTreeMap::new(),
            clock: 0,
        }
    }

    /// Where the bytes of a descriptor go.
    pub fn path(&self, rank: u32, fd: u16) -> PathBuf {
        let base = self.template.strip_suffix(".out");
        let template = match (fd, base) {
            (1, _) => self.template.clone(),
            (2, _) => format!("{}.err", base.unwrap_or(&self.template)),
            _ => format!("{}.fd{fd}", base.unwrap_or(&self.template)),
        };
        let rank_text = rank.to_string();
        let host = safe_name(self.labels.name(rank));
        template.replace("{rank}", &rank_text).replace("{host}", &host).into()
    }

    fn file(&mut self, key: (u32, u16)) -> io::Result<&mut File> {
        self.clock += 1;
        let file = match self.open.remove(&key) {
            Some((last, file)) => {
                self.used.remove(&last);
                file
            }
            None => self.reopen(key)?,
        };
        self.used.insert(self.clock, key);
        Ok(&mut self.open.entry(key).insert_entry((self.clock, file)).into_mut().1)
    }

    fn reopen(&mut self, key: (u32, u16)) -> io::Result<File> {
        if self.open.len() >= FILES_OPEN_MAX
            && let Some((_, oldest)) = self.used.pop_first()
        {
            self.open.remove(&oldest);
        }
        let path = self.path(key.0, key.1);
        let is_new = !self.made.contains(&key);
        let file = open(&path, is_new).map_err(|error| named(&path, error))?;
        self.made.insert(key);
        Ok(file)
    }
}

fn open(path: &Path, is_new: bool) -> io::Result<File> {
    if !is_new {
        return OpenOptions::new().append(true).open(path);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

fn named(path: &Path, error: io::Error) -> io::Error {
    let path = path.display();
    let what = format!("cannot write {path}: {error}; choose another folder with --out DIR");
    io::Error::new(error.kind(), what)
}

impl Sink for Files {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], _: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.file((rank, fd))?.write_all(bytes);
        written.map_err(|error| named(&self.path(rank, fd), error))
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        for fd in [1, 2] {
            if !self.made.contains(&(rank, fd)) {
                self.file((rank, fd))?;
            }
            if let Some((last, _)) = self.open.remove(&(rank, fd)) {
                self.used.remove(&last);
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Outlet> {
        self.outlet.flush()?;
        Ok(self.outlet)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::{Screen, over, whole};
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A folder of the test's own, removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Folder {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("posse-files-test-{}-{number}", std::process::id());
            Folder(std::env::temp_dir().join(name))
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<String> =
                entries.map(|entry| name(entry).into_string().unwrap()).collect();
            names.sort();
            names
        }

        fn sink(&self, hosts: &[&str], rest: &str) -> Box<Files> {
            let labels = Arc::new(Labels::new(hosts));
            let template = format!("{}{rest}", self.0.display());
            Box::new(Files::new(labels, Screen::new().files(), &template))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn every_process_has_its_files() {
        let folder = Folder::new();
        fs::create_dir(&folder.0).unwrap();
        fs::write(folder.0.join("b.err"), "of an earlier run").unwrap();
        let mut sink = folder.sink(&["a", "b"], "/{host}.out");
        sink.output(0, 1, b"o\xff", false).unwrap();
        whole(&mut *sink, 0, 2, "e");
        whole(&mut *sink, 0, 5, "five");
        whole(&mut *sink, 0, 1, "ut");
        over(&mut *sink, 0);
        over(&mut *sink, 1);
        sink.finish().unwrap();
        assert_eq!(folder.names(), ["a.err", "a.fd5", "a.out", "b.err", "b.out"]);
        assert_eq!(fs::read(folder.0.join("a.out")).unwrap(), b"o\xffut");
        assert_eq!((folder.text("a.err"), folder.text("b.err")), ("e".into(), "".into()));
    }

    #[test]
    fn a_template_may_be_a_folder_or_hold_the_rank() {
        let folder = Folder::new();
        let sink = folder.sink(&["h", "h"], "/");
        assert_eq!(sink.path(1, 1), folder.0.join("h:1.out"));
        let sink = folder.sink(&["h", "h"], "/{rank}-{host}.log");
        assert_eq!(sink.path(1, 1), folder.0.join("1-h:1.log"));
        assert_eq!(sink.path(1, 2), folder.0.join("1-h:1.log.err"));
    }

    #[test]
    fn hosts_do_not_choose_folders() {
        let folder = Folder::new();
        let sink = folder.sink(&["../../x", "{rank}"], "/{host}.out");
        assert_eq!(sink.path(0, 1), folder.0.join("%2E.%2F..%2Fx.out"));
        assert_eq!(sink.path(1, 1), folder.0.join("{rank}.out"));
    }

    #[test]
    fn few_files_are_open_at_once() {
        let folder = Folder::new();
        let names: Vec<String> = (0..200).map(|host| format!("h{host}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut sink = folder.sink(&names, "");
        for text in ["one\n", "two\n"] {
            for rank in 0..200 {
                sink.output(rank, 1, text.as_bytes(), false).unwrap();
                assert!(sink.open.len() <= FILES_OPEN_MAX && sink.open.len() == sink.used.len());
            }
        }
        (0..200).for_each(|rank| over(&mut *sink, rank));
        assert!(sink.open.is_empty() && sink.used.is_empty());
        assert_eq!(folder.names().len(), 400);
        assert_eq!(folder.text("h77.out"), "one\ntwo\n");
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let mut sink = Box::new(Files::new(
            Arc::new(Labels::new(&["a"])),
            Screen::new().files(),
            "/proc/posse/{host}.out",
        ));
        let error = sink.output(0, 1, b"x", true).unwrap_err();
        assert!(error.to_string().starts_with("cannot write /proc/posse/a.out: "), "{error}");
    }
}
