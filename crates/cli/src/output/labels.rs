//! What each rank is called in output: its host, numbered where a host has several processes.
//! Read by all modes; made once a command by the caller.

use super::colour;
use super::escape::visible_line;
use super::limits::LABEL_WIDTH_MAX;
use std::collections::HashMap;
use std::io;

/// Folds names to one expression: `a1 a2 a3` to `a[1-3]`.
pub type Folding<'a> = &'a (dyn Fn(&[&str]) -> String + Sync);

/// The form of a label before a line.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Label {
    None,
    /// `host: line`, as pdsh does.
    Plain,
    /// The same in columns.
    Aligned,
}

/// The table from rank to host.
pub struct Labels {
    rows: Vec<Row>,
    width: usize,
}

struct Row {
    /// Exact, for file names and JSON.
    name: String,
    /// Harmless, for terminals.
    shown: String,
    /// Counts hosts, for colours.
    host: u32,
}

impl Labels {
    /// `hosts[rank]` is the name of the rank's host. A host named more than once is numbered from
    /// zero: `lab1:0`, `lab1:1`.
    pub fn new<H: AsRef<str>>(hosts: &[H]) -> Labels {
        // Of each name: its number, how often it stands there, how many of these are named.
        let mut seen: HashMap<&str, (u32, u32, u32)> = HashMap::new();
        for host in hosts {
            let number = seen.len() as u32;
            seen.entry(host.as_ref()).or_insert((number, 0, 0)).1 += 1;
        }
        let mut rows = Vec::with_capacity(hosts.len());
        for host in hosts {
            let host = host.as_ref();
            let entry = seen.entry(host).or_default();
            let name = match entry.1 {
                0 | 1 => host.to_owned(),
                _ => format!("{host}:{}", entry.2),
            };
            entry.2 += 1;
            rows.push(Row { shown: visible_line(&name), name, host: entry.0 });
        }
        let width = rows.iter().map(|row| row.shown.chars().count()).max().unwrap_or(0);
        Labels { rows, width: width.min(LABEL_WIDTH_MAX) }
    }

    /// How many processes the command has.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    pub fn check(&self, rank: u32) -> io::Result<()> {
        if (rank as usize) < self.rows.len() {
            return Ok(());
        }
        let size = self.rows.len();
        let what = format!("output of rank {rank} came, but the command has {size} processes");
        Err(io::Error::new(io::ErrorKind::InvalidData, what))
    }

    /// Exact: may hold anything that a host name can be made to hold.
    pub fn name(&self, rank: u32) -> &str {
        self.rows.get(rank as usize).map_or("?", |row| &row.name)
    }

    /// For a person's eyes.
    pub fn shown(&self, rank: u32) -> &str {
        self.rows.get(rank as usize).map_or("?", |row| &row.shown)
    }

    /// `lab[1-3]`, in the order of the ranks.
    pub fn folded(&self, ranks: &[u32], fold: Folding) -> String {
        let mut ranks = ranks.to_vec();
        ranks.sort_unstable();
        let names: Vec<&str> = ranks.iter().map(|rank| self.shown(*rank)).collect();
        match names.as_slice() {
            [one] => (*one).to_owned(),
            _ => fold(&names),
        }
    }

    /// Appends what stands before a line of this rank.
    pub fn prefix(&self, rank: u32, form: Label, coloured: bool, into: &mut Vec<u8>) {
        if form == Label::None {
            return;
        }
        let shown = self.shown(rank);
        match self.rows.get(rank as usize) {
            Some(row) if coloured => colour::paint(row.host, shown, into),
            _ => into.extend_from_slice(shown.as_bytes()),
        }
        into.extend_from_slice(b": ");
        if form == Label::Aligned {
            let missing = self.width.saturating_sub(shown.chars().count());
            into.resize(into.len() + missing, b' ');
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn prefix(labels: &Labels, rank: u32, form: Label, coloured: bool) -> String {
        let mut into = vec![];
        labels.prefix(rank, form, coloured, &mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn several_on_a_host_are_numbered() {
        let labels = Labels::new(&["a", "b", "a", "c"]);
        let names: Vec<&str> = (0..5).map(|rank| labels.name(rank)).collect();
        assert_eq!(names, ["a:0", "b", "a:1", "c", "?"]);
        assert!(labels.check(3).is_ok());
        assert_eq!(labels.check(4).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn forms_of_prefix() {
        let labels = Labels::new(&["a", "long", "a"]);
        assert_eq!(prefix(&labels, 1, Label::None, true), "");
        assert_eq!(prefix(&labels, 1, Label::Plain, false), "long: ");
        assert_eq!(prefix(&labels, 0, Label::Aligned, false), "a:0:  ");
        assert_eq!(prefix(&labels, 0, Label::Plain, true), "\x1b[32ma:0\x1b[0m: ");
        assert_eq!(prefix(&labels, 2, Label::Plain, true), "\x1b[32ma:1\x1b[0m: ");
    }

    #[test]
    fn names_are_harmless_when_shown() {
        let labels = Labels::new(&["a\x1b[2J\nb"]);
        assert_eq!(labels.shown(0), "a^[[2J^Jb");
        assert_eq!(labels.name(0), "a\x1b[2J\nb");
        assert_eq!(labels.folded(&[0], &|_| unreachable!()), "a^[[2J^Jb");
    }

    #[test]
    fn folding_is_in_order() {
        let labels = Labels::new(&["a", "b", "c"]);
        assert_eq!(labels.folded(&[2, 0], &|names| names.join("+")), "a+c");
    }
}
