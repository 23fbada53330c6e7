//! Every limit of a copy, each with its reason. Checked before anything is allocated.
//! Called by the other files here, and by who reads and writes the files.

/// Kind and length.
pub const HEADER_BYTES: usize = 5;

/// Content in one record: with its header four chunks of a stream, so that none is sent half full.
pub const DATA_BYTES_MAX: usize = 256 * 1024 - HEADER_BYTES;

/// As the kernel's NAME_MAX.
pub const NAME_BYTES_MAX: usize = 255;

/// As the kernel's PATH_MAX, which bounds what a symbolic link says.
pub const TARGET_BYTES_MAX: usize = 4095;

/// Directories within each other; each is a descriptor at the receiver (of 1,024 by default).
pub const DEPTH_MAX: usize = 256;

/// What a front end says before the contents: the ranks of 65,536 hosts fit.
pub const CONTROL_BYTES_MAX: usize = 1024 * 1024;

/// Entries and ends of directories between two settlements: some 400 kB at either side, and one
/// round trip for as many files.
pub const BATCH_MAX: usize = 4096;

/// Chunks of one question, 64 MiB of content on average; their hashes take 36 kB.
pub const CHUNKS_MAX: usize = 1024;

/// Pieces of recipes of one question: an empty file has one without a chunk.
pub const PIECES_MAX: usize = 1024;

/// Sizes of chunks: below the least, a changed byte costs as much as the hash that saves others;
/// the largest fits into one record. restic and borg have 512 KiB to 8 MiB, for stores that must
/// remember every chunk; here a recipe is forgotten with its file.
pub const CHUNK_BYTES_MIN: usize = 16 * 1024;
pub const CHUNK_BYTES_AVERAGE: usize = 64 * 1024;
pub const CHUNK_BYTES_MAX: usize = 192 * 1024;

/// Chunks of one file that a receiver remembers: 64 GiB on average, in some 80 MB.
pub const KNOWN_MAX: usize = 1 << 20;

/// A pattern of names that are left out; PATH_MAX.
pub const PATTERN_BYTES_MAX: usize = 4096;
