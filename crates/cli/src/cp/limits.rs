//! Every limit of a copy, each with its reason. Checked before anything is allocated.
//! Called by the other files here.

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

/// One line of a receiver's report.
pub const REPORT_BYTES_MAX: usize = 16 * 1024;

/// Faults that a host names one by one; of more it says how many.
pub const FAULTS_NAMED: usize = 16;

/// Looks for hosts that share a file system; what is not settled by then is written twice.
pub const ROUNDS_MAX: usize = 3;
