//! The stdin of all: our own, or a local stage's output, copied by a thread of its own, which waits
//! for the slowest process.

use super::sudo::Secret;
use posse::Running;
use std::io::{self, Read, Write};
use std::thread;

/// What is read at a time: the size of a chunk on the wire.
const CHUNK_BYTES: usize = 64 * 1024;

/// Starts copying `from` to every process; it stops when `from` ends or every process has closed
/// its stdin.
pub fn copy(run: &Running, from: impl Read + Send + 'static) -> io::Result<()> {
    copy_after(run, None, from)
}

/// As [`copy`], with a line before the first byte that the hosts' sudo reads.
pub fn copy_after(
    run: &Running,
    first: Option<Secret>,
    from: impl Read + Send + 'static,
) -> io::Result<()> {
    let Some(to) = run.stdin() else { return Ok(()) };
    thread::Builder::new().name("posse-stdin".into()).spawn(move || {
        let mut to = to;
        let written = first.map_or(Ok(()), |first| first.write_to(&mut to));
        let _all_closed_or_lost = written.and_then(|()| copy_all(from, &mut to));
        let _all_closed_or_lost = to.close();
    })?;
    Ok(())
}

fn copy_all(mut from: impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return to.flush(),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                to.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
