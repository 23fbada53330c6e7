//! What PVM's library (`bindings/pvm`) and PVM's console (`cli/src/pvm`) must agree about: how
//! tasks are named, what a spawned one is told, and where tasks say something about themselves.
//! Values only; nothing else here knows of PVM.

pub mod classes;
mod heard;
mod inherit;
mod tid;

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

/// All messages of PVM's, among those of the vm.
pub const SCOPE: Scope = Scope { face: 1, context: 0 };
