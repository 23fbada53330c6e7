//! The limits of this crate, each with its reason, in one place. They are not in
//! `wire::limits` because this crate depends on nothing; callers may read them from here.

/// Hosts that one expression, or one host file, may name, counted with repetition. A vm holds
/// fewer; the number is what a person can still mean by one line.
pub const MAX_HOSTS: usize = 65_536;

/// Bytes of one expression: 65,536 names that do not fold, of 60 bytes each.
pub const MAX_TEXT: usize = 4 << 20;

/// Bytes of a host name: DNS allows 253.
pub const MAX_NAME: usize = 253;

/// Depth of parentheses. People use two; the parser and the evaluator recurse on it.
pub const MAX_NESTING: usize = 16;

/// Depth of groups within groups. Multiplied by `MAX_NESTING` it bounds the stack.
pub const MAX_GROUP_DEPTH: usize = 16;

/// Digits of an index: what fits a `u64`. Longer runs of digits in a name are plain text.
pub const MAX_INDEX_DIGITS: usize = 19;

/// Masks that one glob with ranges (`n[1-9]?`) may stand for: each is tried on every known host.
pub const MAX_MASKS: usize = 256;

/// Names that may pass through one evaluation, all operands and groups together: about a
/// second of work, so that no text of legal length can keep a front end busy for long.
pub const MAX_WORK: usize = 8 << 20;

/// Bytes of one host file: 65,536 lines of 256 bytes.
pub const MAX_FILE: usize = 16 << 20;

/// Line errors of a host file that are kept; of the others only the number is reported.
pub const MAX_REPORTED: usize = 20;

/// Characters of somebody's text that an error message repeats.
pub const MAX_EXCERPT: usize = 60;

/// Files that one ssh configuration file may name by `Include`: people have one or two lines.
pub const MAX_INCLUDES: usize = 64;
