//! `--diff`: what differs between the hosts: a unified diff of each distinct output against the
//! most common one.
//!
//! All is printed at the end, since only then it is known which is the most common. Outputs above
//! 4 MiB or with over 1000 changed lines are only said to differ. stdout and stderr are compared
//! apart; both diffs go to stdout. Called by the front end of a command.

use super::fold::{Outputs, title};
use super::limits::DIFF_BYTES_MAX;
use super::prefixes::{Equal, Prefixes};
use super::store::Store;
use super::unified::unified;
use super::{Folding, Labels, Outlet, Sink, Spilling, Status};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub struct Diff<'a> {
    outlet: Outlet,
    labels: Arc<Labels>,
    fold: Folding<'a>,
    outputs: Outputs,
    complete: BTreeMap<u16, Vec<Equal>>,
}

impl<'a> Diff<'a> {
    pub fn new(
        labels: Arc<Labels>,
        outlet: Outlet,
        fold: Folding<'a>,
        spilling: Spilling,
    ) -> Diff<'a> {
        let outputs = Outputs::new(labels.size(), Store::new(spilling));
        Diff { outlet, labels, fold, outputs, complete: BTreeMap::new() }
    }

    fn keep(&mut self, complete: Vec<(u16, Equal)>) {
        for (fd, equal) in complete {
            self.complete.entry(fd).or_default().push(equal);
        }
    }

    /// True if all are equal.
    fn print(&mut self, fd: u16) -> io::Result<bool> {
        let Diff { outlet, labels, fold, outputs, complete } = self;
        let Some(tree) = outputs.trees.get_mut(&fd) else { return Ok(true) };
        let mut groups = complete.remove(&fd).unwrap_or_default();
        groups.extend(tree.rest());
        groups.iter_mut().for_each(|equal| equal.ranks.sort_unstable());
        // The most common first; of equally common ones that of the first host.
        groups.sort_by_key(|equal| (Reverse(equal.ranks.len()), equal.ranks.first().copied()));
        let Some((common, others)) = groups.split_first() else { return Ok(true) };
        let stream = match fd {
            1 => String::new(),
            2 => ": stderr".to_owned(),
            _ => format!(": fd {fd}"),
        };
        let common_title = title(labels, *fold, common) + &stream;
        let common_text = read(tree, &outputs.store, common)?;
        for other in others {
            let other_title = title(labels, *fold, other) + &stream;
            let other_text = read(tree, &outputs.store, other)?;
            let hunks = match (&common_text, &other_text) {
                (Some(common), Some(other)) => unified(common, other),
                _ => None,
            };
            let Some(hunks) = hunks else {
                let what = format!("Outputs of {common_title} and {other_title} differ\n");
                outlet.say(1, &what)?;
                continue;
            };
            outlet.say(1, &format!("--- {common_title}\n+++ {other_title}\n"))?;
            outlet.bytes((other.ranks[0], 1), &hunks)?;
            outlet.end_line(1)?;
        }
        Ok(others.is_empty())
    }
}

/// None if it is too long.
fn read(tree: &Prefixes, store: &Store, equal: &Equal) -> io::Result<Option<Vec<u8>>> {
    let length = tree.length(equal.place);
    if length > DIFF_BYTES_MAX {
        return Ok(None);
    }
    let mut text = Vec::with_capacity(length as usize);
    tree.copy(equal.place, store, &mut |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(Some(text))
}

impl Sink for Diff<'_> {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], end: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        let complete = self.outputs.push(rank, fd, bytes, end)?;
        self.keep(complete);
        Ok(())
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        let complete = self.outputs.end(rank);
        self.keep(complete);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Outlet> {
        let fds: Vec<u16> = self.outputs.trees.keys().copied().collect();
        let mut equal = true;
        for fd in fds {
            equal &= self.print(fd)?;
        }
        if equal {
            let size = self.labels.size();
            self.outlet.say(2, &format!("posse: {size} outputs, all equal\n"))?;
        }
        self.outlet.flush()?;
        Ok(self.outlet)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::{Screen, join, over, whole};
    use super::*;

    fn run(outputs: &[&str]) -> (String, String) {
        let names: Vec<String> = (0..outputs.len()).map(|host| format!("h{host}")).collect();
        let screen = Screen::new();
        let labels = Arc::new(Labels::new(&names));
        let mut sink = Box::new(Diff::new(labels, screen.files(), &join, Spilling::default()));
        for (rank, output) in outputs.iter().enumerate() {
            whole(&mut *sink, rank as u32, 1, output);
            over(&mut *sink, rank as u32);
        }
        sink.finish().unwrap();
        (screen.out(), screen.err())
    }

    #[test]
    fn others_are_shown_against_the_most_common() {
        let (out, err) = run(&["v 1\nx\n", "v 2\nx\n", "v 2\nx\n", ""]);
        let want = "--- h1,h2 (2)\n+++ h0\n@@ -1,2 +1,2 @@\n-v 2\n+v 1\n x\n\
                    --- h1,h2 (2)\n+++ h3\n@@ -1,2 +0,0 @@\n-v 2\n-x\n";
        assert_eq!((out.as_str(), err.as_str()), (want, ""));
    }

    #[test]
    fn equal_outputs_are_said_to_be() {
        let (out, err) = run(&["x\n", "x\n"]);
        assert_eq!((out.as_str(), err.as_str()), ("", "posse: 2 outputs, all equal\n"));
    }

    #[test]
    fn large_outputs_are_only_said_to_differ() {
        let big = "x".repeat(5 << 20);
        let (out, _) = run(&["x\n", &big]);
        assert_eq!(out, "Outputs of h0 and h1 differ\n");
    }
}
