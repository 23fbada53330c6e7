//! Output of children, line by line with their tids, as `pvm_catchout` prints it.
//!
//! Says which bytes to write and which tasks are still to be heard; the file is the program's.
//! Fed by `task/handler.rs`.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::Tid;
use crate::limits::{ENDED_MAX, LINE_BYTES_MAX};
use crate::notices::Heard;

/// Where it goes: a C stream, or a test's vector.
pub type Sink = Box<dyn FnMut(&[u8]) + Send>;

#[derive(Default)]
pub struct Catch {
    sink: Option<Sink>,
    /// Was there ever one: what was asked for goes on being asked for.
    set: bool,
    /// Unfinished lines of tasks that have begun and not ended.
    lines: HashMap<Tid, Vec<u8>>,
    /// Spawned by this task and not ended.
    expected: HashSet<Tid>,
    /// The last that ended unexpected: another thread may be about to learn of its spawn.
    ended: VecDeque<Tid>,
}

impl Catch {
    /// True the first time that there is a sink.
    pub fn set(&mut self, sink: Option<Sink>) -> bool {
        let first = !self.set && sink.is_some();
        self.set |= sink.is_some();
        self.sink = sink;
        first
    }

    pub fn expect(&mut self, tid: Tid) {
        match self.ended.iter().position(|ended| *ended == tid) {
            Some(at) => drop(self.ended.remove(at)),
            None => drop(self.expected.insert(tid)),
        }
    }

    /// Is there a task whose output has not ended, and somewhere for it to go?
    pub fn awaits_more(&self) -> bool {
        self.sink.is_some() && !(self.lines.is_empty() && self.expected.is_empty())
    }

    pub fn hear(&mut self, heard: Heard, show_tids: bool) {
        let mut out = Lines { text: vec![], show_tids };
        match heard {
            Heard::Began(tid, _) => self.begin(tid, &mut out),
            Heard::Text(tid, text) => self.split(tid, &text, &mut out),
            Heard::Ended(tid) => self.end(tid, &mut out),
        }
        if let Some(sink) = &mut self.sink
            && !out.text.is_empty()
        {
            sink(&out.text);
        }
    }

    /// A grandchild is announced twice: by its spawn, and when it runs.
    fn begin(&mut self, tid: Tid, out: &mut Lines) {
        if self.lines.insert(tid, vec![]).is_none() {
            out.mark(tid, "BEGIN");
        }
    }

    fn end(&mut self, tid: Tid, out: &mut Lines) {
        let rest = self.lines.remove(&tid).unwrap_or_default();
        if !self.expected.remove(&tid) {
            if self.ended.len() == ENDED_MAX {
                self.ended.pop_front();
            }
            self.ended.push_back(tid);
        }
        if !rest.is_empty() {
            out.line(tid, &rest);
        }
        out.mark(tid, "EOF");
    }

    /// Whole lines; what is left waits for its end, so that tasks do not break each other's.
    fn split(&mut self, tid: Tid, more: &[u8], out: &mut Lines) {
        let open = self.lines.entry(tid).or_default();
        for part in more.split_inclusive(|byte| *byte == b'\n') {
            open.extend_from_slice(part.strip_suffix(b"\n").unwrap_or(part));
            if part.ends_with(b"\n") || open.len() >= LINE_BYTES_MAX {
                out.line(tid, open);
                open.clear();
            }
        }
    }
}

/// What is to be written, with tids (`PvmShowTids`) or without.
struct Lines {
    text: Vec<u8>,
    show_tids: bool,
}

impl Lines {
    fn line(&mut self, tid: Tid, content: &[u8]) {
        if self.show_tids {
            self.text.extend(format!("[{tid}] ").into_bytes());
        }
        self.text.extend_from_slice(content);
        self.text.push(b'\n');
    }

    /// A word that is no task's own.
    fn mark(&mut self, tid: Tid, word: &str) {
        if self.show_tids {
            self.line(tid, word.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const CHILD: Tid = Tid(0x40002);

    fn caught() -> (Catch, Arc<Mutex<Vec<u8>>>) {
        let written = Arc::new(Mutex::new(vec![]));
        let copy = written.clone();
        let mut catch = Catch::default();
        let sink: Sink = Box::new(move |text| copy.lock().expect("alone").extend_from_slice(text));
        assert!(catch.set(Some(sink)));
        (catch, written)
    }

    fn text(written: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(written.lock().expect("alone").clone()).expect("is text")
    }

    #[test]
    fn lines_get_the_tid() {
        let (mut catch, written) = caught();
        catch.expect(CHILD);
        assert!(catch.awaits_more());
        catch.hear(Heard::Began(CHILD, None), true);
        catch.hear(Heard::Text(CHILD, b"one\ntw".into()), true);
        catch.hear(Heard::Text(CHILD, b"o\nrest".into()), true);
        catch.hear(Heard::Ended(CHILD), true);
        assert!(!catch.awaits_more());
        let want = "[t40002] BEGIN\n[t40002] one\n[t40002] two\n[t40002] rest\n[t40002] EOF\n";
        assert_eq!(text(&written), want);
    }

    #[test]
    fn without_tids_there_are_the_lines_alone() {
        let (mut catch, written) = caught();
        for heard in
            [Heard::Began(CHILD, None), Heard::Text(CHILD, b"one\ntwo".into()), Heard::Ended(CHILD)]
        {
            catch.hear(heard, false);
        }
        assert_eq!(text(&written), "one\ntwo\n");
    }

    #[test]
    fn one_that_ended_before_it_was_expected_is_not_awaited() {
        let (mut catch, _) = caught();
        catch.hear(Heard::Began(CHILD, None), true);
        catch.hear(Heard::Ended(CHILD), true);
        catch.expect(CHILD);
        assert!(!catch.awaits_more());
    }
}
