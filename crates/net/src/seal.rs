//! TLS within a link, once its handshake is over: plain bytes to records and back, without I/O.
//! Used by `link.rs`.

use bytes::BytesMut;
use rustls::Connection;
use std::io::{self, Read, Write};

/// The cryptographic state of one link.
#[derive(Debug)]
pub struct Seal {
    connection: Connection,
}

impl Seal {
    pub fn new(mut connection: Connection) -> Seal {
        // What is written is taken out at once; a limit would cut frames.
        connection.set_buffer_limit(None);
        Seal { connection }
    }

    /// Records for these bytes.
    pub fn seal(&mut self, parts: &[&[u8]]) -> io::Result<Vec<u8>> {
        let mut writer = self.connection.writer();
        for part in parts {
            writer.write_all(part)?;
        }
        self.pending()
    }

    /// Records that the protocol itself wants to send (key updates, alerts).
    pub fn pending(&mut self) -> io::Result<Vec<u8>> {
        let mut records = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut records)?;
        }
        Ok(records)
    }

    /// Appends what these records hold to `plain`; a record that was tampered with is an error.
    pub fn open(&mut self, mut records: &[u8], plain: &mut BytesMut) -> io::Result<()> {
        self.take(plain)?;
        while !records.is_empty() {
            // Nothing is taken any more once the peer has said that it is done.
            if self.connection.read_tls(&mut records)? == 0 {
                return Err(io::Error::other("bytes after the end of the link"));
            }
            self.take(plain)?;
        }
        Ok(())
    }

    fn take(&mut self, plain: &mut BytesMut) -> io::Result<()> {
        let state = self.connection.process_new_packets().map_err(io::Error::other)?;
        let count = state.plaintext_bytes_to_read();
        let start = plain.len();
        plain.resize(start + count, 0);
        self.connection.reader().read_exact(&mut plain[start..])
    }
}
