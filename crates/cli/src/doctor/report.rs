//! The findings of `posse doctor`: a line each, good or bad, and what to type where it is bad.
//! Printed as they come. Called by the other files of this folder.

use crate::error::Kind;
use crate::output::visible;
use crate::tell;
use serde_json::json;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Ok,
    /// It works, or may work, and something is to be known.
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    pub text: String,
    pub hint: String,
}

impl Finding {
    pub fn ok(text: impl Into<String>) -> Finding {
        Finding { level: Level::Ok, text: text.into(), hint: String::new() }
    }

    pub fn warn(text: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { level: Level::Warn, text: text.into(), hint: hint.into() }
    }

    pub fn fail(text: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { level: Level::Fail, text: text.into(), hint: hint.into() }
    }
}

/// Prints findings and remembers the worst.
pub struct Report {
    json: bool,
    worst: Level,
}

impl Report {
    pub fn new(json: bool) -> Report {
        Report { json, worst: Level::Ok }
    }

    /// Whose findings follow.
    pub fn head(&self, title: &str) {
        if !self.json {
            tell::say(&visible(title.as_bytes()));
        }
    }

    pub fn add(&mut self, finding: &Finding) {
        let Finding { level, text, hint } = finding;
        self.worst = self.worst.max(*level);
        let word = match level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        if self.json {
            let object = json!({ "level": word, "text": text, "hint": hint });
            return tell::say(&object.to_string());
        }
        tell::say(&visible(format!("  {word:4}  {text}").as_bytes()));
        if !hint.is_empty() {
            tell::say(&visible(format!("        hint: {hint}").as_bytes()));
        }
    }

    /// Warnings are no failure.
    pub fn code(&self) -> u8 {
        if self.worst == Level::Fail { Kind::Hosts.code() } else { 0 }
    }
}
