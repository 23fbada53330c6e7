//! The first stage run by the real shells of this machine, with a script standing in for the
//! binary: who gets which arguments, which bytes come through, and what is said when it fails.

mod places;
mod run;
mod shells;
