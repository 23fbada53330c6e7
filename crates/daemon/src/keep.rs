//! What a detached command says, kept on this host's disk as the frames it came in, until it is
//! asked for (`posse out`, `posse attach`). One file a command in the vm's private directory.
//! Called by the shell.

use crate::shell::Shell;
use bytes::BytesMut;
use posse_proto::{Input, LinkId};
use posse_wire::msg::Done;
use posse_wire::{CommandId, Frame, Kind, Message, StreamAck, StreamChunk, decode_frame, limits};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
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

struct Spool {
    file: File,
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
        self.create(command)?;
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
        let written = std::fs::create_dir_all(&self.directory).and_then(|()| {
            let mut options = OpenOptions::new();
            options.create_new(true).write(true).mode(0o600);
            options.open(self.head(command))?.write_all(head)
        });
        if let Err(error) = written {
            crate::log::line(&format!("the head of a detached command is not kept: {error}"));
        }
    }

    /// Makes sure of its file. Writes nothing: what waits for room is [`append`]'s, which returns
    /// credit for it.
    fn create(&self, command: CommandId) -> io::Result<()> {
        let mut files = self.files.borrow_mut();
        if let std::collections::btree_map::Entry::Vacant(entry) = files.entry(command) {
            std::fs::create_dir_all(&self.directory)?;
            let mut options = OpenOptions::new();
            options.create(true).append(true).mode(0o600);
            let file = options.open(self.path(command))?;
            let (waiting, appended) = (VecDeque::new(), Rc::default());
            entry.insert(Spool { file, waiting, appended });
        }
        Ok(())
    }

    /// Appends whole frames; those that do not fit wait. Returns what is now kept.
    fn append(&self, command: CommandId, frame: Option<Frame>) -> io::Result<Vec<Frame>> {
        self.create(command)?;
        let mut files = self.files.borrow_mut();
        let Some(kept) = files.get_mut(&command) else { return Ok(Vec::new()) };
        kept.waiting.extend(frame);
        let mut written = Vec::new();
        while let Some(front) = kept.waiting.front() {
            let end = kept.file.metadata()?.len();
            if let Err(error) = kept.file.write_all(&front.to_bytes()) {
                kept.file.set_len(end)?;
                crate::log::line(&format!("output of a detached command waits: {error}"));
                break;
            }
            written.extend(kept.waiting.pop_front());
        }
        kept.appended.notify_waiters();
        Ok(written)
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

/// Keeps one frame and returns credit to its source.
pub(crate) fn keep(shell: &Rc<Shell>, command: CommandId, frame: Frame) {
    let waited = shell.keep.has_waiting(command);
    append(shell, command, Some(frame));
    if !waited && shell.keep.has_waiting(command) {
        tokio::task::spawn_local(retry(shell.clone(), command));
    }
}

fn append(shell: &Rc<Shell>, command: CommandId, frame: Option<Frame>) {
    match shell.keep.append(command, frame) {
        Ok(written) => {
            for frame in written.iter().filter(|frame| frame.kind == Kind::Output) {
                let Ok(chunk) = StreamChunk::decode(frame) else { continue };
                let (rank, fd, offset) = (chunk.rank, chunk.fd, chunk.upto());
                let ack = StreamAck { rank, fd, offset, closed: false, again: false };
                shell.feed(Input::Kept { command, ack });
            }
        }
        Err(error) => crate::log::line(&format!("output could not be kept: {error}")),
    }
}

async fn retry(shell: Rc<Shell>, command: CommandId) {
    while shell.keep.has_waiting(command) {
        tokio::time::sleep(RETRY).await;
        append(&shell, command, None);
    }
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
