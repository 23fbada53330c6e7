//! Makes the one command string that every login shell can run: the first stage and its values.
//!
//! For: filling in `first_stage.sh` and wrapping it. Not for: talking with it (`bootstrap`).
//! Called by `Bootstrap::new`.
//!
//! The string is `sh -c '…' 'part' 'part'… link args…`, in single quotes only and on one line, so
//! that sh, bash, zsh, csh, tcsh, fish and ash read the same words. No `exec` before it, since
//! restricted shells refuse that word. Nothing in it is secret: `ps` shows it.
//!
//! The binary starts in its cache directory, so it must change to its own, with the umask of the
//! login. With `--ram` it inherits descriptor 9, open on itself, and must close it.

use std::fmt::Write;

use super::{Binaries, Cause, Gzip, LaunchError};

const SOURCE: &str = include_str!("first_stage.sh");

/// Words of old csh hold 1,024 bytes; the script travels in pieces below that.
const PART_BYTES: usize = 900;

/// The command of the daemon's binary that every first stage ends in.
const SUBCOMMAND: &str = "link";

/// What the sender looks for in front of every line of the first stage.
pub(super) fn line_prefix(nonce: u64) -> String {
    format!("posse:{nonce:016x}:")
}

/// The command string. `args` follow `posse link`.
pub(super) fn command(
    binaries: &Binaries,
    nonce: u64,
    ram: bool,
    refresh: bool,
    args: &[String],
) -> Result<String, LaunchError> {
    let mut arms = String::new();
    for binary in binaries.iter() {
        let packed = if binary.gzip == Gzip::No { "" } else { "1" };
        // Writing to a String cannot fail.
        let _ = write!(
            arms,
            "\"{}\") h={} z={} g={packed};; ",
            binary.kind,
            binary.hash(),
            binary.plain.len()
        );
    }
    let flag = |set: bool| if set { "1" } else { "" };
    let script = SOURCE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .replace("@NONCE@", &format!("{nonce:016x}"))
        .replace("@FRESH@", flag(refresh))
        .replace("@RAM@", flag(ram))
        .replace("@ARMS@", arms.trim_end());
    wrap(&script, args)
}

fn wrap(script: &str, args: &[String]) -> Result<String, LaunchError> {
    // Parts are cut between bytes of ASCII: `$0$1…` joins them again.
    debug_assert!(script.is_ascii());
    let count = script.len().div_ceil(PART_BYTES);
    let joined: String = (0..count).map(|i| format!("${{{i}}}")).collect();
    let mut command = format!("sh -c 'a={joined}; shift {}; eval \"$a\"'", count - 1);
    for part in script.as_bytes().chunks(PART_BYTES) {
        push_quoted(&mut command, &String::from_utf8_lossy(part))?;
    }
    push_quoted(&mut command, SUBCOMMAND)?;
    for arg in args {
        push_quoted(&mut command, arg)?;
    }
    Ok(command)
}

fn push_quoted(command: &mut String, word: &str) -> Result<(), LaunchError> {
    // What is not ASCII is lost in some shells where the locale is C.
    let unsafe_in_some_shell =
        |c: char| matches!(c, '\'' | '\\' | '!') || c.is_ascii_control() || !c.is_ascii();
    if word.len() > PART_BYTES || word.chars().any(unsafe_in_some_shell) {
        let text = format!("{word:?} cannot be passed through every login shell");
        return Err(LaunchError::new(Cause::BadName, &text));
    }
    command.push_str(" '");
    command.push_str(word);
    command.push('\'');
    Ok(())
}

#[cfg(all(test, feature = "tls"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Binary;
    use super::*;
    use bytes::Bytes;

    fn binaries() -> Binaries {
        let image = Bytes::from_static(b"image");
        let plain = |kind| Binary::new(kind, image.clone(), Gzip::No);
        Binaries::new(vec![plain("Linux x86_64"), plain("Linux aarch64")]).unwrap()
    }

    #[test]
    fn stays_within_what_all_shells_read_alike() {
        let args = ["--vm".to_owned(), "main".to_owned()];
        let command = command(&binaries(), 7, false, true, &args).unwrap();
        assert!(command.is_ascii() && !command.contains(['\n', '\\', '!', '#']));
        assert_eq!(command.matches('\'').count() % 2, 0);
        assert!(command.len() < 4000, "{} bytes", command.len());
        assert!(!command.contains(&line_prefix(7)), "an echo of the command would be believed");
        for word in command.split('\'') {
            assert!(word.len() <= PART_BYTES);
        }
        assert!(command.ends_with(" 'link' '--vm' 'main'"));
    }

    #[test]
    fn words_that_some_shell_would_change_are_refused() {
        let long = "x".repeat(PART_BYTES + 1);
        for bad in ["it's", "a\\b", "a!b", "a\nb", "\u{1b}[2J", "é", &long] {
            let made = command(&binaries(), 7, false, false, &[bad.to_owned()]);
            assert_eq!(made.unwrap_err().cause, Cause::BadName, "{bad:?}");
        }
    }
}
