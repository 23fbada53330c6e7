//! What `posse use SRC TGT` states: hosts of SRC can log in to hosts of TGT. Kept as a setting of
//! the vm, a statement a line; evaluated among the names that are in question. Called by
//! `commands/use_` and `ways`.

use crate::error::Error;
use crate::groups::Lookup;
use crate::limits::STATEMENTS_MAX;
use crate::settings::{self, Settings, USE};
use posse::Vm;
use posse_hostset::{EvalError, Expr, HostItem, HostSet, Universe, Value};

/// Two hostsets as they were typed; globs in them are tried on whatever name comes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub from: String,
    pub to: String,
}

impl Statement {
    /// Refuses what is no hostset.
    pub fn new(from: &str, to: &str) -> Result<Statement, Error> {
        for text in [from, to] {
            Expr::parse(text)
                .map_err(|error| Error::usage(format!("{error}\n{}", error.pointer())))?;
        }
        // A line each, with a tab between: blanks of one kind are as good as of another.
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Statement { from: plain(from), to: plain(to) })
    }
}

/// Those of a vm, in the order in which they were made.
pub fn stated(vm: &Vm) -> Vec<Statement> {
    let text = Settings::of(vm).get(USE).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(from, to)| Statement { from: from.to_owned(), to: to.to_owned() }).collect()
}

pub fn keep(vm: &Vm, statements: &[Statement]) -> Result<(), Error> {
    if statements.len() > STATEMENTS_MAX {
        return Err(Error::usage(format!("a vm keeps at most {STATEMENTS_MAX} statements"))
            .hint("one hostset can stand for many hosts; `posse use --delete` forgets"));
    }
    let lines: Vec<String> =
        statements.iter().map(|one| format!("{}\t{}", one.from, one.to)).collect();
    settings::set(vm, USE, Some(lines.join("\n").as_str()).filter(|text| !text.is_empty()))
}

/// A statement among names.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    pub from: HostSet,
    /// With the user and port that stand there.
    pub to: Vec<HostItem>,
}

/// What the statements mean when these are the names in question.
pub(super) fn meanings(
    statements: &[Statement],
    names: HostSet,
    groups: &Lookup,
) -> Result<Vec<Meaning>, Error> {
    let among = Among { names, groups };
    let meaning = |statement: &Statement| {
        let wrong = |error: EvalError| {
            Error::usage(format!("`posse use {} {}`: {error}", statement.from, statement.to))
        };
        let parse = |text: &str| Expr::parse(text).map_err(|error| Error::usage(error.to_string()));
        let from = parse(&statement.from)?.eval(&among).map_err(wrong)?;
        let to = parse(&statement.to)?.eval_items(&among).map_err(wrong)?;
        Ok(Meaning { from, to })
    };
    statements.iter().map(meaning).collect()
}

struct Among<'g> {
    names: HostSet,
    groups: &'g Lookup,
}

impl Universe for Among<'_> {
    fn known(&self) -> &HostSet {
        &self.names
    }

    fn group(&self, source: Option<&str>, name: &str) -> Option<String> {
        posse::Groups::group(self.groups, source, name)
    }

    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_tried_on_the_names_in_question() {
        let one = Statement::new("gate*", "me@in* -  in9").unwrap();
        assert_eq!(one.to, "me@in* - in9");
        let names = "gate1,in[8-9],out".parse().unwrap();
        let meaning = meanings(&[one], names, &Lookup::default()).unwrap().remove(0);
        assert_eq!(meaning.from.to_string(), "gate1");
        assert_eq!(meaning.to.len(), 1);
        assert_eq!(meaning.to[0].to_string(), "me@in8");
        assert!(Statement::new("a[", "b").is_err());
    }
}
