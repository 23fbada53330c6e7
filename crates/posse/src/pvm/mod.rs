//! What PVM's library (`bindings/pvm`) and PVM's console (`cli/src/pvm`) must agree about: how
//! tasks are named, what a spawned one is told, and where tasks say something about themselves.
//! Values only; nothing else here knows of PVM.

pub mod classes;
mod heard;
mod inherit;
mod tid;

pub use heard::Heard;
pub use inherit::Inherited;
pub use tid::Tid;

use crate::message::Scope;

/// All messages of PVM's, among those of the vm.
pub const SCOPE: Scope = Scope { face: 1, context: 0 };
