//! GXP's task lines: `task_name host_constraint command`. The constraint is a regular expression
//! that a host's name must begin with; here it becomes a hostset. Called by `posse submit`.

use std::collections::BTreeMap;

use posse_hostset::HostSet;
use regex_lite::Regex;

use crate::column::{Axis, Combine, Grid, List, Values};
use crate::limits::COMMAND_BYTES_MAX;
use crate::mistake::{Mistake, Result};
use crate::task::{Batch, Command, Work};
use posse_farm::{Form, Piece, Text};

/// Tasks that may run on the same hosts: names and commands.
#[derive(Default)]
struct Group {
    names: List,
    commands: List,
}

/// Reads a whole file of task lines. `known` are names of hosts, for constraints that no glob can
/// say. Lines that are empty or begin with `#` are left out; a backslash at the end goes on with
/// the next line.
///
/// ```
/// let text = "# two tasks\nsort1 .* sort big.txt\nfft lab[12] ./fft 1024\n";
/// let work = posse_work::gxp::read(text, &["lab1", "lab2", "pc9"])?;
/// assert_eq!(work.batches[0].command_line(0), "sort big.txt");
/// assert_eq!(work.batches[0].shared.needs.hosts, "");
/// assert_eq!(work.batches[1].shared.needs.hosts, "lab[1-2]");
/// # Ok::<(), posse_work::Mistake>(())
/// ```
pub fn read(text: &str, known: &[&str]) -> Result<Work> {
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in logical_lines(text) {
        let (name, constraint, command) = fields(&line).map_err(|mistake| mistake.line(number))?;
        let set = match hosts.get(constraint) {
            Some(set) => set.clone(),
            None => {
                let set = hostset(constraint, known).map_err(|m| m.line(number))?;
                hosts.entry(constraint.to_owned()).or_insert(set).clone()
            }
        };
        let group = groups.entry(set.clone()).or_insert_with(|| {
            order.push(set);
            Group::default()
        });
        group.names.push(name)?;
        group.commands.push(command)?;
    }
    let mut work = Work::default();
    let mut number = 1;
    for set in order {
        let Some(group) = groups.remove(&set) else { continue };
        let columns = vec![
            ("name".to_owned(), Values::List(group.names)),
            ("command".to_owned(), Values::List(group.commands)),
        ];
        let grid = Grid::new(vec![Axis::of(columns)], Combine::Product)?;
        let whole = Text(vec![Piece::Value { column: 1, form: Form::Whole, quoted: false }]);
        let mut batch = Batch::new(Command::Shell(whole), grid);
        batch.shared.needs.hosts = set;
        batch.first_number = number;
        number += batch.len();
        work.batches.push(batch);
    }
    Ok(work)
}

/// Lines with the number of their first; what ends in a backslash is joined.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        let (line, goes_on) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some((_, before)) if open => before.push_str(line),
            _ => lines.push((at + 1, line.to_owned())),
        }
        open = goes_on;
    }
    let is_task = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    lines.into_iter().filter(|(_, line)| is_task(line)).collect()
}

fn fields(line: &str) -> Result<(&str, &str, &str)> {
    let next = |text: &'_ str| -> usize { text.find([' ', '\t']).unwrap_or(text.len()) };
    let trimmed = line.trim();
    let (name, rest) = trimmed.split_at(next(trimmed));
    let rest = rest.trim_start();
    let (constraint, command) = rest.split_at(next(rest));
    let command = command.trim_start();
    if command.is_empty() {
        let mistake =
            Mistake::new("a task line has a name, a regular expression of hosts, a command");
        return Err(mistake.hint("write for instance: task1 .* ./sim 1").at(line, line.len(), 1));
    }
    if command.len() > COMMAND_BYTES_MAX {
        let what = format!(
            "the command has {} bytes; the kernel takes {COMMAND_BYTES_MAX}",
            command.len()
        );
        return Err(Mistake::new(what));
    }
    Ok((name, constraint, command))
}

