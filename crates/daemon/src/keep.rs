//! What a detached command says, kept on this host's disk as the frames it came in: at its origin
//! all of it, until it is asked for (`posse out`, `posse attach`); elsewhere what this host's own
//! processes said, until the origin drops the command. One file a command in the vm's private
//! directory. Called by the shell.

use crate::shell::Shell;
use bytes::BytesMut;
use posse_proto::{Input, LinkId};
use posse_wire::msg::Done;
use posse_wire::{CommandId, Frame, HEADER_BYTES, Message, decode_frame, limits};
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// A disk that was full is tried again after this time; until then the sources are held back.
const RETRY: Duration = Duration::from_secs(1);

/// A replay runs this far ahead of a slow reader.
const AHEAD_BYTES: usize = 1024 * 1024;

/// Of the file beside a command's frames that says what it is.
pub(crate) const HEAD: &str = "head";

#[derive(Default)]
struct Spool {
    /// Open for appending, and its length; none while the disk has no room for a file.
    file: Option<(File, u64)>,
    /// Frames the disk had no room for, bounded by the windows of their sources.
    waiting: VecDeque<Frame>,
    appended: Rc<Notify>,
}

/// The kept commands of a daemon.
pub(crate) struct Keep {
    directory: PathBuf,
    files: RefCell<BTreeMap<CommandId, Spool>>,
}

impl Keep {
    pub fn new(directory: PathBuf) -> Self {
        Keep { directory, files: RefCell::default() }
    }

    fn path(&self, command: CommandId) -> PathBuf {
        self.directory.join(format!("{:016x}", command.0))
    }

    /// What is kept of a command, from its start; an empty file where it has said nothing yet.
    fn open(&self, command: CommandId) -> io::Result<File> {
        let mut files = self.files.borrow_mut();
        self.create(command, files.entry(command).or_default())?;
        File::open(self.path(command))
    }

    pub fn remove(&self, command: CommandId) {
        self.files.borrow_mut().remove(&command);
        for path in [self.path(command), self.head(command)] {
            let _may_never_have_existed = std::fs::remove_file(path);
        }
    }

    fn head(&self, command: CommandId) -> PathBuf {
        self.path(command).with_extension(HEAD)
    }

    /// What the next life of this daemon takes the command up from. Without room for it the
    /// command starts all the same, and ends in a crash.
    pub fn begin(&self, command: CommandId, head: &[u8]) {
        let fresh = self.path(command).with_extension("new");
        let written = std::fs::create_dir_all(&self.directory).and_then(|()| {
            let mut options = OpenOptions::new();
            options.create(true).truncate(true).write(true).mode(0o600);
            options.open(&fresh)?.write_all(head)?;
            std::fs::rename(&fresh, self.head(command))
        });
        if let Err(error) = written {
            let _may_not_be_there = std::fs::remove_file(&fresh);
            crate::log::line(&format!("the head of a detached command is not kept: {error}"));
        }
    }

    /// Makes sure of its file. Writes nothing: what waits for room is [`append`]'s, which returns
    /// credit for it.
    fn create(&self, command: CommandId, spool: &mut Spool) -> io::Result<()> {
        if spool.file.is_none() {
            std::fs::create_dir_all(&self.directory)?;
            let mut options = OpenOptions::new();
            options.create(true).append(true).mode(0o600);
            let file = options.open(self.path(command))?;
            let end = file.metadata()?.len();
            spool.file = Some((file, end));
        }
        Ok(())
    }

    /// Appends whole frames; those that do not fit wait. Returns what is now kept, each with the
    /// length of the file behind it.
    fn append(&self, command: CommandId, frame: Option<Frame>) -> Vec<(Frame, u64)> {
        let mut files = self.files.borrow_mut();
        let spool = match (files.entry(command), &frame) {
            (Entry::Vacant(_), None) => return Vec::new(),
            (entry, _) => entry.or_default(),
        };
        let waited = !spool.waiting.is_empty();
        spool.waiting.extend(frame);
        let mut written = Vec::new();
        let done = self.create(command, spool).and_then(|()| spool.write(&mut written));
        if let Err(error) = done
            && !waited
        {
            crate::log::line(&format!("output of a detached command waits: {error}"));
        }
        spool.appended.notify_waiters();
        written
    }

