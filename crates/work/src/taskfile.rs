//! Task files: jobs in TOML or JSON, with needs, inputs, outputs, dependencies and arrays. The
//! schema stands in docs/reference/task-files.md. Called by `posse submit -f`; files that the
//! parameters name are handed in.

mod array;
mod graph;
mod schema;
mod shape;

use serde::de::DeserializeOwned;

use crate::limits::{NAMED_TASKS_MAX, TASK_FILE_BYTES_MAX};
use crate::mistake::{Mistake, Result};
use crate::near::suggestion;
use crate::sweep::Read;
use crate::task::Work;
use schema::{File, KEYS};

/// How a task file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Toml,
    Json,
}

impl Syntax {
    /// By the file's name, or by its first character.
    pub fn of(path: &str, text: &str) -> Syntax {
        let lower = path.to_ascii_lowercase();
        let begins = text.trim_start().starts_with('{');
        if lower.ends_with(".json") || (begins && !lower.ends_with(".toml")) {
            Syntax::Json
        } else {
            Syntax::Toml
        }
    }
}

/// Reads a task file.
///
/// ```
/// use posse_work::taskfile::{Syntax, read};
///
/// let text = r#"
/// [[task]]
/// name = "build"
/// run = "make sim"
///
/// [[task]]
/// name = "sim"
/// run = "./sim {size}"
/// parameters = ["size=512K,1M"]
/// needs = { cores = 2, memory = "4G" }
/// after = ["build"]
/// "#;
/// let work = read(text, Syntax::Toml, &mut |_| Err("no files".to_owned()))?;
/// assert_eq!(work.len(), 3);
/// assert_eq!(work.batches[1].command_line(1), "./sim 1M");
/// assert_eq!(work.batches[1].after, [0]);
/// # Ok::<(), posse_work::Mistake>(())
/// ```
pub fn read(text: &str, syntax: Syntax, read: Read<'_>) -> Result<Work> {
    if text.len() > TASK_FILE_BYTES_MAX {
        let what = format!("{} bytes; the limit is {TASK_FILE_BYTES_MAX}", text.len());
        return Err(Mistake::new(what).hint("use parameters or an array instead of single tasks"));
    }
    let file: File = match syntax {
        Syntax::Toml => from_toml(text)?,
        Syntax::Json => from_json(text)?,
    };
    if file.task.is_empty() {
        let mistake = Mistake::new("the file has no tasks");
        return Err(mistake.hint("write [[task]] and below it: run = \"COMMAND\""));
    }
    if file.task.len() > NAMED_TASKS_MAX {
        let what = format!("{} tasks one by one; the limit is {NAMED_TASKS_MAX}", file.task.len());
        return Err(Mistake::new(what).hint("use parameters or an array"));
    }
    let order = graph::order(&file.task)?;
    shape::work(file, order, read)
}

fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let mistake = advise(error.message());
        let Some(span) = error.span() else { return mistake };
        let start = (0..=span.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let start = start.unwrap_or(0);
        let line = text[..start].matches('\n').count() + 1;
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let shown = text[begin..].lines().next().unwrap_or("");
        mistake.line(line).at(shown, start - begin, span.len())
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let told = error.to_string();
        let what = told.split(" at line ").next().unwrap_or(&told);
        let shown = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
        advise(what).line(error.line()).at(shown, error.column().saturating_sub(1), 1)
    })
}

/// The parser's message, with the key that was probably meant.
fn advise(message: &str) -> Mistake {
    let mistake = Mistake::new(message.split('\n').next().unwrap_or(message));
    let word = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match word.and_then(|word| suggestion(word, KEYS.iter().copied())) {
        Some(hint) => mistake.hint(hint),
        None => mistake,
    }
}

#[cfg(test)]
mod tests;
