//! The mark that a command leaves in the environment of everything it starts, and how it is read
//! back from a process. Written by `environment.rs`, read by `family.rs`.

use super::family::Family;
use posse_wire::{CommandId, Rank};

/// `<vm>.<command id>`.
pub const TOKEN_NAME: &str = "POSSE_TOKEN";

/// Put this into the environment of launchers (ssh and what it leaves behind): they and their
/// descendants are then spared until the vm is over.
pub const LAUNCH_MARK: (&str, &str) = (TOKEN_NAME, "launch");

pub(super) const RANK_NAME: &str = "POSSE_RANK";

/// To whom a process belongs, as its environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Family(Family),
    Launch,
    None,
}

pub(super) fn of(vm: &str, command: CommandId) -> String {
    format!("{vm}.{}", command.0)
}

/// Reads what /proc/PID/environ holds.
pub(super) fn read(environ: &[u8]) -> Mark {
    let value = |name: &str| {
        let mut entries = environ.split(|byte| *byte == 0);
        entries.find_map(|entry| {
            let rest = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            std::str::from_utf8(rest).ok()
        })
    };
    let Some(token) = value(TOKEN_NAME) else { return Mark::None };
    if token == LAUNCH_MARK.1 {
        return Mark::Launch;
    }
    let Some(command) = token.rsplit_once('.').and_then(|(_, id)| id.parse().ok()) else {
        return Mark::None;
    };
    let rank = value(RANK_NAME).and_then(|rank| rank.parse().ok()).map_or(Rank::ALL, Rank);
    Mark::Family(Family { command: CommandId(command), rank })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back() {
        let environ = |token: &str| format!("A=1\0POSSE_TOKEN={token}\0POSSE_RANK=3\0");
        let family = Family { command: CommandId(77), rank: Rank(3) };
        let written = of("my.lab", family.command);
        assert_eq!(read(environ(&written).as_bytes()), Mark::Family(family));
        assert_eq!(read(environ("launch").as_bytes()), Mark::Launch);
        assert_eq!(read(environ("x").as_bytes()), Mark::None);
        assert_eq!(read(b"MY_POSSE_TOKEN=lab.1\0"), Mark::None);
        let whole = Family { rank: Rank::ALL, ..family };
        assert_eq!(read(b"POSSE_TOKEN=lab.77"), Mark::Family(whole));
    }
}
