//! What tasks print while they run, put together: each byte once and in its order, however parts
//! come, with what is missing when the task is over. Called by `posse log -f` and by `parallel`.

use posse::farm::{Lease, Output, Part};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How lines of several tasks are kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// As they come.
    Bytes,
    /// Whole lines, and what is left when the task is over.
    Lines,
}

/// What of running attempts was shown.
pub struct Live {
    by: By,
    streams: BTreeMap<(Lease, bool), Stream>,
}

#[derive(Default)]
struct Stream {
    /// So many bytes were taken.
    taken: u64,
    /// The beginning of a line.
    begun: Vec<u8>,
}

impl Live {
    pub fn new(by: By) -> Live {
        Live { by, streams: BTreeMap::new() }
    }

    /// What of a part can be shown now.
    pub fn part(&mut self, part: &Part) -> Vec<u8> {
        let stream = self.streams.entry((part.lease, part.is_error)).or_default();
        // Beyond a gap nothing is shown before the end.
        let known = stream.taken.checked_sub(part.at).and_then(|known| usize::try_from(known).ok());
        let new = known.and_then(|known| part.bytes.get(known..)).unwrap_or_default();
        stream.taken += new.len() as u64;
        match self.by {
            By::Bytes => new.to_vec(),
            By::Lines => stream.lines(new),
        }
    }

    /// An attempt is over: what was not shown of its two streams.
    pub fn rest(&mut self, output: &Output) -> (Vec<u8>, Vec<u8>) {
        let mut rest = |is_error, whole: &[u8]| {
            let stream = self.streams.remove(&(output.lease, is_error)).unwrap_or_default();
            let from = usize::try_from(stream.taken).unwrap_or(usize::MAX);
            [&stream.begun, whole.get(from..).unwrap_or_default()].concat()
        };
        (rest(false, &output.stdout), rest(true, &output.stderr))
    }
}

impl Stream {
    fn lines(&mut self, new: &[u8]) -> Vec<u8> {
        self.begun.extend_from_slice(new);
        let end = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = self.begun.split_off(end);
        std::mem::replace(&mut self.begun, rest)
    }
}

/// Bytes as they came; with a label, it stands before each line, and the last one ends where
/// `ends_lines` says so.
pub fn print(to: &mut dyn Write, bytes: &[u8], label: &str, ends_lines: bool) -> io::Result<()> {
    if label.is_empty() {
        to.write_all(bytes)?;
        return to.flush();
    }
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        to.write_all(label.as_bytes())?;
        to.write_all(line)?;
        if ends_lines && !line.ends_with(b"\n") {
            to.write_all(b"\n")?;
        }
    }
    to.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse::farm::{Epoch, JobId, TaskId};

    fn lease(index: u32) -> Lease {
        Lease { task: TaskId { job: JobId(1), index }, epoch: Epoch(1), attempt: 1 }
    }

    fn part(index: u32, at: u64, text: &str) -> Part {
        Part { lease: lease(index), is_error: false, at, bytes: text.into() }
    }

    fn output(index: u32, text: &str) -> Output {
        let (stdout, stderr) = (text.into(), b"e".to_vec());
        Output { lease: lease(index), stdout, stderr, dropped: 0 }
    }

    #[test]
    fn each_byte_is_shown_once_whatever_is_lost_or_doubled() {
        let mut live = Live::new(By::Bytes);
        assert_eq!(live.part(&part(0, 0, "abc")), b"abc");
        assert_eq!(live.part(&part(0, 0, "abcd")), b"d");
        assert_eq!(live.part(&part(0, 2, "c")), b"");
        assert_eq!(live.part(&part(0, 9, "j")), b"");
        assert_eq!(live.part(&part(0, 4, "e")), b"e");
        assert_eq!(live.rest(&output(0, "abcdefghij")), (b"fghij".to_vec(), b"e".to_vec()));
        assert_eq!(live.rest(&output(1, "all")), (b"all".to_vec(), b"e".to_vec()));
        assert!(live.streams.is_empty());
    }

    #[test]
    fn lines_are_whole() {
        let mut live = Live::new(By::Lines);
        assert_eq!(live.part(&part(0, 0, "ab")), b"");
        assert_eq!(live.part(&part(0, 2, "c\nd")), b"abc\n");
        assert_eq!(live.rest(&output(0, "abc\nde")).0, b"de");
    }
}
