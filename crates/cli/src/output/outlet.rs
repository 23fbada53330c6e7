//! The front end's stdout and stderr, and whose line stands open there.
//!
//! Makes a host's bytes visible where the destination is a terminal and leaves them exact
//! elsewhere; ends an open line before somebody else's text. Knows no modes. Called by all modes.

use super::colour::colour_wanted;
use super::escape::Visible;
use super::limits::BLOCK_BYTES;
use rustix::fs::fstat;
use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// A process's descriptor: rank and number.
pub type Key = (u32, u16);

/// How bytes of hosts reach a destination.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum View {
    /// Files and pipes.
    Exact,
    /// Controls made visible; with colour, labels are painted and colour sequences pass.
    Terminal { colour: bool },
}

impl View {
    /// What suits a destination that is a terminal or is not.
    pub fn suited(is_terminal: bool) -> View {
        match is_terminal {
            true => View::Terminal { colour: colour_wanted(true, |name| env::var_os(name)) },
            false => View::Exact,
        }
    }
}

/// One destination.
pub struct Port {
    pub writer: Box<dyn Write + Send>,
    pub view: View,
}

/// Both destinations. Writes are gathered; [`Outlet::commit`] passes them on.
pub struct Outlet {
    sides: [Side; 2],
    /// Both are one terminal or file: a line that is open on one is open on the other.
    shared: bool,
    open: [Option<Key>; 2],
}

struct Side {
    port: Port,
    filter: Visible,
    /// Whose bytes the filter has seen last.
    filtered: Option<Key>,
    ready: Vec<u8>,
}

impl Outlet {
    pub fn new(out: Port, err: Port, shared: bool) -> Outlet {
        Outlet { sides: [out, err].map(Side::new), shared, open: [None, None] }
    }

    /// This process's own stdout and stderr. `exact` where a terminal is to get the bytes as they
    /// are (`--pty`, raw).
    pub fn standard(exact: bool) -> io::Result<Outlet> {
        let (out, err) = (io::stdout(), io::stderr());
        let view = |is_terminal| match exact {
            true => View::Exact,
            false => View::suited(is_terminal),
        };
        let shared = is_same(&out, &err);
        // Without the standard library's buffer: a prompt without a newline is to be seen.
        let bare = |end: BorrowedFd<'_>| end.try_clone_to_owned().map(File::from);
        let out_port = Port { writer: Box::new(bare(out.as_fd())?), view: view(out.is_terminal()) };
        let err_port = Port { writer: Box::new(bare(err.as_fd())?), view: view(err.is_terminal()) };
        Ok(Outlet::new(out_port, err_port, shared))
    }

    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Bytes of a host, exactly these (or their visible form), wherever the line stands.
    pub fn bytes(&mut self, key: Key, bytes: &[u8]) -> io::Result<()> {
        let Some(last) = bytes.last() else { return Ok(()) };
        let line = self.line(key.1);
        self.open[line] = (*last != b'\n').then_some(key);
        self.switch(key.1)?.take_from(key);
        let side = &mut self.sides[side_of(key.1)];
        for piece in bytes.chunks(BLOCK_BYTES) {
            match side.port.view {
                View::Exact => side.ready.extend_from_slice(piece),
                View::Terminal { .. } => side.filter.push(piece, &mut side.ready),
            }
            side.commit_if_full()?;
        }
        Ok(())
    }

    /// True at the start of a line; false if the open line is this key's own. Somebody else's is
    /// ended first.
    pub fn begin_line(&mut self, key: Key) -> io::Result<bool> {
        let line = self.line(key.1);
        if self.open[line] == Some(key) {
            return Ok(false);
        }
        self.end_line(key.1)?;
        Ok(true)
    }

    /// Ends the line that stands open where `fd` goes, if one does.
    pub fn end_line(&mut self, fd: u16) -> io::Result<()> {
        let line = self.line(fd);
        if self.open[line].take().is_none() {
            return Ok(());
        }
        let side = self.switch(fd)?;
        side.end_filter();
        side.ready.push(b'\n');
        Ok(())
    }

    /// Text of ours, harmless already, into the current line; `make` is told whether to colour.
    pub fn own(&mut self, fd: u16, make: impl FnOnce(bool, &mut Vec<u8>)) -> io::Result<()> {
        let side = self.switch(fd)?;
        side.end_filter();
        make(side.port.view == View::Terminal { colour: true }, &mut side.ready);
        side.commit_if_full()
    }

