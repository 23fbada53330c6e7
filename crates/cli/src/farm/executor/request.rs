//! What a workflow manager may ask.

use crate::error::Error;
use crate::farm::mistake;
use posse_work::{Batch, Command, Grid, Needs, Rules, Shared, Text, units};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug)]
pub enum Request {
    Submit(Box<Submit>),
    Poll(Tasks),
    Wait(Wait),
    Cancel(Tasks),
}

/// One task.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Submit {
    /// A line for the shell, or
    pub command: Option<String>,
    /// a program and its arguments.
    pub argv: Option<Vec<String>>,
    pub cores: Option<Amount>,
    pub memory: Option<Amount>,
    pub hosts: String,
    pub directory: Option<String>,
    pub environment: BTreeMap<String, String>,
    pub stdin: Option<String>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
    pub time_limit: Option<Amount>,
    pub retries: u16,
    pub nice: Option<i8>,
}

/// Numbers may be written as texts with a unit.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub enum Amount {
    Text(String),
    Number(serde_json::Number),
}

/// `3.17`, each.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Tasks {
    /// Those of this session, where none are named.
    pub tasks: Option<Vec<String>>,
}

/// Answered when one of them is over, or after so many seconds.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    pub tasks: Vec<String>,
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Request {
    pub fn read(mut map: Map<String, Value>) -> Result<Request, Error> {
        let hint = r#"{"do": "submit", "command": "..."}, or poll, wait, cancel"#;
        let word = map.remove("do");
        match word.as_ref().and_then(Value::as_str) {
            Some("submit") => Ok(Request::Submit(Box::new(of(map)?))),
            Some("poll") => Ok(Request::Poll(of(map)?)),
            Some("wait") => Ok(Request::Wait(of(map)?)),
            Some("cancel") => Ok(Request::Cancel(of(map)?)),
            Some(word) => Err(Error::usage(format!("`{word}` can not be done")).hint(hint)),
            None => Err(Error::usage("`do` is missing").hint(hint)),
        }
    }
}

fn of<T: DeserializeOwned>(map: Map<String, Value>) -> Result<T, Error> {
    serde_json::from_value(Value::Object(map)).map_err(|why| Error::usage(why.to_string()))
}

impl Amount {
    fn text(&self) -> String {
        match self {
            Amount::Text(text) => text.clone(),
            Amount::Number(number) => number.to_string(),
        }
    }
}

impl Submit {
    /// As a batch of one task. Nothing in it is a place for a value.
    pub fn batch(self) -> Result<Batch, Error> {
        let command = match (self.command, self.argv) {
            (Some(line), None) if !line.trim().is_empty() => Command::Shell(Text::plain(line)),
            (None, Some(words)) if !words.is_empty() => {
                Command::Argv(words.into_iter().map(Text::plain).collect())
            }
            _ => return Err(Error::usage("give `command`, a line, or `argv`, a list of words")),
        };
        let amount = |amount: &Option<Amount>| amount.as_ref().map(Amount::text);
        let cores = amount(&self.cores).map(|text| units::thousandths(&text));
        let memory = amount(&self.memory).map(|text| units::bytes(&text));
        let limit = amount(&self.time_limit).map(|text| units::duration(&text));
        let environment = self.environment.into_iter();
        let mut batch = Batch::new(command, Grid::single());
        batch.shared = Shared {
            environment: environment.map(|(name, value)| (name, Text::plain(value))).collect(),
            directory: self.directory.map(Text::plain),
            stdin: self.stdin.map(Text::plain),
            stdout: self.stdout.map(Text::plain),
            stderr: self.stderr.map(Text::plain),
            needs: Needs {
                cores: cores.transpose().map_err(mistake)?.unwrap_or(Needs::default().cores),
                memory: memory.transpose().map_err(mistake)?.unwrap_or(0),
                hosts: self.hosts,
                ..Needs::default()
            },
            rules: Rules {
                time_limit: limit.transpose().map_err(mistake)?,
                retries: self.retries,
                nice: self.nice,
                // Workflow managers count on a task's files to be written by one.
                second_copy: false,
                ..Rules::default()
            },
            ..Shared::default()
        };
        Ok(batch)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, Error> {
        Request::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_task_is_read_with_its_needs() {
        let text = r#"{"do": "submit", "command": "echo {}", "cores": 2, "memory": "4G",
            "time_limit": 90, "environment": {"A": "b"}}"#;
        let Ok(Request::Submit(submit)) = read(text) else { panic!() };
        let batch = submit.batch().unwrap();
        assert_eq!(batch.command_line(0), "echo {}");
        assert_eq!((batch.shared.needs.cores, batch.shared.needs.memory), (2000, 4 << 30));
        assert_eq!(batch.shared.rules.time_limit.unwrap().as_secs(), 90);
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (text, told) in [
            (r#"{"do": "dance"}"#, "`dance`"),
            (r#"{}"#, "`do` is missing"),
            (r#"{"do": "submit", "comand": "x"}"#, "unknown field `comand`"),
            (r#"{"do": "wait"}"#, "missing field `tasks`"),
        ] {
            assert!(read(text).unwrap_err().text.contains(told), "{text}");
        }
        let Ok(Request::Submit(submit)) = read(r#"{"do": "submit"}"#) else { panic!() };
        assert!(submit.batch().unwrap_err().text.contains("give `command`"));
    }
}
