//! What the command line of `cargo xtask bench` asks for.
//!
//! Called by `mod.rs`.

use anyhow::{Context, Result, bail};

use super::spec::Spec;

pub struct Plan {
    /// Names of rows (`T1`, `M5`); none means all.
    pub rows: Vec<String>,
    pub rounds: usize,
    /// Write the table into the documentation?
    pub write: bool,
}

impl Plan {
    pub fn read(args: &[String]) -> Result<Plan> {
        let mut plan = Plan { rows: vec![], rounds: 5, write: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--write" => plan.write = true,
                "--rounds" => {
                    let count = args.next().and_then(|count| count.parse().ok());
                    plan.rounds = count.filter(|n| *n > 0).context("--rounds needs a number")?;
                }
                row if row.starts_with(['T', 'M', 'J']) => plan.rows.push(row.to_owned()),
                other => {
                    bail!("bench knows T1 .., M1 .., J1 .., --rounds N and --write, not '{other}'")
                }
            }
        }
        Ok(plan)
    }

    /// Those of a level's rows that are asked for; a name without its letter means both forms.
    pub fn choose(&self, rows: &[&'static Spec]) -> Result<Vec<&'static Spec>> {
        if self.write && !self.rows.is_empty() {
            bail!("--write wants all rows: a page holds one run");
        }
        let is = |spec: &Spec, name: &String| {
            spec.name == name || spec.name.trim_end_matches(char::is_alphabetic) == name
        };
        let unknown = self.rows.iter().find(|name| !rows.iter().any(|spec| is(spec, name)));
        if let Some(name) = unknown {
            let names: Vec<&str> = rows.iter().map(|spec| spec.name).collect();
            bail!("no row {name}; there are {}", names.join(", "));
        }
        let wanted = |spec: &&'static Spec| {
            self.rows.is_empty() || self.rows.iter().any(|name| is(spec, name))
        };
        Ok(rows.iter().copied().filter(wanted).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::bench::contest::Contest;
    use crate::bench::figure::Measure;
    use crate::bench::spec::Spec;

    fn read(line: &str) -> anyhow::Result<Plan> {
        Plan::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn rows_and_options_are_read() {
        let plan = read("T1 --rounds 3 T4 --write").unwrap();
        assert_eq!((plan.rows.join(" ").as_str(), plan.rounds, plan.write), ("T1 T4", 3, true));
        assert!(read("--rounds 0").is_err());
        assert!(read("fast").is_err());
    }

    #[test]
    fn a_name_without_its_letter_is_all_forms() {
        const fn spec(name: &'static str) -> Spec {
            let run = |_: &Contest| anyhow::bail!("not run");
            Spec { name, what: "", target: "", measure: Measure::Value, judge: |_| None, run }
        }
        const ROWS: [&Spec; 3] = [&spec("M1a"), &spec("M1b"), &spec("M10")];
        let names = |line| -> anyhow::Result<Vec<&str>> {
            Ok(read(line)?.choose(&ROWS)?.iter().map(|spec| spec.name).collect())
        };
        assert_eq!(names("M1").unwrap(), ["M1a", "M1b"]);
        assert_eq!(names("M10 M1b").unwrap(), ["M1b", "M10"]);
        assert_eq!(names("").unwrap().len(), 3);
        assert!(names("M2").is_err() && names("M10 --write").is_err());
    }
}
