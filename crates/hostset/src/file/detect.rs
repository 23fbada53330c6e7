//! Guessing the format of a host file from marks that only one format has. Wrong guesses show
//! as line errors; the caller can name the format. Called by `file`.

use std::net::IpAddr;

use super::{Format, significant};

/// The most telling format that any line has a mark of.
pub(super) fn format(text: &str) -> Format {
    let marks = text.lines().map(significant).filter(|line| !line.is_empty()).map(mark);
    marks.max_by_key(|format| weight(*format)).unwrap_or(Format::Plain)
}

fn weight(format: Format) -> u8 {
    match format {
        Format::Plain => 0,
        Format::Dsh => 1,
        Format::Mpi => 2,
        Format::Gxp => 3,
        Format::Pvm => 4,
    }
}

fn mark(line: &str) -> Format {
    let mut tokens = line.split_whitespace();
    let first = tokens.next().unwrap_or("");
    let second = tokens.next();
    let pvm = ["lo=", "so=", "dx=", "ep=", "sp=", "wd=", "bx=", "ip="];
    let has_option = line.split_whitespace().skip(1).any(|t| pvm.iter().any(|p| t.starts_with(p)));
    if first == "*" || first.starts_with('&') || has_option {
        Format::Pvm
    } else if second.is_some() && is_gxp(first) {
        Format::Gxp
    } else if line.contains("slots=") || line.contains("slots =") || has_slots(first) {
        Format::Mpi
    } else if first.find('@').is_some_and(|at| at > 0) && !first.contains("://") {
        Format::Dsh
    } else {
        Format::Plain
    }
}

fn is_gxp(first: &str) -> bool {
    matches!(first, "use" | "explore" | "gxpc") || first.parse::<IpAddr>().is_ok()
}

/// `name:4`, and not an IPv6 address.
fn has_slots(token: &str) -> bool {
    let Some((name, slots)) = token.rsplit_once(':') else { return false };
    !name.contains(':') && !slots.is_empty() && slots.bytes().all(|b| b.is_ascii_digit())
}
