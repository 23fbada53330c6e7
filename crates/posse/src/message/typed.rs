//! Messages that hold values, or lists of numbers, as programs in Rust have them.
//!
//! Values are CBOR (RFC 8949), which programs in any language read. Numbers are their bytes,
//! little-endian and nothing else, so that they are neither copied nor looked at where the machine
//! has them so too. Called by programs.

use super::group::Number;
use super::process::Process;
use crate::Error;
use bytes::Bytes;
use posse_message::{Attributes, Envelope, Message, Mode, Scope, SendId, Want};
use posse_wire::ProcessId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Deref;
use std::time::Instant;

impl Process {
    /// Sends a value. [`Error::NotDone`] where it has no form in CBOR.
    pub fn send_value<T: Serialize + ?Sized>(
        &self,
        to: ProcessId,
        scope: Scope,
        tag: i64,
        value: &T,
    ) -> Result<SendId, Error> {
        let payload = encoded(value)?;
        self.send(eager(to, scope, tag, payload))
    }

    /// Receives a value, and from whom. [`Error::Payload`] where it is none of this type; it is
    /// received then.
    pub fn receive_value<T: DeserializeOwned>(
        &self,
        want: Want,
        deadline: Option<Instant>,
    ) -> Result<(Envelope, T), Error> {
        let received = self.receive(want, deadline)?;
        let value = decoded(&received.payload, received.envelope.source)?;
        Ok((received.envelope, value))
    }

    /// Sends numbers, which are lent and not copied where both processes are on one host.
    pub fn send_numbers<N: Number>(
        &self,
        to: ProcessId,
        scope: Scope,
        tag: i64,
        numbers: Vec<N>,
    ) -> Result<SendId, Error> {
        self.send(eager(to, scope, tag, lent(numbers)))
    }

    /// Receives numbers, and from whom. [`Error::Payload`] where so many bytes are no whole count
    /// of them.
    pub fn receive_numbers<N: Number>(
        &self,
        want: Want,
        deadline: Option<Instant>,
    ) -> Result<(Envelope, Numbers<N>), Error> {
        let received = self.receive(want, deadline)?;
        let numbers = Numbers::new(received.payload, received.envelope.source)?;
        Ok((received.envelope, numbers))
    }
}

fn eager(to: ProcessId, scope: Scope, tag: i64, payload: Bytes) -> Message {
    Message { to, scope, tag, mode: Mode::Eager, attributes: Attributes::NONE, payload }
}

/// A value as it is sent.
pub(super) fn encoded<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, Error> {
    let bytes = minicbor_serde::to_vec(value);
    bytes.map(Bytes::from).map_err(|why| Error::NotDone { reason: why.to_string() })
}

pub(super) fn decoded<T: DeserializeOwned>(payload: &[u8], from: ProcessId) -> Result<T, Error> {
    minicbor_serde::from_slice(payload).map_err(|why| Error::Payload { from, why: why.to_string() })
}

/// Numbers that were received: in the message itself where they lie there as this machine has
/// them, else copied.
#[derive(Debug, Clone)]
pub struct Numbers<N>(Place<N>);

#[derive(Debug, Clone)]
enum Place<N> {
    Message(Bytes),
    Own(Vec<N>),
}

impl<N: Number> Numbers<N> {
    fn new(payload: Bytes, from: ProcessId) -> Result<Numbers<N>, Error> {
        if !payload.len().is_multiple_of(N::BYTES) {
            let why = format!("{} bytes are no numbers of {} each", payload.len(), N::BYTES);
            return Err(Error::Payload { from, why });
        }
        let is_ours = cfg!(target_endian = "little");
        Ok(Numbers(match bytemuck::try_cast_slice::<u8, N>(&payload) {
            Ok(_) if is_ours => Place::Message(payload),
            _ => Place::Own(payload.chunks_exact(N::BYTES).map(N::get).collect()),
        }))
    }
}

impl<N: Number> Deref for Numbers<N> {
    type Target = [N];

    fn deref(&self) -> &[N] {
        match &self.0 {
            // Was tried when it was made.
            Place::Message(bytes) => bytemuck::try_cast_slice(bytes).unwrap_or_default(),
            Place::Own(numbers) => numbers,
        }
    }
}

/// Numbers as a payload, which has them from now on.
fn lent<N: Number>(numbers: Vec<N>) -> Bytes {
    struct Lent<N>(Vec<N>);
    impl<N: Number> AsRef<[u8]> for Lent<N> {
        fn as_ref(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }
    if cfg!(target_endian = "little") {
        return Bytes::from_owner(Lent(numbers));
    }
    let mut bytes = Vec::with_capacity(numbers.len() * N::BYTES);
    numbers.iter().for_each(|number| number.put(&mut bytes));
    bytes.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FROM: ProcessId = ProcessId(7);

    #[test]
    fn numbers_are_read_where_they_lie_and_where_they_do_not() {
        let sent = lent(vec![1.5f64, -2.0, 1e300]);
        assert_eq!(*Numbers::<f64>::new(sent.clone(), FROM).unwrap(), [1.5, -2.0, 1e300]);
        // One byte further they are not aligned.
        let mut odd = vec![0];
        odd.extend_from_slice(&sent);
        let odd = Bytes::from(odd).slice(1..);
        assert_eq!(*Numbers::<f64>::new(odd, FROM).unwrap(), [1.5, -2.0, 1e300]);
        assert!(Numbers::<u64>::new(Bytes::new(), FROM).unwrap().is_empty());
        let error = Numbers::<u32>::new(sent.slice(1..), FROM).unwrap_err();
        assert!(error.to_string().contains("23 bytes are no numbers of 4"), "{error}");
    }

    #[test]
    fn values_are_read_as_what_they_are_and_as_nothing_else() {
        let value = (7, "text".to_owned(), vec![Some(1.5), None]);
        let bytes = encoded(&value).unwrap();
        assert_eq!(decoded::<(u8, String, Vec<Option<f64>>)>(&bytes, FROM).unwrap(), value);
        let error = decoded::<(String, String)>(&bytes, FROM).unwrap_err();
        assert!(matches!(error, Error::Payload { from: FROM, .. }), "{error}");
        assert!(
            decoded::<Vec<u64>>(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255], FROM).is_err()
        );
    }
}
