//! Command templates: which braces are places for values, and what a template comes to for
//! tasks of a given number of values. Two dialects share the strings of GNU parallel; in ours,
//! parameters have names and mistakes are found before anything runs. Called by all faces.

mod read;
mod shape;

pub use read::Dialect;

use crate::mistake::{Mistake, Result, Warning};
use posse_farm::{Form, Text};

/// A command or other text as a user wrote it, read but not yet shaped for its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Joined by a space that is never quoted.
    words: Vec<Vec<Part>>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Field { of: Of, form: Form, raw: bool },
    Number,
    Slot,
}

/// Which value a field stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// All values of the task (`{}`).
    Each,
    /// From 0 (`{1}` is 0), or counted from the end: `{-1}` is -1.
    Place(i32),
}

/// How the values of a task stand in its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Values are one word each for the shell.
    pub quote_values: bool,
    /// All of a word is one word for the shell, also what is not from a value (`--quote`).
    pub quote_words: bool,
    /// What touches `{}` is repeated with each value (`-X`), not the value alone (`-m`).
    pub repeat_context: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style { quote_values: true, quote_words: false, repeat_context: false }
    }
}

impl Template {
    /// A template of one text, in posse's dialect: `{name}` of a parameter, `{name!}` without
    /// quotes, and GNU parallel's strings. Anything else in braces stays.
    ///
    /// ```
    /// use posse_work::{Style, Template};
    ///
    /// let (template, warnings) = Template::read("sim {size} | awk '{print $1}'", &["size"])?;
    /// let text = template.shape(1, Style::default());
    /// assert_eq!(text.fill(&["4 M"], 1, 1), "sim '4 M' | awk '{print $1}'");
    /// assert!(warnings.is_empty());
    ///
    /// let (_, warnings) = Template::read("sim {szie}", &["size"])?;
    /// assert!(warnings[0].to_string().contains("did you mean `{size}`?"));
    ///
    /// let wrong = Template::read("sim {1} {2}", &["size"]).unwrap_err();
    /// assert_eq!(wrong.pointer().unwrap(), "sim {1} {2}\n        ^^^");
    /// # Ok::<(), posse_work::Mistake>(())
    /// ```
    pub fn read(text: &str, names: &[&str]) -> Result<(Template, Vec<Warning>)> {
        let mut warnings = Vec::new();
        let word = read::word(text, &Dialect::posse(names), &mut warnings)?;
        Ok((Template { words: vec![word] }, warnings))
    }

    /// A template of words that a space joins, in GNU parallel's dialect. The words are those of
    /// the command line; what they are quoted as stays as it is.
    pub fn of_words(words: &[String], dialect: &Dialect<'_>) -> Result<Template> {
        let mut warnings = Vec::new();
        let words = words.iter().map(|word| read::word(word, dialect, &mut warnings));
        Ok(Template { words: words.collect::<Result<_>>()? })
    }

    /// Whether it has a place for anything.
    pub fn has_fields(&self) -> bool {
        self.words.iter().flatten().any(|part| !matches!(part, Part::Plain(_)))
    }

    /// GNU parallel: a command that is itself (partly) a value is not quoted, since the values
    /// are then commands with their arguments.
    pub(crate) fn begins_with_field(&self) -> bool {
        for part in self.words.first().into_iter().flatten() {
            match part {
                Part::Plain(text) if text.contains([' ', '\t', '\n', '=']) => return false,
                Part::Plain(_) => {}
                _ => return true,
            }
        }
        false
    }

    /// Adds `{}` as a word of its own.
    pub(crate) fn push_each(&mut self) {
        self.words.push(vec![Part::Field { of: Of::Each, form: Form::Whole, raw: false }]);
    }

    /// The text that tasks of `arity` values share.
    pub fn shape(&self, arity: usize, style: Style) -> Text {
        shape::shape(&self.words, arity, style)
    }

    /// Parameters that no field uses, by their place among `count`.
    pub fn unused(&self, count: usize) -> Vec<usize> {
        let mut used = vec![false; count];
        for part in self.words.iter().flatten() {
            match part {
                Part::Field { of: Of::Each, .. } => return Vec::new(),
                Part::Field { of: Of::Place(place), .. } => {
                    if let Some(seen) = shape::resolve(*place, count).and_then(|p| used.get_mut(p))
                    {
                        *seen = true;
                    }
                }
                _ => {}
            }
        }
        (0..count).filter(|place| !used[*place]).collect()
    }
}

/// A command that can run at all: not empty, short enough for the kernel, without NUL.
pub(crate) fn check_command(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Mistake::new("the command is empty").hint("write what each task runs"));
    }
    if text.len() > crate::limits::COMMAND_BYTES_MAX {
        let what = format!(
            "the command has {} bytes; the kernel takes {}",
            text.len(),
            crate::limits::COMMAND_BYTES_MAX
        );
        return Err(Mistake::new(what).hint("put it in a script and run that"));
    }
    if let Some(at) = text.find('\0') {
        return Err(Mistake::new("a NUL byte can not stand in a command").at(text, at, 1));
    }
    Ok(())
}
