//! Bounded memory: nobody sends beyond the credit it was given, so every buffer on the way has a
//! bound that the receiver set.

use super::Held;
use super::bytes::Sink;
use posse_wire::StreamChunk;

/// At the front end.
pub fn output(sink: &Sink, window: u64, chunk: &StreamChunk) -> Held {
    if chunk.upto() > sink.acked + window {
        let allowed = sink.acked + window;
        return Err(format!("sent up to {}, allowed up to {allowed}", chunk.upto()));
    }
    Ok(())
}

/// At the host of a process: what its daemon handed to the shell and the pipe has not taken.
pub fn input(held: u64, window: u64) -> Held {
    if held > window {
        return Err(format!("the shell holds {held} bytes of stdin, allowed are {window}"));
    }
    Ok(())
}
