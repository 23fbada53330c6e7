//! Scripts that complete posse's command line in a shell: clap's own, made of the one definition,
//! with names of hosts asked of `posse complete-hosts`. Called by `commands::completions`.

mod bash;
mod fish;
mod script;
mod zsh;

pub use script::{Shell, script};
