//! Detached commands that an earlier life of the owner's daemon kept: read from its disk when the
//! next one starts, and taken up. A frame that was being written when it died is cut off; its
//! source has no acknowledgement for it and sends it again. Called by `run`.

use crate::keep::HEAD;
use crate::shell::Shell;
use bytes::BytesMut;
use posse_proto::Progress;
use posse_wire::msg::Exit;
use posse_wire::{
    CommandId, Fd, HEADER_BYTES, Kind, Message, Rank, StreamChunk, decode_frame, limits,
};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// Reads so much at a time; whole frames are forgotten as they come.
const READ_BYTES: usize = 256 * 1024;

pub(crate) fn take_up(shell: &Rc<Shell>) {
    let heads = std::fs::read_dir(shell.state.join("out")).into_iter().flatten().flatten();
    let mut heads: Vec<_> = heads.map(|entry| entry.path()).collect();
    heads.retain(|path| path.extension().is_some_and(|end| end == HEAD));
    heads.sort();
    for head in heads {
        let name = head.file_stem().and_then(|name| name.to_str());
        let Some(id) = name.and_then(|hex| u64::from_str_radix(hex, 16).ok()) else { continue };
        let taken = std::fs::read(&head).and_then(|bytes| {
            let progress = progress(&head.with_extension(""))?;
            let restored = shell.restore_command(CommandId(id), &bytes, &progress);
            restored.map_err(|error| io::Error::other(error.to_string()))
        });
        if let Err(error) = taken {
            crate::log::line(&format!("a detached command is not taken up: {error}"));
        }
    }
}

/// How far a command came, as its kept frames say; cuts off a torn last one.
fn progress(path: &Path) -> io::Result<Progress> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Progress::default()),
        file => file?,
    };
    let (mut input, mut buffer) = (BytesMut::new(), vec![0; READ_BYTES]);
    let (mut whole, mut exits) = (0, Vec::new());
    let mut arrived: BTreeMap<(Rank, Fd), (u64, bool)> = BTreeMap::new();
    loop {
        let count = file.read(&mut buffer)?;
        input.extend_from_slice(&buffer[..count]);
        while let Ok(Some(frame)) = decode_frame(&mut input, limits::CONTROL_FRAME_BYTES_MAX) {
            whole += (HEADER_BYTES + frame.body.len()) as u64;
            match frame.kind {
                Kind::Output => {
                    let chunk = StreamChunk::decode(&frame).map_err(io::Error::other)?;
                    let (upto, end) = (chunk.upto(), chunk.end);
                    let known = arrived.entry((chunk.rank, chunk.fd)).or_default();
                    *known = (known.0.max(upto), known.1 || end);
                }
                Kind::Exit => exits.push(Exit::decode(&frame).map_err(io::Error::other)?),
                _ => {}
            }
        }
        if count == 0 {
            break;
        }
    }
    if !input.is_empty() {
        OpenOptions::new().write(true).open(path)?.set_len(whole)?;
    }
    let arrived = arrived.into_iter().map(|((rank, fd), (upto, end))| (rank, fd, upto, end));
    Ok(Progress { arrived: arrived.collect(), exits })
}
