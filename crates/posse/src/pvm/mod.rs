//! What PVM's library (`bindings/pvm`) and PVM's console (`cli/src/pvm`) must agree about: how
//! tasks are named, what a spawned one is told, and where tasks say something about themselves.
//! Values only; nothing else here knows of PVM.

pub mod classes;
mod heard;
mod inherit;
mod tid;

use crate::Placement;
use crate::message::Scope;
pub use heard::Heard;
pub use inherit::Inherited;
pub use tid::Tid;

/// PVM's name of an architecture that `uname -m` calls so.
pub fn arch(machine: &str) -> String {
    match machine {
        "x86_64" => "LINUX64".to_owned(),
        "aarch64" => "LINUXARM64".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

/// The variable that says how a spawn chooses hosts; tasks hand it on to those that they spawn.
pub const PLACEMENT: &str = "POSSE_PLACEMENT";

/// Its value for PVM's own way; any other is by load and speed.
pub const ROUND_ROBIN: &str = "round-robin";

/// The variable by which a spawn sends programs to hosts that have none of their name, unless it is
/// empty; handed on as well.
pub const STAGE: &str = "POSSE_STAGE";

/// What [`PLACEMENT`] says.
pub fn placement(value: Option<&str>) -> Placement {
    if value == Some(ROUND_ROBIN) { Placement::RoundRobin } else { Placement::ByLoad }
}

/// All messages of PVM's, among those of the vm.
pub const SCOPE: Scope = Scope { face: 1, context: 0 };
