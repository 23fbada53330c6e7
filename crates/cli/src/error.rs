//! What a command can fail with, six kinds with an exit code each. How the processes of a command
//! ended is not an error of this kind: that is the exit status of `posse e`.

use std::fmt;

/// The class of a failure; scripts branch on its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Asked and answered: no such name, or somebody else's: 1.
    No,
    /// The command line makes no sense: 2, as usual.
    Usage,
    /// A file of the user's (configuration, host file) is unusable: 3.
    Config,
    /// The vm is not there, or its daemon cannot be reached: 4.
    Vm,
    /// Some hosts did not do what was asked: 5.
    Hosts,
    /// This computer stands in the way (disk, descriptors) or posse has a fault: 70.
    System,
}

/// A failed command: what happened, and what to type next.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub text: String,
    pub hint: Option<String>,
}

impl Kind {
    pub fn code(self) -> u8 {
        match self {
            Kind::No => 1,
            Kind::Usage => 2,
            Kind::Config => 3,
            Kind::Vm => 4,
            Kind::Hosts => 5,
            Kind::System => 70,
        }
    }
}

impl Error {
    pub fn new(kind: Kind, text: impl Into<String>) -> Error {
        Error { kind, text: text.into(), hint: None }
    }

    pub fn usage(text: impl Into<String>) -> Error {
        Error::new(Kind::Usage, text)
    }

    pub fn config(text: impl Into<String>) -> Error {
        Error::new(Kind::Config, text)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<posse::Error> for Error {
    fn from(error: posse::Error) -> Error {
        use posse::Error as E;
        if let E::NoVm { name } = &error {
            return no_vm(name);
        }
        let kind = match &error {
            E::NoVm { .. } | E::Disconnected { .. } | E::Refused { .. } => Kind::Vm,
            E::Protocol { .. } | E::NotStarted { .. } | E::TimedOut { .. } => Kind::Vm,
            E::Selection { .. } | E::NoHosts | E::NotMembers { .. } | E::NoSuchNumber { .. } => {
                Kind::Usage
            }
            E::Command(_) => Kind::Usage,
            E::NotDone { .. } => Kind::Hosts,
            E::Elsewhere(_) => Kind::Vm,
            E::Key(_) => Kind::Config,
            E::Registry { .. } => Kind::Vm,
            E::NameTaken { .. } | E::NoSuchName { .. } => Kind::No,
            _ => Kind::System,
        };
        Error::new(kind, error.to_string())
    }
}

/// Other vms that are asked whether they are up, for a hint.
const OTHERS_TRIED: usize = 16;

/// Names the vms that there are instead: `--vm` may be forgotten.
fn no_vm(name: &str) -> Error {
    let others: Vec<String> = posse::existing_vms().unwrap_or_default();
    let answers = |other: &String| other != name && posse::Vm::connect(other).is_ok();
    let others: Vec<String> = others.into_iter().take(OTHERS_TRIED).filter(answers).collect();
    let hint = match &others[..] {
        [] => "`posse up HOST…` makes one".to_owned(),
        others => {
            let list = others.join(", ");
            format!("`posse up HOST…` makes one; others are up, chosen by --vm: {list}")
        }
    };
    Error::new(Kind::Vm, format!("no vm `{name}` is up")).hint(hint)
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::new(Kind::System, error.to_string())
    }
}
