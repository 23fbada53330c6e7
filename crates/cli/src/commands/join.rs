//! `posse join`: this computer becomes a host of somebody's vm, by a code.

use super::Outcome;
use crate::error::{Error, Kind};
use crate::limits::CODE_BYTES_MAX;
use crate::tell;
use posse_daemon::{JoinError, Joining};
use std::io::Read;

/// Let the vm whose owner gave you a code use this computer
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  \
        posse join CODE --when-idle --until 08:00\n  \
        posse join - < code      where other users must not see the code\n  \
        posse leave              before its time\n\n\
        It dials out only, to the machine of who invites, and nothing listens here. The owner of\n\
        that vm can start programs here as you: join whom you trust. It goes on in the background\n\
        until its time is over, `posse leave` is typed here or `posse remove` there.")]
pub struct Args {
    /// What `posse invite` printed there; `-`: from stdin
    code: String,
    /// What this computer is to be called there [default: its own name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Work only while nobody uses this computer
    #[arg(long)]
    when_idle: bool,
    /// Leave at this time of the day
    #[arg(long, value_name = "HH:MM", value_parser = minute)]
    until: Option<u16>,
}

pub fn run(args: &Args) -> Outcome {
    let mut code = args.code.clone();
    if code == "-" {
        code.clear();
        std::io::stdin().take(CODE_BYTES_MAX).read_to_string(&mut code)?;
    }
    let name = args.name.clone().unwrap_or_else(own_name);
    let wish = Joining { code, name, when_idle: args.when_idle, until: args.until };
    let joined = posse_daemon::join(&wish).map_err(|error| {
        let kind = if matches!(error, JoinError::Code(_)) { Kind::Usage } else { Kind::Vm };
        Error::new(kind, error.to_string())
    })?;
    tell::say(&format!("{} is a host of the vm `{}` now", joined.name, joined.vm));
    Ok(0)
}

/// Without the domain, as people call it.
fn own_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// `08:00`, as minutes since midnight.
fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is no time of the day; 08:00 is one");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, below: u16| {
        let two = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &u16| two && *number < below)
    };
    match (number(hours, 24), number(minutes, 60)) {
        (Some(hours), Some(minutes)) => Ok(hours * 60 + minutes),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::minute;

    #[test]
    fn a_time_of_the_day_has_two_numbers() {
        assert_eq!(
            (minute("08:00"), minute("8:00"), minute("23:59")),
            (Ok(480), Ok(480), Ok(1439))
        );
        for bad in ["", "8", "24:00", "08:60", "+8:00", "008:00", "08:00:00"] {
            assert!(minute(bad).is_err(), "{bad}");
        }
    }
}
