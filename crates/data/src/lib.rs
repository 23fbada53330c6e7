//! What travels when files are copied, and what need not: the container of lists, contents and
//! recipes, in which order its records may come, which parts of a file are which, what two
//! entries differ in, and what a pattern excludes. Pure: bytes and values in, bytes and values
//! out; no file is opened here. Called by `crates/cli/src/cp`, which has the files and streams.
//!
//! # A copy
//!
//! The sender lists a batch of entries and asks; each receiver answers, file by file, whether it
//! has it, has something like it, or lacks it ([`answer`]). What one of them lacks is sent whole.
//! Of what is only alike the sender gives the recipe ([`Piece`]): the hashes of its chunks, which
//! end where the content says ([`chunk`]), so that an insertion moves no others. The receivers
//! answer which chunks they lack, and those are sent. Then the batch is settled and the next one
//! comes. So a receiver never names a file, and a sender never says where one lies.

pub mod answer;
pub mod chunk;
mod decode;
mod encode;
mod entry;
pub mod exclude;
pub mod limits;
mod order;
mod piece;
mod record;

pub use chunk::ChunkId;
pub use decode::{Asked, Decoder, Record};
pub use encode::Encoder;
pub use entry::{Entry, is_name};
pub use piece::{Piece, Whole};
pub use record::{Close, Ending, Kind, Malformed, Totals, header, read_header};
