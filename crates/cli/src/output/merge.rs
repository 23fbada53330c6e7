//! The default mode: whole lines of all hosts as they come, with the host before each if asked.
//!
//! A line never holds bytes of two hosts. Lines wait for their newline in `lines.rs`, whose
//! policy says what becomes of very long ones: a piece of such a line is continued as long as
//! nobody else's line comes between, else it is ended there. A stream's unterminated last line
//! gets a newline only if something follows it. One process without labels is passed through:
//! exact, and prompts are seen at once. Called by the front end of a command.

use super::lines::Lines;
use super::outlet::Key;
use super::{Label, Labels, Outlet, Sink, Status};
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub struct Merge {
    outlet: Outlet,
    labels: Arc<Labels>,
    form: Label,
    lines: Lines,
}

impl Merge {
    pub fn new(labels: Arc<Labels>, outlet: Outlet, form: Label) -> Merge {
        Merge { outlet, labels, form, lines: Lines::new() }
    }

    fn is_direct(&self) -> bool {
        self.labels.size() == 1 && self.form == Label::None
    }
}

impl Sink for Merge {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], end: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        let key = (rank, fd);
        if self.is_direct() {
            self.outlet.bytes(key, bytes)?;
            return self.outlet.commit();
        }
        let Merge { outlet, labels, form, lines } = self;
        lines.push(key, bytes, end, &mut |key, piece| write(outlet, labels, *form, key, piece))?;
        outlet.commit()
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)?;
        let Merge { outlet, labels, form, lines } = self;
        lines.stop(rank, &mut |key, piece| write(outlet, labels, *form, key, piece))?;
        outlet.commit()
    }

    fn finish(self: Box<Self>) -> io::Result<Outlet> {
        let direct = self.is_direct();
        let Merge { mut outlet, labels, form, mut lines } = *self;
        lines.finish(&mut |key, piece| write(&mut outlet, &labels, form, key, piece))?;
        if !direct {
            outlet.end_line(1)?;
            outlet.end_line(2)?;
        }
        outlet.flush()?;
        Ok(outlet)
    }
}

