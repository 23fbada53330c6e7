//! Stands in for a terminal, files or a closed pipe in the tests of this folder: what was written
//! can be read back while a sink holds the writer.

use super::sink::Status;
use super::{Outlet, Port, Sink, View};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
pub struct Screen {
    sides: [Arc<Mutex<Vec<u8>>>; 2],
}

struct Pen(Arc<Mutex<Vec<u8>>>);

struct Broken;

impl Screen {
    pub fn new() -> Screen {
        Screen::default()
    }

    /// Two files.
    pub fn files(&self) -> Outlet {
        Outlet::new(self.port(0, View::Exact), self.port(1, View::Exact), false)
    }

    /// One terminal without colour; all of it is read by [`Screen::out`].
    pub fn terminal(&self) -> Outlet {
        let view = View::Terminal { colour: false };
        Outlet::new(self.port(0, view), self.port(0, view), true)
    }

    pub fn colour_terminal(&self) -> Outlet {
        let view = View::Terminal { colour: true };
        Outlet::new(self.port(0, view), self.port(0, view), true)
    }

    /// Nobody reads either side.
    pub fn broken() -> Outlet {
        let port = || Port { writer: Box::new(Broken), view: View::Exact };
        Outlet::new(port(), port(), false)
    }

    pub fn out_bytes(&self) -> Vec<u8> {
        self.sides[0].lock().unwrap().clone()
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out_bytes()).into_owned()
    }

    pub fn err_bytes(&self) -> Vec<u8> {
        self.sides[1].lock().unwrap().clone()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.err_bytes()).into_owned()
    }

    fn port(&self, side: usize, view: View) -> Port {
        Port { writer: Box::new(Pen(self.sides[side].clone())), view }
    }
}

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One whole chunk and its end.
pub fn whole(sink: &mut dyn Sink, rank: u32, fd: u16, text: &str) {
    sink.output(rank, fd, text.as_bytes(), true).unwrap();
}

/// A good end.
pub fn over(sink: &mut dyn Sink, rank: u32) {
    sink.exit(rank, &Status::Exited(0), Duration::from_millis(5)).unwrap();
}

/// Stands in for the folding of hostsets.
pub fn join(names: &[&str]) -> String {
    names.join(",")
}