    /// Whole frames from there on: what fits into so many bytes, but one at least.
    fn read(&self, command: CommandId, from: u64, bytes_max: usize) -> io::Result<Vec<Frame>> {
        let file = File::open(self.path(command))?;
        let mut input = BytesMut::zeroed(bytes_max.max(HEADER_BYTES));
        let count = file.read_at(&mut input, from)?;
        input.truncate(count);
        if let Some(length) = input.get(..4).and_then(|length| length.try_into().ok()) {
            let whole = HEADER_BYTES + u32::from_le_bytes(length) as usize;
            if whole > count && whole <= HEADER_BYTES + limits::CONTROL_FRAME_BYTES_MAX {
                input.resize(whole, 0);
                file.read_exact_at(&mut input, from)?;
            }
        }
        let mut frames = Vec::new();
        while let Some(frame) =
            decode_frame(&mut input, limits::CONTROL_FRAME_BYTES_MAX).map_err(io::Error::other)?
        {
            frames.push(frame);
        }
        if frames.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(frames) }
    }

    fn is_open(&self, command: CommandId) -> bool {
        self.files.borrow().contains_key(&command)
    }

    fn appended(&self, command: CommandId) -> Option<Rc<Notify>> {
        self.files.borrow().get(&command).map(|kept| kept.appended.clone())
    }

    /// Those who follow are to look whether anything can still come.
    pub fn nudge(&self, command: CommandId) {
        if let Some(appended) = self.appended(command) {
            appended.notify_waiters();
        }
    }

    fn has_waiting(&self, command: CommandId) -> bool {
        self.files.borrow().get(&command).is_some_and(|kept| !kept.waiting.is_empty())
    }
}

impl Spool {
    fn write(&mut self, written: &mut Vec<(Frame, u64)>) -> io::Result<()> {
        let Some((file, end)) = &mut self.file else { return Ok(()) };
        while let Some(front) = self.waiting.front() {
            let bytes = front.to_bytes();
            if let Err(error) = file.write_all(&bytes) {
                file.set_len(*end)?;
                return Err(error);
            }
            *end += bytes.len() as u64;
            written.extend(self.waiting.pop_front().map(|frame| (frame, *end)));
        }
        Ok(())
    }
}

/// Keeps one frame and says so when it is.
pub(crate) fn keep(shell: &Rc<Shell>, command: CommandId, frame: Frame) {
    let waited = shell.keep.has_waiting(command);
    append(shell, command, Some(frame));
    if !waited && shell.keep.has_waiting(command) {
        tokio::task::spawn_local(retry(shell.clone(), command));
    }
}

fn append(shell: &Rc<Shell>, command: CommandId, frame: Option<Frame>) {
    let written = shell.keep.append(command, frame);
    shell.feed_all(written.into_iter().map(|(frame, end)| Input::Kept { command, frame, end }));
}

async fn retry(shell: Rc<Shell>, command: CommandId) {
    while shell.keep.has_waiting(command) {
        tokio::time::sleep(RETRY).await;
        append(&shell, command, None);
    }
}

