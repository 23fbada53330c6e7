//! `posse events`: what happened to the vm.

use super::Outcome;
use crate::error::Error;
use crate::output::visible;
use crate::{run, tell};
use posse::{Event, Happening};
use serde_json::json;
use std::time::Instant;

/// Print what happened to the vm: hosts that came and went, commands
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  posse events              what the daemon remembers\n  \
        posse events -f           and what comes\n  posse events -f --json | jq .")]
pub struct Args {
    /// Go on with what comes, until ^C
    #[arg(short, long)]
    follow: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    let mut events = vm.events(true)?;
    // When this is answered, all that is remembered has arrived.
    vm.commands()?;
    loop {
        let deadline = (!args.follow).then(Instant::now);
        let event = match events.next_event(deadline) {
            Err(posse::Error::Deadline) => return Ok(0),
            event => event.map_err(Error::from)?,
        };
        let missed = events.missed();
        if missed > 0 {
            tell::note(&format!("{missed} events were lost: they came faster than they were read"));
        }
        tell::say(&if args.json { object(&event) } else { line(&event) });
    }
}

fn line(event: &Event) -> String {
    let name = &event.name;
    let what = match &event.what {
        Happening::HostUp { incarnation } if incarnation.0 > 1 => {
            format!("{name} is up again ({})", incarnation.0)
        }
        Happening::HostUp { .. } => format!("{name} is up"),
        Happening::HostSuspect { silent_ms } => {
            format!("{name} is silent for {:.1} s", *silent_ms as f64 / 1000.0)
        }
        Happening::HostTrusted => format!("{name} is back"),
        Happening::HostDown { why } => format!("{name} is down: {why}"),
        Happening::LinkLost { why } => {
            format!("the link to {name} is lost, another way is looked for: {why}")
        }
        Happening::Leads { .. } => format!("{name} leads the vm now"),
        Happening::HostRemoved => format!("{name} was removed"),
        Happening::LaunchFailed { why } => format!("{name} did not come up: {why}"),
        Happening::CommandStarted { number, title, size } => {
            format!("command {number} started ({size}): {title}")
        }
        Happening::CommandOver { number, code } => format!("command {number} over: exit {code}"),
    };
    visible(format!("{}  {}", clock(event.at_ms), what.replace('\n', " ")).as_bytes())
}

fn object(event: &Event) -> String {
    let mut object = json!({ "at_ms": event.at_ms, "host": event.name, "number": event.host.0 });
    let (what, more) = match &event.what {
        Happening::HostUp { incarnation } => ("host-up", json!({"incarnation": incarnation.0})),
        Happening::HostSuspect { silent_ms } => ("host-suspect", json!({"silent_ms": silent_ms})),
        Happening::HostTrusted => ("host-trusted", json!({})),
        Happening::HostDown { why } => ("host-down", json!({"why": why})),
        Happening::LinkLost { why } => ("link-lost", json!({"why": why})),
        Happening::Leads { lead } => ("leads", json!({"epoch": lead.epoch, "term": lead.term})),
        Happening::HostRemoved => ("host-removed", json!({})),
        Happening::LaunchFailed { why } => ("launch-failed", json!({"why": why})),
        Happening::CommandStarted { number, title, size } => {
            ("command-started", json!({"command": number, "title": title, "size": size}))
        }
        Happening::CommandOver { number, code } => {
            ("command-over", json!({"command": number, "code": code}))
        }
    };
    object["what"] = what.into();
    if let (Some(object), serde_json::Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object.to_string()
}

/// `2026-11-22 17:04:15Z`, from milliseconds since 1970.
fn clock(at_ms: u64) -> String {
    let seconds = at_ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days from 1970 to a date, by eras of 400 years that begin on the first of March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(clock(0), "1970-01-01 00:00:00Z");
        assert_eq!(clock(951_782_400_000), "2000-02-29 00:00:00Z");
        assert_eq!(clock(1_795_367_055_999), "2026-11-22 17:04:15Z");
        assert_eq!(clock(4_107_542_399_000), "2100-02-28 23:59:59Z");
    }
}
