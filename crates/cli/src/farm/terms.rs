//! Options of `up` that say on what terms hosts work for jobs: when a borrowed computer may be
//! used, and what a host offers beside cores and memory.

use crate::error::Error;
use posse::farm::{Conditions, Farm, Hours, Terms};
use posse_work::units;
use std::time::Duration;

#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Terms on which the hosts work for jobs")]
pub struct TermsOptions {
    /// Only while nobody uses them: untouched for 10 minutes, others use less than 0.3 cores
    #[arg(long)]
    pub when_idle: bool,
    /// Only when keyboard and terminals were untouched for this long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub keyboard_idle: Option<Duration>,
    /// Only while others use fewer cores than this, such as 0.5
    #[arg(long, value_name = "CORES", value_parser = thousandths)]
    pub load_below: Option<u32>,
    /// Only at these hours of their own time, such as 22-06 or 12:30-13:30,20-08
    #[arg(long, value_name = "FROM-UNTIL", value_parser = hours, value_delimiter = ',')]
    pub hours: Vec<Hours>,
    /// Off the mains: not at all, or only above so many percent
    #[arg(long, value_name = "no|PERCENT", value_parser = battery)]
    pub on_battery: Option<u8>,
    /// Work that is suspended leaves after this time [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub grace: Option<Duration>,
    /// And goes on when the conditions were met for this time [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub resume_after: Option<Duration>,
    /// Each has so many of this for tasks with `--need NAME`; `gpus` says how many GPUs; may be
    /// repeated
    #[arg(long, value_name = "NAME=N", value_parser = resource)]
    pub resource: Vec<(String, u32)>,
    /// Tasks run as nice(1) there [default: 19 where there are conditions, else 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub host_nice: Option<i8>,
    /// Always, with nothing but what is found there, whatever was said before
    #[arg(long, conflicts_with_all = ["when_idle", "keyboard_idle", "load_below", "hours",
        "on_battery", "resource", "host_nice"])]
    pub always: bool,
}

impl TermsOptions {
    /// None where nothing was said.
    pub fn terms(&self) -> Result<Option<Terms>, Error> {
        let idle = if self.when_idle { Conditions::when_idle() } else { Conditions::default() };
        let conditions = Conditions {
            idle_for: self.keyboard_idle.or(idle.idle_for),
            load_below: self.load_below.or(idle.load_below),
            battery_above: self.on_battery,
            hours: self.hours.clone(),
        };
        let usual = Terms::default();
        let mut terms = Terms {
            grace: self.grace.unwrap_or(usual.grace),
            settle: self.resume_after.unwrap_or(usual.settle),
            conditions,
            nice: self.host_nice,
            ..usual.clone()
        };
        for (name, amount) in &self.resource {
            if name == "gpus" {
                let whole = (amount % 1000 == 0).then(|| u16::try_from(amount / 1000).ok());
                let Some(count) = whole.flatten() else {
                    return Err(Error::usage("gpus are whole ones"));
                };
                terms.gpus = Some(count);
            } else {
                terms.named.push((name.clone(), *amount));
            }
        }
        terms.named.sort();
        terms.check().map_err(|error| Error::usage(error.to_string()))?;
        if terms.conditions == Conditions::default()
            && (self.grace.is_some() || self.resume_after.is_some())
        {
            let text = "--grace and --resume-after are for hosts with conditions";
            return Err(Error::usage(text).hint("such as --when-idle"));
        }
        Ok((self.always || terms != usual).then_some(terms))
    }

    /// Told before hosts come, so that none works on other terms for a moment.
    pub fn tell<'a>(
        &self,
        farm: impl FnOnce() -> Farm,
        hosts: impl Iterator<Item = &'a str>,
    ) -> Result<(), Error> {
        let Some(terms) = self.terms()? else { return Ok(()) };
        let farm = farm();
        for host in hosts {
            farm.set_terms(host, terms.clone())?;
        }
        Ok(())
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).map_err(|mistake| mistake.to_string())
}

fn thousandths(text: &str) -> Result<u32, String> {
    units::thousandths(text).map_err(|mistake| mistake.to_string())
}

/// `NAME=N`.
pub fn resource(text: &str) -> Result<(String, u32), String> {
    let (name, amount) = text.split_once('=').ok_or("write NAME=N, such as licence=2")?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("a resource is named by letters, digits and _ - .".to_owned());
    }
    Ok((name.to_owned(), thousandths(amount)?))
}

/// `22-06`, `8:30-17`.
fn hours(text: &str) -> Result<Hours, String> {
    let wrong = || "hours of the day are written as 22-06 or 12:30-13:30".to_owned();
    let (from, until) = text.split_once('-').ok_or_else(wrong)?;
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour <= 24 && minute < 60).then_some((hour * 60 + minute) % (24 * 60))
    };
    let (from, until) = minute(from).zip(minute(until)).ok_or_else(wrong)?;
    Ok(Hours { from, until })
}

/// What a battery must have more than.
fn battery(text: &str) -> Result<u8, String> {
    match text {
        "no" => Ok(100),
        text => {
            let percent = text.trim_end_matches('%').parse().ok().filter(|n: &u8| *n <= 100);
            percent.ok_or_else(|| "`no`, or percent from 0 to 100".to_owned())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_become_terms() {
        assert_eq!(TermsOptions::default().terms().unwrap(), None);
        let always = TermsOptions { always: true, ..TermsOptions::default() };
        assert_eq!(always.terms().unwrap(), Some(Terms::default()));
        let idle = TermsOptions { when_idle: true, load_below: Some(2000), ..Default::default() };
        let terms = idle.terms().unwrap().unwrap();
        assert_eq!(terms.conditions.idle_for, Some(Duration::from_secs(600)));
        assert_eq!((terms.conditions.load_below, terms.nice), (Some(2000), None));
        let has = ["z=1", "gpus=2", "licence=0.5"].map(|word| resource(word).unwrap());
        let has = TermsOptions { resource: has.to_vec(), ..TermsOptions::default() };
        let terms = has.terms().unwrap().unwrap();
        assert_eq!((terms.gpus, terms.named.len(), terms.named[0].1), (Some(2), 2, 500));
        let grace = TermsOptions { grace: Some(Duration::ZERO), ..TermsOptions::default() };
        assert!(grace.terms().is_err());
    }

    #[test]
    fn hours_batteries_and_resources_are_read() {
        assert_eq!(hours("22-06").unwrap(), Hours { from: 22 * 60, until: 6 * 60 });
        assert_eq!(hours("12:30-24").unwrap(), Hours { from: 750, until: 0 });
        for bad in ["", "22", "25-1", "1-1:60", "a-b", "-"] {
            assert!(hours(bad).is_err(), "{bad}");
        }
        assert_eq!((battery("no"), battery("30%"), battery("0")), (Ok(100), Ok(30), Ok(0)));
        assert!(battery("yes").is_err() && battery("101").is_err());
        assert!(resource("x").is_err() && resource("a b=1").is_err() && resource("a=-1").is_err());
    }
}
