//! Selecting hosts: the expressions that people type, the sets they mean, and the shortest
//! text for a set. Everything here is pure: no I/O, no clock, no globals, no dependencies.
//! The command line, host files, groups in the configuration and the labels of folded output
//! all go through this crate; starting anything on a host is not its business.
//!
//! # Names and ranges
//!
//! An expression names hosts as ClusterShell's `NodeSet` does: ranges in brackets, zero
//! padding, steps, several brackets in one name, commas inside and outside. A [`HostSet`]
//! prints itself folded, several dimensions included, to the letter as ClusterShell would:
//!
//! ```
//! use posse_hostset::HostSet;
//!
//! let set: HostSet = "lab3,lab[1-2],gpu01,gpu[02-04],rack1n[1-2],rack2n[1-2]".parse()?;
//! assert_eq!(set.len(), 11);
//! assert_eq!(set.to_string(), "gpu[01-04],lab[1-3],rack[1-2]n[1-2]");
//!
//! let even: HostSet = "n[000-010/2]".parse()?;
//! assert_eq!(even.to_string(), "n[000,002,004,006,008,010]");
//! # Ok::<(), posse_hostset::SetError>(())
//! ```
//!
//! Names iterate in natural order (`n2` before `n10`). A [`HostName`] has been checked:
//! nothing that begins with `-`, and no space, control byte or shell character, can ever reach
//! an argv.
//!
//! # Algebra
//!
//! `,` and `+` join, `!` and ` - ` (with spaces around) remove, `&` keeps what is in both, `^`
//! what is in exactly one. All have one precedence and run from left to right, as in
//! ClusterShell; parentheses group. The same operations are methods of [`HostSet`].
//!
//! ```
//! # use posse_hostset::HostSet;
//! let set = |text: &str| text.parse::<HostSet>().map(|set| set.to_string());
//! assert_eq!(set("lab[1-9] - lab7")?, "lab[1-6,8-9]");
//! assert_eq!(set("lab[1-9]!lab7&lab[6-8]")?, "lab[6,8]");
//! assert_eq!(set("a,b&b,c")?, "b,c");
//! assert_eq!(set("a,(b,c)&(c,d)")?, "c");
//! # Ok::<(), posse_hostset::SetError>(())
//! ```
//!
//! # What needs a vm
//!
//! `all`, globs (`istbs???`), groups (`@gpu`, `@rack:r1`) and predicates (`load<1`) select
//! from something. The caller says from what by implementing [`Universe`] (globs may select from
//! more than `all` means: [`Universe::named`]); if
//! [`Expr::needs_attributes`] (or, through groups, [`Expr::keys`]) says so, it asks the hosts
//! before. The keys are [`KEYS`]; numbers take `K M G T` and `ms us %`; texts compare by
//! natural order, and `=` takes `*` and `?`.
//!
//! ```
//! use posse_hostset::{Expr, HostSet, Universe, Value};
//!
//! struct Lab(HostSet);
//!
//! impl Universe for Lab {
//!     fn known(&self) -> &HostSet {
//!         &self.0
//!     }
//!     fn group(&self, _source: Option<&str>, name: &str) -> Option<String> {
//!         (name == "old").then(|| "lab[1-3]".to_owned())
//!     }
//!     fn attribute(&self, host: &str, key: &str) -> Option<Value> {
//!         (key == "cores").then(|| Value::Number(if host == "lab5" { 64.0 } else { 4.0 }))
//!     }
//! }
//!
//! let lab = Lab("lab[1-5],gate".parse()?);
//! let select = |text| Expr::parse(text).unwrap().eval(&lab).unwrap().to_string();
//! assert_eq!(select("all - @old"), "gate,lab[4-5]");
//! assert_eq!(select("lab? & cores>=8"), "lab5");
//! # Ok::<(), posse_hostset::SetError>(())
//! ```
//!
//! # More than a name
//!
//! `user@host`, `ssh://user@host:port` and `name:slots` say something about a host. Algebra
//! goes by the name alone; [`Expr::eval_items`] gives the selected hosts with what was said.
//! [`HostFile`] does the same for host files of five formats; [`known`] finds the names that files
//! of other programs hold.
//!
//! ```
//! use posse_hostset::{Expr, HostFile};
//!
//! let items = Expr::parse("lab[1-2]:4, root@lab2")?.items().unwrap();
//! assert_eq!((items[1].user.as_deref(), items[1].slots), (Some("root"), Some(4)));
//!
//! let file = HostFile::parse("* ep=/opt/bin\nsparky lo=alice\nlab[1-2\n", None);
//! assert_eq!(file.items[0].to_string(), "alice@sparky");
//! assert_eq!(file.items[0].option("ep"), Some("/opt/bin"));
//! assert_eq!(file.report(), "line 3: lab[1-2: column 4: `[` is never closed; add `]`");
//! # Ok::<(), posse_hostset::ParseError>(())
//! ```
//!
//! # Errors and limits
//!
//! A [`ParseError`] has a column and says what to write instead. [`limits`] holds all bounds:
//! ranges are counted before anything is allocated.
//!
//! ```
//! use posse_hostset::Expr;
//!
//! let error = Expr::parse("gate,lab[5-1]").unwrap_err();
//! assert_eq!(error.to_string(), "column 10: the range 5-1 runs backwards; write 1-5");
//! assert_eq!(error.pointer(), "gate,lab[5-1]\n         ^");
//! assert!(Expr::parse("n[1-1000]m[1-1000]").unwrap_err().to_string().contains("65536"));
//! ```
//!
//! # Where it differs from ClusterShell
//!
//! A property test holds expansion and folding equal to the installed ClusterShell's. On
//! purpose otherwise:
//!
//! - Names are letters, digits, `.`, `_`, `-`, and IPv6 addresses; ClusterShell takes almost
//!   anything, spaces included. `all` is every host; parentheses, `+`, ` - `, `<`, `=`, `>`
//!   have a meaning; a name followed by `:` and a number has slots, by a port after `://`.
//! - Digits before or behind a bracket are joined as text: `n1[8-12]` is `n18`, `n19`, `n110`,
//!   `n111`, `n112` (ClusterShell: `n18` to `n112`). So brackets may also touch,
//!   `n[1-2][0-9]`, and a step may be followed by digits.
//! - No negative numbers in brackets: `n[-3-3]` would name `n-3`.
//! - The empty text is an error as an expression (it is the empty set as a [`HostSet`]); an
//!   unknown or empty group name is an error, not the empty set; `@@source` is not known.
//! - Numbers in brackets have at most 19 digits; longer runs in a name are text and do not
//!   fold.

// A failed unwrap in a test is the test's failure.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod error;
mod eval;
mod expr;
mod file;
mod fold;
mod glob;
mod item;
pub mod known;
pub mod limits;
mod name;
mod natural;
mod parse;
mod pattern;
mod predicate;
mod set;

pub use error::{ParseError, Problem};
pub use eval::{EvalError, SetError, Universe};
pub use expr::Expr;
pub use file::{Format, HostFile, LineError, Login, UnknownFormat};
pub use glob::matches;
pub use item::HostItem;
pub use name::{HostName, NameError, NameProblem};
pub use predicate::{KEYS, Value};
pub use set::HostSet;