/// Reads a part of what is kept back; what the disk does not give is tried again.
pub(crate) fn fetch(shell: &Rc<Shell>, command: CommandId, from: u64, bytes_max: usize) {
    let shell = shell.clone();
    tokio::task::spawn_local(async move {
        // All else has its turn between two parts of a long file.
        tokio::task::yield_now().await;
        let mut told = false;
        loop {
            match shell.keep.read(command, from, bytes_max) {
                Ok(frames) => return shell.feed(Input::Fetched { command, from, frames }),
                Err(_) if !shell.keep.is_open(command) => return,
                Err(error) if !told => {
                    crate::log::line(&format!("what is kept of a command is not read: {error}"));
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    });
}

/// Sends the kept frames to a front end at its pace, then, with `follow`, what is appended.
pub(crate) async fn replay(shell: Rc<Shell>, link: LinkId, command: CommandId, follow: bool) {
    let error = match send_kept(&shell, link, command, follow).await {
        Ok(()) if follow && shell.with_daemon(|daemon| daemon.is_stuck(command)) => {
            let why = "what is left of it is on hosts that are down; `posse up` brings them back, \
                       and then it can be followed again";
            Some(why.to_owned())
        }
        Ok(()) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(format!("the kept output could not be read: {error}")),
    };
    shell.send_paced(link, &Done { error }.frame(command), AHEAD_BYTES).await;
}

async fn send_kept(
    shell: &Rc<Shell>,
    link: LinkId,
    command: CommandId,
    follow: bool,
) -> io::Result<()> {
    let mut file = shell.keep.open(command)?;
    let mut input = BytesMut::new();
    let mut buffer = vec![0; limits::CHUNK_BYTES_MAX];
    loop {
        let appended = shell.keep.appended(command);
        let news = appended.as_ref().map(|appended| appended.notified());
        let runs = shell.with_daemon(|daemon| daemon.runs(command));
        let count = file.read(&mut buffer)?;
        input.extend_from_slice(&buffer[..count]);
        while let Some(frame) =
            decode_frame(&mut input, limits::CONTROL_FRAME_BYTES_MAX).map_err(io::Error::other)?
        {
            if !shell.send_paced(link, &frame, AHEAD_BYTES).await {
                return Ok(());
            }
        }
        if count == 0 {
            match news {
                Some(news) if follow && runs => news.await,
                _ => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use posse_wire::{Fd, Kind, Rank, StreamChunk};

    fn frame(offset: u64, length: usize) -> Frame {
        let bytes = bytes::Bytes::from(vec![b'x'; length]);
        let chunk = StreamChunk { rank: Rank(0), fd: Fd::STDOUT, offset, end: false, bytes };
        chunk.frame(Kind::Output, CommandId(8))
    }

    #[test]
    fn what_is_kept_is_read_back_in_whole_frames() {
        let folder = std::env::temp_dir().join(format!("posse-keep-{}", std::process::id()));
        let (keep, id) = (Keep::new(folder.join("out")), CommandId(8));
        let frames: Vec<Frame> = (0..5).map(|at| frame(at * 1000, 1000)).collect();
        let mut ends = Vec::new();
        for frame in &frames {
            ends.extend(keep.append(id, Some(frame.clone())).into_iter().map(|(_, end)| end));
        }
        let each = frames[0].to_bytes().len();
        assert_eq!(ends, (1..=5).map(|count| count * each as u64).collect::<Vec<_>>());
        assert_eq!(keep.read(id, 0, 3 * each - 1).unwrap(), frames[..2]);
        assert_eq!(keep.read(id, ends[1], 1).unwrap(), frames[2..3], "one at least");
        assert_eq!(keep.read(id, ends[2], usize::MAX >> 40).unwrap(), frames[3..]);
        assert!(keep.read(id, ends[4], 1).is_err(), "there is no more");
        keep.begin(id, b"first");
        keep.begin(id, b"second");
        assert_eq!(std::fs::read(keep.head(id)).unwrap(), b"second");
        keep.remove(id);
        assert_eq!(std::fs::read_dir(folder.join("out")).unwrap().count(), 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// A disk without room for a file is one without room for bytes: both wait.
    #[test]
    fn what_can_not_be_written_waits() {
        let folder = std::env::temp_dir().join(format!("posse-keep-full-{}", std::process::id()));
        std::fs::write(&folder, "not a directory").unwrap();
        let (keep, id) = (Keep::new(folder.join("out")), CommandId(8));
        assert!(keep.append(id, Some(frame(0, 10))).is_empty());
        assert!(keep.append(id, Some(frame(10, 10))).is_empty() && keep.has_waiting(id));
        std::fs::remove_file(&folder).unwrap();
        let kept: Vec<Frame> = keep.append(id, None).into_iter().map(|(frame, _)| frame).collect();
        assert_eq!(kept, [frame(0, 10), frame(10, 10)]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
