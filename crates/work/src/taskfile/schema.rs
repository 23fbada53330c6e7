//! The keys of a task file, as serde reads them. What they mean is `shape`'s.

use std::collections::BTreeMap;

use serde::Deserialize;

/// All keys that there are, for suggestions.
pub(super) const KEYS: [&str; 37] = [
    "name",
    "directory",
    "environment",
    "defaults",
    "task",
    "run",
    "argv",
    "parameters",
    "zip",
    "array",
    "needs",
    "inputs",
    "outputs",
    "time_limit",
    "priority",
    "retries",
    "retry_statuses",
    "after",
    "stdin",
    "stdout",
    "stderr",
    "nice",
    "at_once",
    "cores",
    "memory",
    "gpus",
    "hosts",
    "resources",
    "label",
    "tasks",
    "env",
    "memory_limit",
    "pin",
    "checkpoint",
    "signal",
    "status",
    "within",
];

/// The whole file.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub name: String,
    /// What a task has that does not say otherwise.
    #[serde(default)]
    pub defaults: Task,
    #[serde(default, alias = "tasks")]
    pub task: Vec<Task>,
}

/// One task, or many by parameters or an array.
#[derive(Deserialize, Debug, Default, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    #[serde(default)]
    pub name: String,
    pub run: Option<String>,
    pub argv: Option<Vec<String>>,
    #[serde(default)]
    pub parameters: Vec<String>,
    #[serde(default)]
    pub zip: bool,
    pub array: Option<Word>,
    #[serde(default)]
    pub needs: Needs,
    #[serde(default)]
    pub inputs: Vec<Files>,
    #[serde(default)]
    pub outputs: Vec<Files>,
    pub time_limit: Option<Word>,
    pub priority: Option<i16>,
    pub retries: Option<u16>,
    pub retry_statuses: Option<Vec<u8>>,
    #[serde(default)]
    pub after: Names,
    #[serde(default, alias = "env")]
    pub environment: BTreeMap<String, Word>,
    pub directory: Option<String>,
    pub stdin: Option<String>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
    pub label: Option<String>,
    pub nice: Option<i8>,
    pub at_once: Option<u32>,
    pub memory_limit: Option<Word>,
    pub pin: Option<bool>,
    pub checkpoint: Option<Checkpoint>,
}

#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    pub signal: Word,
    pub status: Option<u8>,
    pub within: Option<Word>,
}

#[derive(Deserialize, Debug, Default, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Needs {
    pub cores: Option<Word>,
    pub memory: Option<Word>,
    pub gpus: Option<Word>,
    pub hosts: Option<String>,
    #[serde(default)]
    pub resources: BTreeMap<String, Word>,
}

/// A number or text; `cores = 2` and `cores = "2"` mean the same.
#[derive(Deserialize, Debug, Clone)]
#[serde(untagged)]
pub(super) enum Word {
    Whole(i64),
    Number(f64),
    Text(String),
}

impl Word {
    pub fn text(&self) -> String {
        match self {
            Word::Whole(number) => number.to_string(),
            Word::Number(number) => number.to_string(),
            Word::Text(text) => text.clone(),
        }
    }
}

/// A path that is the same on both sides, or one for each.
#[derive(Deserialize, Debug, Clone)]
#[serde(untagged)]
pub(super) enum Files {
    Same(String),
    Two { from: String, to: String },
}

/// A name, or several.
#[derive(Deserialize, Debug, Clone)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Names::Several(Vec::new())
    }
}

impl Names {
    pub fn all(&self) -> &[String] {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Several(names) => names,
        }
    }
}
