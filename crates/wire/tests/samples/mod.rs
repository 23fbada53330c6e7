//! What the tests of the wire are made from; a test uses what it needs of it.

#![allow(dead_code)]

mod frames;

pub use frames::*;
