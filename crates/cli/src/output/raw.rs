//! Bytes as they come, of whatever host: no lines, no labels. On a terminal they are made visible
//! unless the outlet is exact. Called by the front end of a command (`--raw`, `--pty`).

use super::{Labels, Outlet, Sink, Status};
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub struct Raw {
    outlet: Outlet,
    labels: Arc<Labels>,
}

impl Raw {
    pub fn new(labels: Arc<Labels>, outlet: Outlet) -> Raw {
        Raw { outlet, labels }
    }
}

impl Sink for Raw {
    fn output(&mut self, rank: u32, fd: u16, bytes: &[u8], _: bool) -> io::Result<()> {
        self.labels.check(rank)?;
        self.outlet.bytes((rank, fd), bytes)?;
        self.outlet.commit()
    }

    fn exit(&mut self, rank: u32, _: &Status, _: Duration) -> io::Result<()> {
        self.labels.check(rank)
    }

    fn finish(mut self: Box<Self>) -> io::Result<Outlet> {
        self.outlet.flush()?;
        Ok(self.outlet)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::probe::Screen;
    use super::*;

    #[test]
    fn bytes_are_exact_and_at_once() {
        let screen = Screen::new();
        let labels = Arc::new(Labels::new(&["a", "b"]));
        let mut sink = Box::new(Raw::new(labels, screen.files()));
        sink.output(0, 1, b"a\xff", false).unwrap();
        sink.output(1, 1, b"\x1b[b\0", true).unwrap();
        sink.output(1, 2, b"e", true).unwrap();
        assert_eq!(screen.out_bytes(), b"a\xff\x1b[b\0");
        assert!(sink.output(2, 1, b"", true).is_err());
        sink.finish().unwrap();
        assert_eq!(screen.err(), "e");
    }
}
