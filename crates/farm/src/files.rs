//! Files that tasks need and make: what a host and the holder say to each other about them, how
//! they are called, and which names are taken. Carried and done by the daemon.
//!
//! An input lies at the holder's machine, in the task's directory there, under `from`, and is in
//! the task's scratch directory at its host under `to`. An output goes the other way.

use crate::{Batch, Fill, JobId, Lease, Text, limits};
use posse_wire::{Content, raw};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Component, Path};
use thiserror::Error;

/// From a host to a holder.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum ToHolder {
    /// What is in this input?
    Find { job: JobId, path: String },
    /// The task ended well; these are its outputs, in the order in which it declares them. Said
    /// again until there is an answer.
    Offer { lease: Lease, outputs: Vec<Content> },
    /// A part of one of them that was asked for.
    Part {
        lease: Lease,
        output: u16,
        at: u64,
        #[serde(with = "raw")]
        bytes: Vec<u8>,
    },
    /// What is in a file of this host that is to be an input.
    Looked { path: String, found: Result<Found, String> },
    /// A part of such a file, or why there is none.
    Brought {
        content: Content,
        at: u64,
        #[serde(with = "raw::answer")]
        bytes: Result<Vec<u8>, String>,
    },
}

/// From a holder to a host.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub enum ToHost {
    Found {
        job: JobId,
        path: String,
        found: Result<Found, String>,
    },
    /// A part of an output that was offered, please.
    Pull {
        lease: Lease,
        output: u16,
        at: u64,
        bytes: u32,
    },
    /// All outputs of this attempt are in their places and on disk, or will never be.
    Placed {
        lease: Lease,
        outcome: Result<(), String>,
    },
    /// What is in this file of yours? By its absolute path, or below the home directory.
    Look {
        path: String,
    },
    /// A part of it, please, if it is as it was then.
    Bring {
        path: String,
        modified_ns: u64,
        content: Content,
        at: u64,
        bytes: u32,
    },
}

/// A file as it was when its job was submitted, or when a task of the job had made it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub content: Content,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified_ns: u64,
    /// BLAKE3 of its beginning and its end. A file of the same path, size, time and probe at
    /// another host is taken for the same file, seen through a shared file system.
    pub probe: [u8; 32],
    /// It stays so for the whole job.
    pub fixed: bool,
}

/// Why files of a batch are refused.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BadFile {
    #[error(
        "`{0}` can not be the name of a file in a task's directory: it is to be relative, below \
         it and without `..`; say what it is called there"
    )]
    Outside(String),
    #[error("`{0}` is an address, and only files of this machine and of hosts are brought")]
    Address(String),
    #[error("an output is named by the slot of its task (`{{%}}`), which is not known at home")]
    Slot,
    #[error("a task has {files} files, at most {max} are brought", max = limits::FILES_MAX)]
    TooMany { files: usize },
    #[error("two outputs of a task go to `{0}`")]
    Twice(String),
}

/// Whether a name leads to something below where it begins: relative, without `..`.
pub fn is_below(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let names = Path::new(name).components().any(|part| matches!(part, Component::Normal(_)));
    names && parts.all(plain) && !name.ends_with('/') && !name.contains('\0')
}

/// A file of a host of the vm, `host:path`: the host's name, and a path there. A colon behind a
/// slash is part of a name.
pub fn elsewhere(path: &str) -> Option<(&str, &str)> {
    let (host, path) = path.split_once(':')?;
    (!host.is_empty() && !host.contains('/') && !path.is_empty()).then_some((host, path))
}

/// A file of a task by its path at the holder's machine: absolute, or below the home directory; or
/// as [`elsewhere`] has it.
pub fn path_of(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        _ if elsewhere(name).is_some() => name.to_owned(),
        _ if name.starts_with('/') => name.to_owned(),
        directory => format!("{}/{name}", directory.trim_end_matches('/')),
    }
}

/// Paths of the inputs and outputs of all tasks of a batch, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub inputs: BTreeSet<String>,
    pub outputs: BTreeSet<String>,
}

/// `first` is the number in the job of the batch's first task.
pub fn named(batch: &Batch, first: u32) -> Result<Named, BadFile> {
    let template = &batch.template;
    let files = template.inputs.len() + template.outputs.len();
    let mut named = Named::default();
    if files == 0 {
        return Ok(named);
    }
    if files > limits::FILES_MAX {
        return Err(BadFile::TooMany { files });
    }
    if template.outputs.iter().any(|output| output.to.has_slot()) {
        return Err(BadFile::Slot);
    }
    let all = template.inputs.iter().chain(&template.outputs);
    let mut texts = all.flat_map(|file| [&file.from, &file.to]).chain([&template.directory]);
    let differ = texts.any(Text::has_places);
    for index in 0..if differ { batch.tasks } else { batch.tasks.min(1) } {
        let number = u64::from(first) + u64::from(index) + 1;
        named.add(batch, Fill { values: &values(batch, index), number, slot: 1 })?;
    }
    Ok(named)
}

/// Of the batch's task `index`.
fn values(batch: &Batch, index: u32) -> Vec<String> {
    let value = |column: &crate::Column| column.get(index).unwrap_or_default().to_owned();
    batch.columns.iter().map(value).collect()
}

