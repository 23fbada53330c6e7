//! One row of the conformance table: what is run and how its output is compared. Data only.
//! Called by `table` and the tests.

use std::fmt;
use std::path::PathBuf;

use crate::places::pvm;
use crate::{Normal, Order};

/// From where the programs of a row come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Compiled from their sources.
    Source,
    /// As Debian ships them, unmodified.
    Debian,
}

/// Lines that posse says otherwise than PVM, and why that is right.
#[derive(Debug, Clone, Copy)]
pub struct Differs {
    pub why: &'static str,
    /// Whole lines as they were recorded, one after the other.
    pub pvm: &'static str,
    /// What stands there instead; empty for nothing.
    pub posse: &'static str,
}

/// A program of the set, or several that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Also the name of its file in `expected/`.
    pub name: &'static str,
    /// Lines of shell, run on the owner's machine with the programs in PATH and the functions of
    /// `machine/inside.sh`: `console UNTIL LINE...` types at PVM's console, `await FILE WORDS`
    /// waits.
    pub script: &'static str,
    pub hosts: u32,
    /// It hangs if it takes longer.
    pub seconds: u32,
    pub normal: Normal,
    /// The forms in which there are its programs. What was recorded is of the first.
    pub forms: &'static [Form],
    /// In the order in which they come.
    pub differs: &'static [Differs],
    /// On posse the script is started by hand on the owner's machine, where it outlives the vm.
    pub by_hand: bool,
}

const BOTH: &[Form] = &[Form::Source, Form::Debian];

impl Row {
    /// A row on four hosts whose output is determined, of programs that Debian has as well.
    #[must_use]
    pub const fn new(name: &'static str, script: &'static str) -> Row {
        let normal = Normal {
            order: Order::AsWritten,
            decimal: false,
            numbers: false,
            bare: false,
            without: &[],
        };
        let (differs, by_hand): (&[Differs], bool) = (&[], false);
        Row { name, script, hosts: 4, seconds: 30, normal, forms: BOTH, differs, by_hand }
    }

    /// Programs of which Debian has no ready form.
    #[must_use]
    pub const fn source_only(mut self) -> Row {
        self.forms = &[Form::Source];
        self
    }

    /// Programs whose sources are not among the examples.
    #[must_use]
    pub const fn debian_only(mut self) -> Row {
        self.forms = &[Form::Debian];
        self
    }

    #[must_use]
    pub const fn hosts(mut self, hosts: u32) -> Row {
        self.hosts = hosts;
        self
    }

    #[must_use]
    pub const fn order(mut self, order: Order) -> Row {
        self.normal.order = order;
        self
    }

    /// Prints ids as decimal numbers.
    #[must_use]
    pub const fn decimal(mut self) -> Row {
        self.normal.decimal = true;
        self
    }

    /// Prints times or other figures that differ from run to run.
    #[must_use]
    pub const fn numbers(mut self) -> Row {
        self.normal.numbers = true;
        self
    }

    /// Prints ids as hexadecimal numbers without a sign.
    #[must_use]
    pub const fn bare(mut self) -> Row {
        self.normal.bare = true;
        self
    }

    /// Lines with one of these may come or not, or are nobody's business.
    #[must_use]
    pub const fn without(mut self, words: &'static [&'static str]) -> Row {
        self.normal.without = words;
        self
    }

    /// What is different on posse. One that does not occur is an error.
    #[must_use]
    pub const fn differs(mut self, differs: &'static [Differs]) -> Row {
        self.differs = differs;
        self
    }

    /// Its script ends the machine.
    #[must_use]
    pub const fn by_hand(mut self) -> Row {
        self.by_hand = true;
        self
    }

    /// What the real system said, recorded.
    #[must_use]
    pub fn expected(&self) -> PathBuf {
        pvm("expected").join(self.name).with_extension("txt")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
