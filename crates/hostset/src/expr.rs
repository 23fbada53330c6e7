//! A parsed expression: the tree, and the public face of parsing and evaluating. The tree is
//! flat along operators (65,536 names joined by commas are one `Chain`) and deep only with
//! parentheses. Not for the grammar (`parse`) nor the meaning (`eval`).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::error::ParseError;
use crate::eval::{EvalError, Evaluator, NamesOnly, Universe, expanded};
use crate::item::{HostItem, Stated};
use crate::name::excerpt;
use crate::parse;
use crate::pattern::Pattern;
use crate::predicate::Predicate;
use crate::set::HostSet;

/// A hostset expression. Operators have one precedence and run from left to right, as in
/// ClusterShell; parentheses group.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    text: String,
    root: Chain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Union,
    Difference,
    Intersection,
    Xor,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    pub first: Node,
    pub rest: Vec<(Op, Node)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Every known host.
    All,
    Names(Pattern, Stated),
    /// Masks over known names.
    Glob(Pattern, Stated),
    /// `@source:name`; ranges in the name stand for several groups.
    Group(Option<String>, Pattern),
    Where(Predicate),
    Nested(Box<Chain>),
}

impl Chain {
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, node)| node))
    }

    /// Every operand, those in parentheses too.
    pub fn each<'c>(&'c self, see: &mut impl FnMut(&'c Node)) {
        for node in self.nodes() {
            match node {
                Node::Nested(chain) => chain.each(see),
                node => see(node),
            }
        }
    }

    pub fn any(&self, test: &impl Fn(&Node) -> bool) -> bool {
        self.nodes().any(|node| match node {
            Node::Nested(chain) => chain.any(test),
            node => test(node),
        })
    }
}

impl Expr {
    /// Reads an expression. Nothing is expanded, but what it would expand to is counted.
    pub fn parse(text: &str) -> Result<Expr, ParseError> {
        Ok(Expr { text: text.to_owned(), root: parse::chain(text)? })
    }

    /// The hosts it selects.
    pub fn eval(&self, universe: &impl Universe) -> Result<HostSet, EvalError> {
        Evaluator::new(universe).chain(&self.root, None)
    }

    /// The hosts it selects with what the text says about each (user, port, slots). Of two
    /// statements about one host the later counts.
    pub fn eval_items(&self, universe: &impl Universe) -> Result<Vec<HostItem>, EvalError> {
        let mut evaluator = Evaluator::new(universe);
        let set = evaluator.chain(&self.root, None)?;
        Ok(set.into_iter().map(|name| evaluator.item(name)).collect())
    }

    /// Whether the text itself holds a predicate, so that hosts must be asked first. For
    /// predicates inside groups see [`Expr::keys`].
    pub fn needs_attributes(&self) -> bool {
        self.root.any(&|node| matches!(node, Node::Where(_)))
    }

    /// The keys of all predicates, those in the groups it mentions included.
    pub fn keys(&self, universe: &impl Universe) -> Result<BTreeSet<&'static str>, EvalError> {
        let mut keys = BTreeSet::new();
        Evaluator::new(universe).keys(&self.root, None, &mut keys)?;
        Ok(keys)
    }

    /// The masks that stand in the text itself, for a caller that wants each to match something.
    pub fn masks(&self) -> Vec<String> {
        let mut masks = Vec::new();
        self.root.each(&mut |node| {
            if let Node::Glob(pattern, _) = node {
                masks.extend(expanded(pattern));
            }
        });
        masks
    }

    /// Whether it means something only in a vm: `all`, a group, a glob or a predicate.
    pub fn needs_universe(&self) -> bool {
        self.root.any(&|node| !matches!(node, Node::Names(..)))
    }

    /// The items of an expression that means the same everywhere: an error if it needs a vm.
    pub fn items(&self) -> Result<Vec<HostItem>, EvalError> {
        if self.needs_universe() {
            return Err(EvalError::NeedsVm { text: excerpt(&self.text) });
        }
        self.eval_items(&NamesOnly::default())
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn root(&self) -> &Chain {
        &self.root
    }
}

impl FromStr for Expr {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Expr, ParseError> {
        Expr::parse(text)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
