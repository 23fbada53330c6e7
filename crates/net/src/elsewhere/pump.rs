//! The front end's end: a thread that finds the daemon that leads, and carries frames between its
//! link and a socket that the front end uses as it would that of a daemon on the same machine.
//! Called by `posse`.

use super::find::{ElsewhereError, find};
use super::key_file::KeyFile;
use crate::limits::LAST_WORDS;
use crate::link::{Link, LinkError};
use posse_wire::msg::Refused;
use posse_wire::{CommandId, Message};
use std::io;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::timeout;

/// Kept as long as the socket is used. Dropped after it, it waits until what was said last has
/// arrived, for a moment at most: the program may be about to end.
#[derive(Debug)]
pub struct Pump {
    over: Mutex<Receiver<()>>,
}

impl Drop for Pump {
    fn drop(&mut self) {
        let over = self.over.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever sent: the thread lets go of its end.
        let _or_the_time_is_over = over.recv_timeout(LAST_WORDS);
    }
}

/// Connects to the daemon that leads the vm of this key.
pub fn connect(key: &KeyFile) -> Result<(UnixStream, Pump), ElsewhereError> {
    let (ours, theirs) = UnixStream::pair()?;
    let (say_found, found) = sync_channel(1);
    let (is_over, over) = sync_channel(0);
    let key = key.clone();
    thread::Builder::new().name("posse-elsewhere".to_owned()).spawn(move || {
        let _held: SyncSender<()> = is_over;
        if let Err(error) = serve(key, theirs, &say_found) {
            let _nobody_waits = say_found.try_send(Err(error.into()));
        }
    })?;
    let gone = || io::Error::other("the thread that connects is gone");
    found.recv().map_err(|_| gone())??;
    Ok((ours, Pump { over: Mutex::new(over) }))
}

fn serve(
    key: KeyFile,
    socket: UnixStream,
    say_found: &SyncSender<Result<(), ElsewhereError>>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    LocalSet::new().block_on(&runtime, async {
        let front = Link::from_socket(socket.into())?;
        match find(&Rc::new(key)).await {
            Err(error) => drop(say_found.try_send(Err(error))),
            Ok(there) => {
                let _the_front_end_waits = say_found.try_send(Ok(()));
                pump(&front, &there).await;
            }
        }
        Ok(())
    })
}

/// Until either end is closed; the other is told.
async fn pump(front: &Link, there: &Link) {
    let (why, by_front) = tokio::select! {
        why = carry(there, front) => (why, false),
        why = carry(front, there) => (why, true),
    };
    match why {
        LinkError::Closed if by_front => {
            // Closed with bytes unread, TCP takes back what was said last.
            if there.finish().is_ok() {
                let _it_may_be_slow = timeout(LAST_WORDS, closed(there)).await;
            }
        }
        LinkError::Closed => {}
        why => {
            let reason = format!("the link to the host that leads the vm is lost: {why}");
            front.push(&Refused { reason }.frame(CommandId::NONE));
            let _it_may_not_listen = timeout(LAST_WORDS, front.drain()).await;
        }
    }
}

/// Until nothing more comes. Who takes no more may have said something before: that is still
/// carried, in the other direction.
async fn carry(from: &Link, to: &Link) -> LinkError {
    let mut frames = Vec::new();
    let mut takes = true;
    loop {
        if let Err(why) = from.read(&mut frames).await {
            return why;
        }
        for frame in frames.drain(..).filter(|_| takes) {
            to.push(&frame);
        }
        takes = takes && to.drain().await.is_ok();
    }
}

async fn closed(link: &Link) {
    let mut frames = Vec::new();
    while link.read(&mut frames).await.is_ok() {
        frames.clear();
    }
}
