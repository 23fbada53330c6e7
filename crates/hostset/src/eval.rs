//! The meaning of an expression, given what there is to select from. No I/O: a caller that
//! must ask hosts for their load does so before (`Expr::keys`). Called by `expr`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::error::ParseError;
use crate::expr::{Chain, Expr, Node, Op};
use crate::glob;
use crate::item::{HostItem, Stated};
use crate::limits::{MAX_GROUP_DEPTH, MAX_HOSTS, MAX_WORK};
use crate::name::HostName;
use crate::pattern::Pattern;
use crate::predicate::{Predicate, Value};
use crate::set::HostSet;

/// What an expression is evaluated in: the hosts of a vm, the user's groups, and what is
/// known of each host.
pub trait Universe {
    /// All hosts of the vm: `all` and predicates select from them, and globs by default.
    fn known(&self) -> &HostSet;

    /// What globs select from, where that is more than the hosts of a vm.
    fn named(&self) -> &HostSet {
        self.known()
    }

    /// The expression that a group stands for; `*` asks for all hosts of a source.
    fn group(&self, source: Option<&str>, name: &str) -> Option<String>;

    /// A property of a host (a key of [`crate::KEYS`]). A host without it satisfies no
    /// predicate on it, `!=` included.
    fn attribute(&self, host: &str, key: &str) -> Option<Value>;
}

/// A universe without hosts, groups or attributes: only names mean something in it.
#[derive(Debug, Default)]
pub(crate) struct NamesOnly(HostSet);

impl Universe for NamesOnly {
    fn known(&self) -> &HostSet {
        &self.0
    }
    fn group(&self, _: Option<&str>, _: &str) -> Option<String> {
        None
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
}

/// Why an expression could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    UnknownGroup {
        group: String,
    },
    /// The groups from the first to itself again.
    GroupCycle {
        path: Vec<String>,
    },
    GroupsTooDeep {
        group: String,
    },
    /// The text of a group is wrong.
    InGroup {
        group: String,
        error: ParseError,
    },
    NotANumber {
        host: String,
        predicate: String,
    },
    NeedsVm {
        text: String,
    },
    TooMuch,
}

/// Why a text is no plain set of names ([`HostSet`]'s `FromStr`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    Parse(ParseError),
    Eval(EvalError),
}

pub(crate) struct Evaluator<'u, U> {
    universe: &'u U,
    /// Groups evaluated already, so that a group mentioned twice costs once.
    groups: BTreeMap<String, HostSet>,
    /// Groups being evaluated, outermost first.
    path: Vec<String>,
    items: BTreeMap<HostName, HostItem>,
    work: usize,
}

impl<'u, U: Universe> Evaluator<'u, U> {
    pub fn new(universe: &'u U) -> Self {
        let (groups, items) = (BTreeMap::new(), BTreeMap::new());
        Evaluator { universe, groups, path: Vec::new(), items, work: 0 }
    }

    /// The item of a host that was selected.
    pub fn item(&mut self, name: HostName) -> HostItem {
        self.items.remove(&name).unwrap_or_else(|| HostItem::new(name))
    }

    /// Evaluates a chain whose groups, if they name no source, are of `source`.
    pub fn chain(&mut self, chain: &Chain, source: Option<&str>) -> Result<HostSet, EvalError> {
        let mut set = HostSet::new();
        let mut joined: Vec<HostName> = Vec::new();
        self.node(&chain.first, source, &mut joined)?;
        for (op, node) in &chain.rest {
            if *op == Op::Union {
                self.node(node, source, &mut joined)?;
                if joined.len() > 2 * MAX_HOSTS {
                    self.spend(set.len())?;
                    set.extend(joined.drain(..));
                }
                continue;
            }
            set.extend(joined.drain(..));
            let mut names = Vec::new();
            self.node(node, source, &mut names)?;
            self.spend(set.len())?;
            let right: HostSet = names.into_iter().collect();
            set = match op {
                Op::Difference => set.difference(&right),
                Op::Intersection => set.intersection(&right),
                Op::Xor | Op::Union => set.symmetric_difference(&right),
            };
        }
        set.extend(joined);
        Ok(set)
    }

    /// Adds the names of one operand to `names`.
    fn node(
        &mut self,
        node: &Node,
        source: Option<&str>,
        names: &mut Vec<HostName>,
    ) -> Result<(), EvalError> {
        let before = names.len();
        match node {
            Node::All => names.extend(self.universe.known().iter().cloned()),
            Node::Names(pattern, stated) => self.names(pattern, stated, names),
            Node::Glob(pattern, stated) => self.glob(pattern, stated, names)?,
            Node::Where(predicate) => self.predicate(predicate, names)?,
            Node::Nested(chain) => names.extend(self.chain(chain, source)?),
            Node::Group(own, pattern) => {
                let source = own.as_deref().or(source);
                for name in expanded(pattern) {
                    names.extend(self.group(source, &name)?.iter().cloned());
                }
            }
        }
        self.spend(names.len() - before)
    }

    fn names(&mut self, pattern: &Pattern, stated: &Stated, names: &mut Vec<HostName>) {
        let before = names.len();
        pattern.expand(|name| names.push(HostName::from_checked(name)));
        self.state(stated, &names[before..]);
    }

