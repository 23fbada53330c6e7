//! dsh, Dancer's shell: the flags, lines and exit status of Debian's `dsh` on the hosts of a vm.
//! The first status that is not 0 is returned; a host that cannot be reached counts as ssh's 255.

mod options;
mod run;
mod text;

pub use run::main;
