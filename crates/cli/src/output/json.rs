//! `--json`: one object a line. For each line of output
//! `{"host":"lab1","rank":0,"fd":1,"text":"...\n"}` (`"base64"` where it is no UTF-8), for each
//! process `{"host":"lab1","rank":0,"status":{"code":0},"elapsed_ms":5}`, and at last
//! `{"summary":{...}}`. A line above 64 KiB is several objects. The texts of one descriptor, put
//! together, are its exact bytes. Everything goes to stdout. Called by the front end of a command.

use super::base64::base64;
use super::escape::is_hidden;
use super::limits::BLOCK_BYTES;
use super::lines::Lines;
use super::outlet::Key;
use super::{Labels, Outlet, Sink, Status, Summary, status_text};
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub struct Json {
    outlet: Outlet,
    labels: Arc<Labels>,
    lines: Lines,
    summary: Summary,
}

#[derive(Serialize)]
struct Output<'a> {
    host: &'a str,
    rank: u32,
    fd: u16,
    #[serde(flatten)]
    bytes: Bytes<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Bytes<'a> {
    Text(&'a str),
    Base64(String),
}

#[derive(Serialize)]
struct Exit<'a> {
    host: &'a str,
    rank: u32,
    status: Ending,
    elapsed_ms: u128,
}

/// With `error` also what is known of the work, and the code that it counts for.
#[derive(Serialize)]
#[serde(rename_all = "lowercase", untagged)]
enum Ending {
    Code { code: u8 },
    Signal { signal: u8 },
    Error { error: String, outcome: String, counts: u8 },
}

#[derive(Serialize)]
struct Last {
    summary: Counts,
}

#[derive(Serialize)]
struct Counts {
    processes: usize,
    succeeded: u32,
    failed: u32,
    unfinished: u32,
    code: u8,
}

impl Json {
    pub fn new(labels: Arc<Labels>, outlet: Outlet) -> Json {
        let summary = Summary::new(labels.size());
        Json { outlet, labels, lines: Lines::new(), summary }
    }
}

impl Sink for Json {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], end: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        let Json { outlet, labels, lines, .. } = self;
        lines.push((rank, fd), bytes, end, &mut |key, piece| write(outlet, labels, key, piece))?;
        outlet.commit()
    }

    fn exit(&mut self, rank: u32, status: &Status, elapsed: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        self.summary.exit(rank, status);
        let Json { outlet, labels, lines, .. } = self;
        lines.stop(rank, &mut |key, piece| write(outlet, labels, key, piece))?;
        let elapsed_ms = elapsed.as_millis();
        let exit = Exit { host: labels.name(rank), rank, status: ending(status), elapsed_ms };
        say(outlet, &exit)?;
        outlet.commit()
    }

    fn finish(self: Box<Self>) -> io::Result<Outlet> {
        let Json { mut outlet, labels, mut lines, summary } = *self;
        lines.finish(&mut |key, piece| write(&mut outlet, &labels, key, piece))?;
        let summary = Counts {
            processes: summary.size(),
            succeeded: summary.succeeded(),
            failed: summary.failed(),
            unfinished: summary.unfinished(),
            code: summary.code(),
        };
        say(&mut outlet, &Last { summary })?;
        outlet.flush()?;
        Ok(outlet)
    }
}

fn write(outlet: &mut Outlet, labels: &Labels, key: Key, piece: &[u8]) -> io::Result<()> {
    let (rank, fd) = key;
    for mut line in piece.split_inclusive(|byte| *byte == b'\n') {
        while !line.is_empty() {
            let (part, rest) = line.split_at(part_length(line));
            line = rest;
            let bytes = match std::str::from_utf8(part) {
                Ok(text) => Bytes::Text(text),
                Err(_) => Bytes::Base64(base64(part)),
            };
            say(outlet, &Output { host: labels.name(rank), rank, fd, bytes })?;
        }
    }
    Ok(())
}

/// What goes into one object: up to a block, and no character is cut in two.
fn part_length(line: &[u8]) -> usize {
    if line.len() <= BLOCK_BYTES {
        return line.len();
    }
    let is_start = |at: &usize| line[*at] & 0xc0 != 0x80;
    (BLOCK_BYTES - 3..=BLOCK_BYTES).rev().find(is_start).unwrap_or(BLOCK_BYTES)
}