/// One or more lines of one stream, the last perhaps without its newline.
fn write(
    outlet: &mut Outlet,
    labels: &Labels,
    form: Label,
    key: Key,
    piece: &[u8],
) -> io::Result<()> {
    if form == Label::None {
        outlet.begin_line(key)?;
        return outlet.bytes(key, piece);
    }
    for line in piece.split_inclusive(|byte| *byte == b'\n') {
        if outlet.begin_line(key)? {
            outlet.own(key.1, |coloured, into| labels.prefix(key.0, form, coloured, into))?;
        }
        outlet.bytes(key, line)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::{Screen, over, whole};
    use super::*;
    use proptest::prelude::*;

    fn merge(hosts: &[&str], outlet: Outlet, form: Label) -> Box<Merge> {
        Box::new(Merge::new(Arc::new(Labels::new(hosts)), outlet, form))
    }

    #[test]
    fn labels_stand_as_in_pdsh() {
        let screen = Screen::new();
        let mut sink = merge(&["a", "bcd"], screen.files(), Label::Plain);
        whole(&mut *sink, 0, 1, "one\ntwo");
        whole(&mut *sink, 1, 2, "no such file\n");
        sink.output(1, 1, b"thr", false).unwrap();
        whole(&mut *sink, 1, 1, "ee\n");
        sink.finish().unwrap();
        assert_eq!(screen.out(), "a: one\na: two\nbcd: three\n");
        assert_eq!(screen.err(), "bcd: no such file\n");
    }

    #[test]
    fn labels_are_aligned_and_coloured() {
        let screen = Screen::new();
        let mut sink = merge(&["a", "bcd"], screen.colour_terminal(), Label::Aligned);
        whole(&mut *sink, 0, 1, "\x1b[31mone\n\x1b[2J");
        sink.finish().unwrap();
        let want = "\x1b[32ma\x1b[0m:   \x1b[31mone\x1b[0m\n\x1b[32ma\x1b[0m:   ^[[2J\n";
        assert_eq!(screen.out(), want);
    }

    #[test]
    fn one_process_is_exact_and_at_once() {
        let screen = Screen::new();
        let mut sink = merge(&["a"], screen.terminal(), Label::None);
        sink.output(0, 1, b"Name: ", false).unwrap();
        assert_eq!(screen.out(), "Name: ");
        whole(&mut *sink, 0, 2, "err");
        over(&mut *sink, 0);
        sink.finish().unwrap().say(2, "posse: a: exit 1\n").unwrap();
        assert_eq!(screen.out(), "Name: err");
        let screen = Screen::new();
        let mut sink = merge(&["a"], screen.terminal(), Label::None);
        whole(&mut *sink, 0, 1, "x");
        let mut outlet = sink.finish().unwrap();
        outlet.say(2, "posse: a: exit 1\n").unwrap();
        outlet.flush().unwrap();
        assert_eq!(screen.out(), "x\nposse: a: exit 1\n");
    }

    #[test]
    fn last_lines_get_a_newline_only_before_others() {
        let screen = Screen::new();
        let mut sink = merge(&["a", "b"], screen.files(), Label::None);
        whole(&mut *sink, 0, 1, "a");
        assert_eq!(screen.out(), "a");
        sink.output(1, 1, b"b", false).unwrap();
        over(&mut *sink, 1);
        assert_eq!(screen.out(), "a\nb");
        sink.finish().unwrap();
        assert_eq!(screen.out(), "a\nb\n");
    }

    #[test]
    fn a_line_without_end_is_bounded_and_not_mixed() {
        let screen = Screen::new();
        let mut sink = merge(&["a", "b"], screen.files(), Label::Plain);
        sink.lines = Lines::bounded(1000);
        for _ in 0..20 {
            sink.output(0, 1, &[b'x'; 100], false).unwrap();
        }
        whole(&mut *sink, 1, 1, "b\n");
        whole(&mut *sink, 0, 1, "y\n");
        sink.finish().unwrap();
        let out = screen.out();
        let xs = out.matches('x').count();
        assert_eq!(xs, 2000);
        for line in out.lines() {
            assert!(line.starts_with("a: x") || line == "b: b" || line == "a: y", "{line}");
        }
    }

    #[test]
    fn a_reader_that_left_is_reported_as_such() {
        let mut sink = merge(&["a", "b"], Screen::broken(), Label::None);
        let error = sink.output(0, 1, b"a\n", false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        let error = sink.output(9, 1, b"a\n", false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    /// Per rank and descriptor: its bytes in chunks.
    fn streams() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
        let byte = prop_oneof![3 => Just(b'x'), 2 => any::<u8>(), 1 => Just(b'\n')];
        let chunk = proptest::collection::vec(byte, 0..12);
        proptest::collection::vec(proptest::collection::vec(chunk, 0..8), 6)
    }

    proptest! {
        #[test]
        fn every_hosts_lines_come_out_whole_and_in_order(
            streams in streams(),
            order in proptest::collection::vec(0usize..6, 0..64),
            bound in prop_oneof![Just(1usize << 20), Just(16usize)],
        ) {
            let screen = Screen::new();
            let mut sink = merge(&["a", "b", "c"], screen.files(), Label::Plain);
            sink.lines = Lines::bounded(bound);
            let mut next = [0; 6];
            let rest = (0..6).flat_map(|stream| [stream; 9]);
            for stream in order.into_iter().chain(rest) {
                let key = (stream as u32 / 2, 1 + stream as u16 % 2);
                let chunk = streams[stream].get(next[stream]);
                let end = next[stream] == streams[stream].len();
                if next[stream] <= streams[stream].len() {
                    let bytes = chunk.map_or(&[][..], |chunk| chunk);
                    sink.output(key.0, key.1, bytes, end).unwrap();
                }
                next[stream] += 1;
            }
            sink.finish().unwrap();
            for (stream, chunks) in streams.iter().enumerate() {
                let written = match stream % 2 {
                    0 => screen.out_bytes(),
                    _ => screen.err_bytes(),
                };
                let label = [b'a' + stream as u8 / 2, b':', b' '];
                let mut lines = written.split(|byte| *byte == b'\n');
                let own = lines.by_ref().filter_map(|line| line.strip_prefix(&label));
                let own: Vec<&[u8]> = own.collect();
                let sent = chunks.concat();
                let whole = sent.strip_suffix(b"\n").unwrap_or(&sent);
                let want: Vec<&[u8]> = whole.split(|byte| *byte == b'\n').collect();
                if bound > 16 {
                    prop_assert_eq!(own, if sent.is_empty() { vec![] } else { want });
                } else {
                    // Short of memory lines are cut, but no byte is lost and none is mixed in.
                    prop_assert_eq!(own.concat(), want.concat());
                }
            }
        }
    }
}