    fn glob(
        &mut self,
        pattern: &Pattern,
        stated: &Stated,
        names: &mut Vec<HostName>,
    ) -> Result<(), EvalError> {
        let before = names.len();
        let known = self.universe.named();
        for mask in expanded(pattern) {
            self.spend(known.len())?;
            names.extend(known.iter().filter(|name| glob::matches(&mask, name)).cloned());
        }
        self.state(stated, &names[before..]);
        Ok(())
    }

    fn predicate(
        &mut self,
        predicate: &Predicate,
        names: &mut Vec<HostName>,
    ) -> Result<(), EvalError> {
        self.spend(self.universe.known().len())?;
        for host in self.universe.known() {
            let Some(value) = self.universe.attribute(host, predicate.key) else { continue };
            match predicate.test(&value) {
                Some(true) => names.push(host.clone()),
                Some(false) => {}
                None => {
                    let (host, predicate) = (host.to_string(), predicate.to_string());
                    return Err(EvalError::NotANumber { host, predicate });
                }
            }
        }
        Ok(())
    }

    fn group(&mut self, source: Option<&str>, name: &str) -> Result<&HostSet, EvalError> {
        let label = label(source, name);
        if !self.groups.contains_key(&label) {
            let set = self.within(source, name, |this, chain| this.chain(chain, source))?;
            self.groups.insert(label.clone(), set);
        }
        Ok(&self.groups[&label])
    }

    /// Runs `body` on the expression of a group, with cycles and depth guarded.
    fn within<T>(
        &mut self,
        source: Option<&str>,
        name: &str,
        body: impl FnOnce(&mut Self, &Chain) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        let group = label(source, name);
        if let Some(at) = self.path.iter().position(|open| *open == group) {
            let mut path = self.path[at..].to_vec();
            path.push(group);
            return Err(EvalError::GroupCycle { path });
        }
        if self.path.len() == MAX_GROUP_DEPTH {
            return Err(EvalError::GroupsTooDeep { group });
        }
        let Some(text) = self.universe.group(source, name) else {
            return Err(EvalError::UnknownGroup { group });
        };
        let expr = match Expr::parse(&text) {
            Ok(expr) => expr,
            Err(error) => return Err(EvalError::InGroup { group, error }),
        };
        self.spend(1 + text.len() / 16)?;
        self.path.push(group);
        let result = body(self, expr.root());
        self.path.pop();
        result
    }

    /// Collects the keys of predicates, in groups too.
    pub fn keys(
        &mut self,
        chain: &Chain,
        source: Option<&str>,
        keys: &mut BTreeSet<&'static str>,
    ) -> Result<(), EvalError> {
        for node in chain.nodes() {
            match node {
                Node::Where(predicate) => {
                    keys.insert(predicate.key);
                }
                Node::Nested(chain) => self.keys(chain, source, keys)?,
                Node::Group(own, pattern) => {
                    let source = own.as_deref().or(source);
                    for name in expanded(pattern) {
                        let label = label(source, &name);
                        if self.groups.insert(label.clone(), HostSet::new()).is_none()
                            || self.path.contains(&label)
                        {
                            self.within(source, &name, |this, chain| {
                                this.keys(chain, source, keys)
                            })?;
                        }
                    }
                }
                Node::All | Node::Names(..) | Node::Glob(..) => {}
            }
        }
        Ok(())
    }

    fn state(&mut self, stated: &Stated, names: &[HostName]) {
        if stated.is_nothing() {
            return;
        }
        for name in names {
            let item = stated.on(name.clone());
            match self.items.get_mut(name) {
                Some(known) => known.update(item),
                None => {
                    self.items.insert(name.clone(), item);
                }
            }
        }
    }

    fn spend(&mut self, names: usize) -> Result<(), EvalError> {
        self.work = self.work.saturating_add(names);
        if self.work > MAX_WORK { Err(EvalError::TooMuch) } else { Ok(()) }
    }
}

/// The names of a pattern whose count was checked when it was read.
pub(crate) fn expanded(pattern: &Pattern) -> Vec<String> {
    let mut names = Vec::new();
    pattern.expand(|name| names.push(name.to_owned()));
    names
}

fn label(source: Option<&str>, name: &str) -> String {
    match source {
        Some(source) => format!("@{source}:{name}"),
        None => format!("@{name}"),
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownGroup { group } => {
                write!(f, "there is no group `{group}`; define it in the configuration")
            }
            Self::GroupCycle { path } => {
                write!(f, "a group contains itself: {}; remove one mention", path.join(" -> "))
            }
            Self::GroupsTooDeep { group } => {
                write!(f, "groups within groups more than {MAX_GROUP_DEPTH} deep, at `{group}`")
            }
            Self::InGroup { group, error } => {
                write!(f, "the definition of `{group}` is wrong: {error}")
            }
            Self::NotANumber { host, predicate } => write!(
                f,
                "`{predicate}` compares with a number on {host}; write for instance `load<1`"
            ),
            Self::NeedsVm { text } => {
                write!(f, "`{text}` selects from a running vm; only names can stand here")
            }
            Self::TooMuch => write!(
                f,
                "the expression goes through more than {MAX_WORK} names, which is the limit; \
                 simplify it"
            ),
        }
    }
}

impl std::error::Error for EvalError {}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::Eval(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SetError {}