/// The hostset that a regular expression means: a glob where one says the same, the known hosts
/// that it matches otherwise. Empty where every host matches.
fn hostset(constraint: &str, known: &[&str]) -> Result<String> {
    if constraint == "-" || matches!(constraint.trim_start_matches('^'), "" | ".*" | ".*$" | ".") {
        return Ok(String::new());
    }
    if let Some(mask) = as_mask(constraint) {
        return Ok(mask);
    }
    let regex = Regex::new(&format!("^(?:{constraint})")).map_err(|why| {
        let what = format!("`{constraint}` is not a regular expression: {why}");
        Mistake::new(what).hint("write .* for any host")
    })?;
    let matching: Vec<&str> = known.iter().copied().filter(|name| regex.is_match(name)).collect();
    if matching.is_empty() {
        let what = format!("no host of this vm matches `{constraint}`");
        return Err(Mistake::new(what).hint("posse hosts lists their names"));
    }
    let set: HostSet = matching
        .join(",")
        .parse()
        .map_err(|why| Mistake::new(format!("hosts that match `{constraint}`: {why}")))?;
    Ok(set.to_string())
}

/// Names and masks without what globs do not know: `lab.*`, `lab1$`, `(a|b)`.
fn as_mask(constraint: &str) -> Option<String> {
    let inner = constraint.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.unwrap_or(constraint);
    let masks = inner.split('|').map(|branch| {
        let branch = branch.strip_prefix('^').unwrap_or(branch);
        let (branch, ends) = match branch.strip_suffix('$') {
            Some(branch) => (branch, true),
            None => (branch, false),
        };
        let mask = branch.replace("\\.", "\u{1}").replace(".*", "*").replace('\u{1}', ".");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_*".contains(c);
        // A lone `.` is any character, but an address is seldom meant so: leave it to the regex.
        let good =
            !mask.is_empty() && branch.replace("\\.", "").replace(".*", "").chars().all(plain);
        let mask = if ends || mask.ends_with('*') { mask } else { format!("{mask}*") };
        (good && mask != "*" && mask != "all").then_some(mask)
    });
    Some(masks.collect::<Option<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [&str; 4] = ["lab1", "lab2", "lab30", "gate"];

    fn set(constraint: &str) -> String {
        hostset(constraint, &HOSTS).unwrap()
    }

    #[test]
    fn constraints_become_hostsets() {
        assert_eq!(set(".*"), "");
        assert_eq!(set("-"), "");
        assert_eq!(set("lab"), "lab*");
        assert_eq!(set("^lab1$"), "lab1");
        assert_eq!(set("(lab.*|gate$)"), "lab*,gate");
        assert_eq!(set("lab\\d"), "lab[1-2,30]");
        assert_eq!(set("lab.$"), "lab[1-2]");
        for constraint in ["lab", "(lab.*|gate$)", "lab\\d", "a.*b-c_d"] {
            posse_hostset::Expr::parse(&set(constraint)).unwrap();
        }
    }

    #[test]
    fn tasks_with_the_same_hosts_are_one_batch() {
        let text = "a .* echo {} 1\nb lab echo 2 \\\n more\n\n  # no\nc .* echo 3\n";
        let work = read(text, &HOSTS).unwrap();
        assert_eq!((work.batches.len(), work.len()), (2, 3));
        assert_eq!(work.batches[0].command_line(0), "echo {} 1");
        assert_eq!(work.batches[1].command_line(0), "echo 2  more");
        assert_eq!(work.batches[1].first_number, 3);
        assert_eq!(work.batches[0].values(1)[0], "c");
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, told) in [
            ("# x\na .*", "line 2: column 5: a task line has"),
            ("a [ echo", "line 1: `[` is not a regular expression"),
            ("a zz\\d echo", "line 1: no host of this vm matches `zz\\d`"),
        ] {
            let mistake = read(text, &HOSTS).unwrap_err().to_string();
            assert!(mistake.starts_with(told), "{mistake}");
        }
    }
}
