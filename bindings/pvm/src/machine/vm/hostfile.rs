//! What a line of a PVM hostfile says, as far as posse can do it.
//!
//! Strings alone. Called by `change.rs`.

use posse::{HostRequest, Launcher};

use crate::code::{PvmError, Result};

/// A name and options: `lo=` is the user there, `sp=` its [`speed`]; the others choose what posse
/// chooses itself.
pub fn request(line: &str) -> Result<HostRequest> {
    let mut words = line.split_whitespace();
    let name = words.next().ok_or(PvmError::BadParam)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if !name.bytes().all(is_name) || name.starts_with('-') {
        return Err(PvmError::BadParam);
    }
    let mut user = None;
    for word in words {
        match word.split_once('=') {
            Some(("lo", value)) => user = Some(value.to_owned()),
            Some(("so" | "dx" | "ep" | "wd" | "sp" | "bx" | "ip" | "id", _)) => {}
            _ => return Err(PvmError::BadParam),
        }
    }
    let launcher = if is_local(name) { Launcher::Local } else { Launcher::Ssh };
    Ok(HostRequest { name: name.to_owned(), user, port: None, slots: None, launcher })
}

/// The speed that a line states, `sp=`, from 1 to 1,000,000 as PVM has it.
pub fn speed(line: &str) -> Option<u32> {
    let value = line.split_whitespace().find_map(|word| word.strip_prefix("sp="))?;
    value.parse().ok().filter(|speed| (1..=1_000_000).contains(speed))
}

/// As `posse up` reads such names: another daemon on the owner's machine.
fn is_local(name: &str) -> bool {
    name.strip_prefix("local").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_options() {
        let host = request("lab1 lo=anna ep=/x").map(|host| (host.name, host.user, host.launcher));
        assert_eq!(host, Ok(("lab1".into(), Some("anna".into()), Launcher::Ssh)));
        assert_eq!(request("local3").map(|host| host.launcher), Ok(Launcher::Local));
        let speeds = ["lab1 sp=500", "lab1 lo=a", "lab1 sp=x", "lab1 sp=0"].map(speed);
        assert_eq!(speeds, [Some(500), None, None, None]);
        for bad in ["", "a b", "lab1 xx=1", "-a", "a;b"] {
            assert_eq!(request(bad).map(|host| host.name), Err(PvmError::BadParam), "{bad}");
        }
    }
}
