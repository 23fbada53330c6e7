//! pdsh: its flags, `host: line` on stdout and stderr, its messages and exit status, on the hosts
//! of a vm. 0 unless -S was given, then the largest status, with ssh's 255 for a host that cannot
//! be reached and for a command whose time was over.

mod interactive;
mod options;
mod run;
mod targets;
mod text;

pub use run::main;
