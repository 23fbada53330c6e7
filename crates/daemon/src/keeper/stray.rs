//! Descriptors that whoever called `posse up` happened to leave open over an exec: a lock of
//! flock(1), a jobserver, a test harness's pipe. A daemon must not hold them for days, and safe
//! code cannot close a number that it does not own; so a shell does it on the way. Called by
//! `launch.rs`.

use std::ffi::OsString;
use std::path::Path;

/// O_CLOEXEC, as /proc/self/fdinfo prints it in octal.
const CLOSES_ON_EXEC: u32 = 0o2_000_000;

/// The numbers from 3 that a child would inherit.
pub fn strays() -> Vec<u32> {
    let Ok(folder) = std::fs::read_dir("/proc/self/fd") else { return vec![] };
    let numbers = folder.flatten().filter_map(|item| item.file_name().to_str()?.parse().ok());
    let mut found: Vec<u32> = numbers.filter(|number| *number > 2 && is_kept(*number)).collect();
    found.sort_unstable();
    found
}

fn is_kept(number: u32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & CLOSES_ON_EXEC == 0)
}

/// Words to put before a command line so that it runs without `strays`; none where there are
/// none. POSIX gives a shell nine descriptors; bash takes any number.
pub fn closing(strays: &[u32]) -> Vec<OsString> {
    let bash = Path::new("/bin/bash");
    let needs_bash = strays.iter().any(|number| *number > 9);
    let (shell, most) =
        if needs_bash && bash.exists() { ("/bin/bash", u32::MAX) } else { ("/bin/sh", 9) };
    let closed: Vec<String> =
        strays.iter().filter(|n| **n <= most).map(|number| format!("{number}>&-")).collect();
    if closed.is_empty() {
        return vec![];
    }
    let script = format!("exec {}; exec \"$@\"", closed.join(" "));
    [shell, "-c", &script, "posse"].map(OsString::from).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_closes_what_is_open() {
        assert!(closing(&[]).is_empty());
        let words = closing(&[3, 9]);
        assert_eq!(words[0], "/bin/sh");
        assert_eq!(words[2], "exec 3>&- 9>&-; exec \"$@\"");
    }
}
