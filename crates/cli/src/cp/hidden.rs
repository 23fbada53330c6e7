//! What `posse receive` and `posse send` have in common: where home is, and how they say what is
//! wrong. They run on the hosts, started by a front end, never typed.

use rustix::process::umask;
use std::process::ExitCode;

/// `~` is where hosts start anyway.
pub fn at_home(path: &str) -> &str {
    match path.strip_prefix('~') {
        Some("") => ".",
        Some(rest) if rest.starts_with('/') => match rest.trim_start_matches('/') {
            "" => ".",
            rest => rest,
        },
        _ if path.is_empty() => ".",
        _ => path,
    }
}

/// The process's own, which can only be read by setting it.
pub fn own_umask() -> u32 {
    let mask = umask(rustix::fs::Mode::from_raw_mode(0o077));
    umask(mask);
    mask.as_raw_mode()
}

/// Each line to stderr, where the front end adds the host's name.
pub fn complain(lines: &[String]) -> ExitCode {
    use std::io::Write;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let _nobody_listens = std::io::stderr().write_all(text.as_bytes());
    if lines.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// So that the two ends of a pipe wake each other less often. For the pipes of 128 hosts on one
/// computer it stays below what the kernel gives one user.
pub fn widen(pipe: impl std::os::fd::AsFd) {
    const WANTED: usize = 256 * 1024;
    let _it_works_with_less = rustix::pipe::fcntl_setpipe_size(pipe, WANTED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_where_it_starts() {
        for (path, there) in [("", "."), ("~", "."), ("~/", "."), ("~/a", "a"), ("~a", "~a")] {
            assert_eq!(at_home(path), there);
        }
        assert_eq!(at_home("/x"), "/x");
    }
}