fn ending(status: &Status) -> Ending {
    let outcome = match status {
        Status::Exited(code) => return Ending::Code { code: *code },
        Status::Signaled(signal) => return Ending::Signal { signal: *signal },
        Status::NotStarted { .. } => "NotDone".to_owned(),
        Status::TimedOut => "Unknown".to_owned(),
        // Done, NotDone or Unknown, as the documents call them.
        Status::Lost { outcome, .. } => format!("{outcome:?}"),
    };
    Ending::Error { error: status_text(status), outcome, counts: status.code() }
}

fn say(outlet: &mut Outlet, object: &impl Serialize) -> io::Result<()> {
    let mut line = harmless(serde_json::to_string(object)?);
    line.push('\n');
    outlet.say(1, &line)
}

/// The same JSON; what a terminal would obey is written as `\u....`, since JSON itself asks this
/// only of the first 32 characters.
fn harmless(line: String) -> String {
    let obeyed = |c: char| c == '\x7f' || is_hidden(c);
    if !line.contains(obeyed) {
        return line;
    }
    let mut safe = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match obeyed(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                safe += &format!("\\u{unit:04x}");
            }),
            false => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::{Screen, over, whole};
    use super::super::sink::Outcome;
    use super::*;

    fn json(hosts: &[&str], screen: &Screen) -> Box<Json> {
        Box::new(Json::new(Arc::new(Labels::new(hosts)), screen.files()))
    }

    #[test]
    fn lines_and_ends_are_objects() {
        let screen = Screen::new();
        let mut sink = json(&["a", "b", "c", "d"], &screen);
        sink.output(0, 1, b"caf\xc3", false).unwrap();
        whole(&mut *sink, 1, 2, "x\n\"y\"\x1b");
        sink.output(0, 1, b"\xa9\n\xff", true).unwrap();
        over(&mut *sink, 0);
        sink.exit(1, &Status::Signaled(9), Duration::from_secs(2)).unwrap();
        let lost = Status::Lost { why: "gone".to_owned(), outcome: Outcome::Unknown };
        sink.exit(2, &lost, Duration::ZERO).unwrap();
        sink.output(3, 1, b"part", false).unwrap();
        sink.finish().unwrap();
        let want = r#"{"host":"b","rank":1,"fd":2,"text":"x\n"}
{"host":"b","rank":1,"fd":2,"text":"\"y\"\u001b"}
{"host":"a","rank":0,"fd":1,"text":"café\n"}
{"host":"a","rank":0,"fd":1,"base64":"/w=="}
{"host":"a","rank":0,"status":{"code":0},"elapsed_ms":5}
{"host":"b","rank":1,"status":{"signal":9},"elapsed_ms":2000}
{"host":"c","rank":2,"status":{"error":"GONE","outcome":"Unknown","counts":255},"elapsed_ms":0}
{"host":"d","rank":3,"fd":1,"text":"part"}
{"summary":{"processes":4,"succeeded":1,"failed":2,"unfinished":1,"code":255}}
"#;
        assert_eq!(screen.out(), want.replace("GONE", "lost (gone); it may have run"));
        assert_eq!(screen.err(), "");
    }

    #[test]
    fn a_long_line_is_several_objects_of_whole_characters() {
        let screen = Screen::new();
        let mut sink = json(&["a"], &screen);
        let long = "日本".repeat(40_000);
        whole(&mut *sink, 0, 1, &long);
        let out = screen.out();
        let texts: Vec<String> = out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|object| object["text"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!((texts.len(), texts.concat()), (4, long));
    }

    #[test]
    fn a_terminal_is_safe_and_the_text_exact() {
        let screen = Screen::new();
        let mut sink = json(&["a"], &screen);
        let text = "\x1b[2J \u{9b}2J \x7f \u{202e} \u{e0041} é";
        whole(&mut *sink, 0, 1, text);
        let out = screen.out();
        assert!(!out.trim_end().contains(|c: char| c.is_control() || is_hidden(c)), "{out}");
        let object: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(object["text"], text);
    }

    #[test]
    fn names_of_hosts_are_exact() {
        let screen = Screen::new();
        let mut sink = json(&["a\x1b\n"], &screen);
        whole(&mut *sink, 0, 1, "x\n");
        assert_eq!(
            screen.out().lines().next().unwrap(),
            r#"{"host":"a\u001b\n","rank":0,"fd":1,"text":"x\n"}"#
        );
    }
}