/// Inputs of the batch's task `index` that are not those of all its tasks.
pub fn own_inputs(batch: &Batch, first: u32, index: u32) -> Vec<String> {
    let values = values(batch, index);
    let number = u64::from(first) + u64::from(index) + 1;
    let with = Fill { values: &values, number, slot: 1 };
    let directory = batch.template.directory.fill(with);
    let own = batch.template.inputs.iter().filter(|input| input.from.has_places());
    own.map(|input| path_of(&directory, &input.from.fill(with))).collect()
}

impl Named {
    fn add(&mut self, batch: &Batch, with: Fill<'_>) -> Result<(), BadFile> {
        let directory = batch.template.directory.fill(with);
        for input in &batch.template.inputs {
            let (from, to) = (input.from.fill(with), input.to.fill(with));
            let there = elsewhere(&from);
            if there.is_some_and(|(_, path)| path.starts_with("//")) {
                return Err(BadFile::Address(from));
            }
            if !is_below(&to) || (there.is_some() && from == to) {
                return Err(BadFile::Outside(to));
            }
            self.inputs.insert(path_of(&directory, &from));
        }
        let mut own = BTreeSet::new();
        for output in &batch.template.outputs {
            let (from, to) = (output.from.fill(with), output.to.fill(with));
            if let Some(bad) = [&from, &to].into_iter().find(|name| !is_below(name)) {
                return Err(BadFile::Outside(bad.clone()));
            }
            let path = path_of(&directory, &to);
            if !own.insert(path.clone()) {
                return Err(BadFile::Twice(to));
            }
            self.outputs.insert(path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Form, Needs, Piece, Program, Template, Transfer};

    #[test]
    fn names_that_lead_outside_are_told_apart() {
        for good in ["a", "a/b", "./a", "a/./b", "a..b", "..a", "a//b"] {
            assert!(is_below(good), "{good}");
        }
        for bad in ["", ".", "/", "/a", "..", "../a", "a/../../b", "a/..", "a/", "a\0b"] {
            assert!(!is_below(bad), "{bad:?}");
        }
        assert_eq!(path_of("", "a/b"), "a/b");
        assert_eq!(path_of("p", "a"), "p/a");
        assert_eq!(path_of("/p/", "a"), "/p/a");
        assert_eq!(path_of("/p", "/q/a"), "/q/a");
    }

    fn batch(inputs: &[(Text, Text)], outputs: &[(Text, Text)]) -> Batch {
        let mut template = Template::of(vec!["n".into()], Program::Shell(Text::plain("true")));
        template.directory = Text::plain("p");
        let both = |list: &[(Text, Text)]| -> Vec<Transfer<Text>> {
            list.iter().map(|(from, to)| Transfer { from: from.clone(), to: to.clone() }).collect()
        };
        (template.inputs, template.outputs) = (both(inputs), both(outputs));
        Batch::of(template, 3, vec![Column::each(["x", "y", "x"])], Needs::default())
    }

    #[test]
    fn files_of_a_batch_are_named_once_each() {
        let value = || Text(vec![Piece::Plain("in/".into()), Text::value(0).0[0].clone()]);
        let number = || Text(vec![Piece::Plain("out/".into()), Piece::Number]);
        let same = Text::plain("/bin/sim");
        let inputs = [(value(), value()), (same, Text::plain("sim"))];
        let named = named(&batch(&inputs, &[(Text::plain("o"), number())]), 7).unwrap();
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(list(&named.inputs), ["/bin/sim", "p/in/x", "p/in/y"]);
        assert_eq!(list(&named.outputs), ["p/out/10", "p/out/8", "p/out/9"]);
    }

    #[test]
    fn files_outside_and_elsewhere_are_refused() {
        let one = |from: &str, to: &str| [(Text::plain(from), Text::plain(to))];
        let input = |from, to| named(&batch(&one(from, to), &[]), 0).unwrap_err();
        let output = |from, to| named(&batch(&[], &one(from, to)), 0).unwrap_err();
        assert_eq!(input("/x", "/x"), BadFile::Outside("/x".into()));
        assert_eq!(input("s3://b/x", "x"), BadFile::Address("s3://b/x".into()));
        assert_eq!(input("lab1:x", "lab1:x"), BadFile::Outside("lab1:x".into()));
        let there = named(&batch(&one("lab1:x", "x"), &[]), 0).unwrap();
        assert_eq!(there.inputs, BTreeSet::from(["lab1:x".to_owned()]));
        assert_eq!(elsewhere("lab1:/a:b"), Some(("lab1", "/a:b")));
        assert_eq!((elsewhere("./a:b"), elsewhere("/a:b"), elsewhere(":b")), (None, None, None));
        assert!(named(&batch(&one("./a:b", "b"), &[]), 0).is_ok());
        assert_eq!(output("x", "../x"), BadFile::Outside("../x".into()));
        assert_eq!(output("../x", "x"), BadFile::Outside("../x".into()));
        let slot = batch(&[], &[(Text::plain("o"), Text(vec![Piece::Slot]))]);
        assert_eq!(named(&slot, 0), Err(BadFile::Slot));
        let directory = Piece::Value { column: 0, form: Form::Directory, quoted: false };
        let twice = [
            (Text::plain("a"), Text(vec![directory, Piece::Plain("/o".into())])),
            (Text::plain("b"), Text::plain("./o")),
        ];
        assert_eq!(named(&batch(&[], &twice), 0), Err(BadFile::Twice("./o".into())));
    }
}
