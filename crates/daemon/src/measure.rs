//! How far another host is over a direct link, and what the link carries: heartbeats that come
//! back, then perhaps a burst each way. Both ends of it; who dials also decides, and nothing stays
//! open. Called by the shell for [`Question::Dial`](posse_wire::msg::Question) and by `sibling`.

use crate::limits::{BURST_WITHIN, ECHO_WITHIN, ECHOES, SIBLING_IDLE};
use crate::shell::Shell;
use crate::sibling;
use bytes::Bytes;
use posse_net::identity::PublicKey;
use posse_net::link::{Link, LinkError};
use posse_proto::Input;
use posse_wire::msg::{Answered, BurstTime, Dial, Dialed, Heartbeat, Purpose};
use posse_wire::{Burst, CommandId, Frame, Kind, Message, WireError, limits};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::spawn_local;
use tokio::time::timeout;

static ZEROS: [u8; limits::CHUNK_BYTES_MAX] = [0; limits::CHUNK_BYTES_MAX];

/// Dials, measures and answers the query.
pub(crate) fn answer(shell: &Rc<Shell>, query: CommandId, dial: Dial) {
    let shell = shell.clone();
    spawn_local(async move {
        let dialed = measure(&shell, &dial).await;
        let dialed = dialed.unwrap_or_else(|why| Dialed::Failed { why });
        shell.feed(Input::Answer { query, answer: Answered::Dialed(dialed) });
    });
}

async fn measure(shell: &Rc<Shell>, dial: &Dial) -> Result<Dialed, String> {
    let address = dial.address.parse().map_err(|_| "no address to dial".to_owned())?;
    let _turn = shell.siblings.dialing().await;
    let dialing = sibling::dial(shell, (address, PublicKey(dial.key)), Purpose::Measure);
    let within = dial.within();
    let link = timeout(within, dialing).await;
    let link = link.map_err(|_| format!("no link within {within:?}"))?;
    let mut ends = Ends { link: link.map_err(|error| error.to_string())?, heard: VecDeque::new() };
    let rtt = timeout(ECHO_WITHIN, ends.round_trip()).await;
    let rtt = rtt.map_err(|_| format!("no echo within {ECHO_WITHIN:?}"))?;
    let rtt = rtt.map_err(|error| error.to_string())?;
    let mut burst = None;
    if dial.burst_bytes() > 0 {
        let took = timeout(BURST_WITHIN, ends.burst(dial.burst_bytes(), rtt)).await;
        let took = took.map_err(|_| format!("no burst came back within {BURST_WITHIN:?}"))?;
        burst = Some(took.map_err(|error| error.to_string())?);
    }
    Ok(Dialed::Linked { rtt_us: micros(rtt), burst })
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// The dialing end of a link.
struct Ends {
    link: Link,
    heard: VecDeque<Frame>,
}

impl Ends {
    async fn hear(&mut self) -> Result<Frame, LinkError> {
        loop {
            if let Some(frame) = self.heard.pop_front() {
                return Ok(frame);
            }
            let mut frames = Vec::new();
            self.link.read(&mut frames).await?;
            self.heard.extend(frames);
        }
    }

    /// The least of some.
    async fn round_trip(&mut self) -> Result<Duration, LinkError> {
        let mut least = Duration::MAX;
        for number in 1..=ECHOES {
            let start = Instant::now();
            let asks = Heartbeat { sent_us: number, echo_us: 0 };
            self.link.push(&asks.frame(CommandId::NONE));
            self.link.drain().await?;
            while Heartbeat::decode(&self.hear().await?)?.echo_us != number {}
            least = least.min(start.elapsed());
        }
        Ok(least)
    }

    /// So many bytes there, and as many back.
    async fn burst(&mut self, bytes: usize, rtt: Duration) -> Result<BurstTime, LinkError> {
        let start = Instant::now();
        send(&self.link, bytes).await?;
        let mut first = None;
        let mut count = 0;
        loop {
            let part = Burst::decode(&self.hear().await?)?;
            count += part.bytes.len();
            let (at, from) = *first.get_or_insert((Instant::now(), count));
            if !part.end {
                continue;
            }
            let there = at.saturating_duration_since(start + rtt);
            let rest = bytes.saturating_sub(from);
            // What came with the first part took its share of time before that was seen.
            let back = match rest {
                0 => there,
                rest => at.elapsed().mul_f64(bytes as f64 / rest as f64),
            };
            let (there_us, back_us) = (micros(there).max(1), micros(back).max(1));
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            return Ok(BurstTime { bytes, there_us, back_us });
        }
    }
}

/// A burst of so many bytes, as fast as the link takes them.
async fn send(link: &Link, bytes: usize) -> Result<(), LinkError> {
    let mut left = bytes;
    loop {
        let length = left.min(ZEROS.len());
        left -= length;
        let bytes = Bytes::from_static(ZEROS.get(..length).unwrap_or(&ZEROS));
        link.push(&Burst { end: left == 0, bytes }.frame());
        link.drain().await?;
        if left == 0 {
            return Ok(());
        }
    }
}

/// The end that was dialed: sends back what comes, until the other end closes the link or says
/// nothing for too long.
pub(crate) async fn serve(link: &Link) -> Result<(), LinkError> {
    let mut frames = Vec::new();
    let mut count = 0;
    loop {
        link.drain().await?;
        match timeout(SIBLING_IDLE, link.read(&mut frames)).await {
            Ok(Err(LinkError::Closed)) | Err(_) => return Ok(()),
            Ok(read) => read?,
        }
        for frame in frames.drain(..) {
            if frame.kind != Kind::Burst {
                let asked = Heartbeat::decode(&frame)?;
                let echo = Heartbeat { sent_us: 0, echo_us: asked.sent_us };
                link.push(&echo.frame(CommandId::NONE));
                continue;
            }
            let part = Burst::decode(&frame)?;
            count += part.bytes.len();
            if count > limits::BURST_BYTES_MAX {
                let (got, max) = (count as u64, limits::BURST_BYTES_MAX as u64);
                return Err(WireError::TooLong { got, max }.into());
            }
            if part.end {
                send(link, std::mem::take(&mut count)).await?;
            }
        }
    }
}
