//! Tasks that the tasks of a job have spawned: which of them are still to be heard, and their
//! lines. A task's output is told by its parent and ends with it. Pure; called by `job`.

use crate::limits::LINE_BYTES_MAX;
use posse::pvm::{Heard, Tid};
use std::collections::BTreeMap;

/// One that is not over.
struct Open {
    parent: Tid,
    /// Its unfinished line.
    begun: Vec<u8>,
}

#[derive(Default)]
pub struct Descendants {
    open: BTreeMap<Tid, Open>,
}

type Line = (Tid, Vec<u8>);

impl Descendants {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The lines that are whole by what `parent` says.
    pub fn hear(&mut self, parent: Tid, heard: Heard) -> Vec<Line> {
        match heard {
            Heard::Began(tid) => {
                self.open.entry(tid).or_insert(Open { parent, begun: Vec::new() });
                Vec::new()
            }
            Heard::Text(tid, bytes) => {
                let Some(open) = self.open.get_mut(&tid) else { return Vec::new() };
                let mut lines = Vec::new();
                for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                    open.begun.extend_from_slice(part);
                    let is_whole = open.begun.last() == Some(&b'\n');
                    if is_whole || open.begun.len() >= LINE_BYTES_MAX {
                        let mut line = std::mem::take(&mut open.begun);
                        line.truncate(line.len() - usize::from(is_whole));
                        lines.push((tid, line));
                    }
                }
                lines
            }
            Heard::Ended(tid) => self.end(tid),
        }
    }

    /// A task is over, and nobody tells any more of those that it spawned.
    pub fn end(&mut self, tid: Tid) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(Open { begun, .. }) = self.open.remove(&tid) {
            lines.extend((!begun.is_empty()).then_some((tid, begun)));
            lines.push((tid, b"EOF".to_vec()));
        }
        let of = |(child, open): (&Tid, &Open)| (open.parent == tid).then_some(*child);
        let children: Vec<Tid> = self.open.iter().filter_map(of).collect();
        lines.extend(children.into_iter().flat_map(|child| self.end(child)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Tid = Tid(0x40001);
    const CHILD: Tid = Tid(0x40002);
    const GRANDCHILD: Tid = Tid(0x40003);

    fn text(lines: Vec<Line>) -> Vec<String> {
        let shown = |(tid, line): Line| format!("{tid} {}", String::from_utf8_lossy(&line));
        lines.into_iter().map(shown).collect()
    }

    #[test]
    fn lines_are_whole_and_end_with_the_task() {
        let mut all = Descendants::default();
        assert!(all.hear(ROOT, Heard::Began(CHILD)).is_empty());
        assert!(all.hear(ROOT, Heard::Began(CHILD)).is_empty());
        assert_eq!(text(all.hear(ROOT, Heard::Text(CHILD, b"a\nb".into()))), ["t40002 a"]);
        assert!(!all.is_empty());
        assert_eq!(text(all.hear(ROOT, Heard::Ended(CHILD))), ["t40002 b", "t40002 EOF"]);
        assert!(all.is_empty() && all.hear(ROOT, Heard::Ended(CHILD)).is_empty());
    }

    #[test]
    fn who_dies_takes_what_it_tells_of_along() {
        let mut all = Descendants::default();
        all.hear(ROOT, Heard::Began(CHILD));
        all.hear(CHILD, Heard::Began(GRANDCHILD));
        assert_eq!(text(all.end(ROOT)), ["t40002 EOF", "t40003 EOF"]);
        assert!(all.is_empty());
    }
}
