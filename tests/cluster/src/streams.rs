//! Numbered lines from several hosts, for as long as a test wants: a `posse e`, and a `posse mw`
//! in which everybody reads everybody. At the end it is told whose lines came, each once and in
//! order, up to the last. Not the faults that happen meanwhile. Called by tests of faults.

use crate::{Vm, Watched, as_promised};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Says numbered lines, some 200 a second, until the file is there; then how many they were.
const LINES: &str = "i=0; while [ ! -e STOP ]; do j=$((i+20)); \
    while [ $i -lt $j ]; do echo \"$POSSE_HOST $i\"; i=$((i+1)); done; sleep 0.1; done; \
    echo \"$POSSE_HOST end $i\"";

/// What is on its way is there after this on a computer that has nothing else to do.
const FLOWS_WITHIN: Duration = Duration::from_secs(2);

pub struct Streams {
    e: Watched,
    mw: Watched,
    directory: PathBuf,
}

impl Streams {
    /// Starts both, on these hosts each; all see `directory`.
    #[must_use]
    pub fn start(vm: &Vm, directory: &Path, e: &str, mw: &str) -> Streams {
        Streams::typed(|args| vm.command(args), directory, (e, mw))
    }

    /// The same of commands that are typed where `command` has them typed.
    #[must_use]
    pub fn typed(
        command: impl Fn(&[&str]) -> Command,
        directory: &Path,
        (e, mw): (&str, &str),
    ) -> Streams {
        let directory = directory.join("streams");
        let (of_e, of_mw) = (directory.join("e"), directory.join("mw"));
        std::fs::create_dir_all(&of_e).unwrap();
        std::fs::create_dir_all(&of_mw).unwrap();
        let lines = numbered_lines(&directory.join("stop"));
        let heard = of_mw.join("heard").display().to_string();
        let both = format!("{{ {lines}; }} <&- & exec >&-; cat >{heard}.$POSSE_HOST; wait");
        Streams {
            e: Watched::of(command(&["e", "-L", "-H", e, &lines]), &of_e),
            mw: Watched::of(command(&["mw", "-H", mw, &both]), &of_mw),
            directory,
        }
    }

    /// How many lines of this host have come to the `e`.
    #[must_use]
    pub fn from(&self, host: &str) -> usize {
        let ours = format!("{host} ");
        self.e.text().lines().filter(|line| line.starts_with(&ours)).count()
    }

    /// And how many of it this host has read in the `mw`.
    #[must_use]
    pub fn heard(&self, reader: &str, host: &str) -> usize {
        let ours = format!("{host} ");
        self.read(reader).lines().filter(|line| line.starts_with(&ours)).count()
    }

    fn read(&self, reader: &str) -> String {
        let file = self.directory.join(format!("mw/heard.{reader}"));
        std::fs::read_to_string(file).unwrap_or_default()
    }

    /// Panics unless new lines of this host come at once.
    #[track_caller]
    pub fn flow(&self, host: &str) {
        let before = self.from(host);
        let more = || self.from(host) > before + 20;
        as_promised(FLOWS_WITHIN, more, || format!("nothing new of {host} after {before} lines"));
    }

    /// The same, in the `mw`, at this reader.
    #[track_caller]
    pub fn flow_to(&self, reader: &str, host: &str) {
        let before = self.heard(reader, host);
        let more = || self.heard(reader, host) > before + 20;
        as_promised(FLOWS_WITHIN, more, || format!("{reader} reads no more of {host}"));
    }

    /// Lets all come to their end. Says how it was.
    #[track_caller]
    pub fn stop(mut self) -> Ended {
        std::fs::write(self.directory.join("stop"), "").unwrap();
        let ((e_code, e_said, _), (mw_code, mw_said, _)) = (self.e.end(), self.mw.end());
        let of_e = whole(&self.e.text());
        let mut of_mw = BTreeMap::new();
        for entry in std::fs::read_dir(self.directory.join("mw")).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(reader) = name.strip_prefix("heard.") {
                of_mw.insert(reader.to_owned(), whole(&self.read(reader)));
            }
        }
        Ended { e: (e_code, e_said), mw: (mw_code, mw_said), of_e, of_mw }
    }
}

/// How both ended: exit status and stderr.
#[derive(Debug)]
pub struct Ended {
    pub e: (i32, String),
    pub mw: (i32, String),
    /// Hosts whose lines came to the `e` up to their last one.
    pub of_e: Vec<String>,
    /// The same for each reader of the `mw`.
    pub of_mw: BTreeMap<String, Vec<String>>,
}

impl Ended {
    /// Panics unless nobody has noticed anything.
    #[track_caller]
    pub fn all_well(&self, e: &[&str], mw: &[&str]) {
        assert_eq!((self.e.0, self.mw.0), (0, 0), "{self:?}");
        assert_eq!(self.of_e, e, "{self:?}");
        self.all_read(mw);
    }

    /// Panics unless each of these has read all lines of each of these.
    #[track_caller]
    pub fn all_read(&self, mw: &[&str]) {
        for reader in mw {
            let read = self.of_mw.get(*reader).map_or(&[][..], Vec::as_slice);
            let all = mw.iter().all(|host| read.iter().any(|whole| whole == host));
            assert!(all, "{reader} has not read all: {self:?}");
        }
    }
}

/// Numbered lines of a host, as shell, until the file is there.
#[must_use]
pub fn numbered_lines(stop: &Path) -> String {
    LINES.replace("STOP", &stop.display().to_string())
}

/// The hosts whose lines are there up to the last. Panics where one is missing before another,
/// comes twice, or is not as it was sent.
#[track_caller]
#[must_use]
pub fn whole(text: &str) -> Vec<String> {
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let mut whole = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [host, rest @ ..] = words.as_slice() else { panic!("an empty line") };
        let count = next.entry(host).or_default();
        match rest {
            ["end", total] => {
                assert_eq!(total.parse(), Ok(*count), "{host} has sent more");
                whole.push((*host).to_owned());
            }
            [number] => {
                assert_eq!(number.parse(), Ok(*count), "{host}: a line is missing or too many");
                *count += 1;
            }
            _ => panic!("no line of ours: {line:?}"),
        }
    }
    whole.sort();
    whole
}