    /// Lines of ours.
    pub fn say(&mut self, fd: u16, text: &str) -> io::Result<()> {
        self.end_line(fd)?;
        self.own(fd, |_, into| into.extend_from_slice(text.as_bytes()))
    }

    /// Passes on what is gathered.
    pub fn commit(&mut self) -> io::Result<()> {
        self.sides.iter_mut().try_for_each(Side::commit)
    }

    /// At the end: nothing stays in a buffer.
    pub fn flush(&mut self) -> io::Result<()> {
        // Both are tried: a closed stdout must not swallow what stderr has to say.
        let [out, err] = self.sides.each_mut().map(|side| {
            side.end_filter();
            side.commit().and_then(|()| side.port.writer.flush())
        });
        out.and(err)
    }

    fn line(&self, fd: u16) -> usize {
        if self.shared { 0 } else { side_of(fd) }
    }

    /// The side of `fd`. On one terminal the order between both sides is kept.
    fn switch(&mut self, fd: u16) -> io::Result<&mut Side> {
        let chosen = side_of(fd);
        if self.shared {
            let other = &mut self.sides[1 - chosen];
            other.end_filter();
            other.commit()?;
        }
        Ok(&mut self.sides[chosen])
    }
}

impl Side {
    fn new(port: Port) -> Side {
        let colour = port.view == View::Terminal { colour: true };
        Side { port, filter: Visible::new(colour), filtered: None, ready: vec![] }
    }

    fn take_from(&mut self, key: Key) {
        if self.filtered != Some(key) {
            self.end_filter();
            self.filtered = Some(key);
        }
    }

    fn end_filter(&mut self) {
        self.filter.end(&mut self.ready);
        self.filtered = None;
    }

    fn commit_if_full(&mut self) -> io::Result<()> {
        if self.ready.len() >= BLOCK_BYTES { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> io::Result<()> {
        if self.ready.is_empty() {
            return Ok(());
        }
        // What could not be written is gone: a second try would double what could.
        let written = self.port.writer.write_all(&self.ready);
        self.ready.clear();
        self.ready.shrink_to(2 * BLOCK_BYTES);
        written
    }
}

fn side_of(fd: u16) -> usize {
    usize::from(fd == 2)
}

fn is_same(a: impl AsFd, b: impl AsFd) -> bool {
    match (fstat(a), fstat(b)) {
        (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::Screen;
    use super::*;

    #[test]
    fn an_open_line_is_ended_for_others_only() {
        let screen = Screen::new();
        let mut outlet = screen.files();
        outlet.begin_line((0, 1)).unwrap();
        outlet.bytes((0, 1), b"a").unwrap();
        assert!(!outlet.begin_line((0, 1)).unwrap());
        outlet.bytes((0, 1), b"b").unwrap();
        assert!(outlet.begin_line((1, 2)).unwrap());
        outlet.bytes((1, 2), b"err").unwrap();
        assert!(outlet.begin_line((1, 1)).unwrap());
        outlet.bytes((1, 1), b"c").unwrap();
        outlet.flush().unwrap();
        assert_eq!((screen.out(), screen.err()), ("ab\nc".into(), "err".into()));
    }

    #[test]
    fn one_terminal_has_one_line() {
        let screen = Screen::new();
        let mut outlet = screen.terminal();
        outlet.bytes((0, 1), b"a").unwrap();
        outlet.begin_line((1, 2)).unwrap();
        outlet.bytes((1, 2), b"b\n").unwrap();
        outlet.bytes((0, 1), b"c\xc3").unwrap();
        outlet.say(2, "own\n").unwrap();
        outlet.flush().unwrap();
        assert_eq!(screen.out(), "a\nb\nc\\xc3\nown\n");
    }

    #[test]
    fn a_character_in_two_chunks_is_one() {
        let screen = Screen::new();
        let mut outlet = screen.terminal();
        outlet.bytes((0, 1), b"\xc3").unwrap();
        outlet.commit().unwrap();
        outlet.bytes((0, 1), b"\xa9\x07").unwrap();
        outlet.flush().unwrap();
        assert_eq!(screen.out(), "é^G");
    }

    #[test]
    fn a_broken_pipe_is_said_once_and_as_such() {
        let mut outlet = Screen::broken();
        outlet.bytes((0, 1), b"a\n").unwrap();
        assert_eq!(outlet.commit().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(outlet.commit().is_ok());
    }
}
