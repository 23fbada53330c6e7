//! The bounds of this crate, each with its reason. What goes over a link is bounded again by
//! `wire::limits`.

/// Bytes of one command line before values are put in. Linux refuses a single argument of
/// 128 KiB (`MAX_ARG_STRLEN`), and the shell gets the command as one argument.
pub const COMMAND_BYTES_MAX: usize = 128 * 1024 - 1;

/// Tasks of one batch. A hundred times the largest queue that anybody reported; below it, a
/// task's number fits in 32 bits.
pub const TASKS_MAX: u64 = 100_000_000;

/// Values that one list on a command line, in a file or a column may have. A list is held in
/// memory; ranges are not, and may be as long as `TASKS_MAX`.
pub const VALUES_MAX: usize = 10_000_000;

/// Bytes of all values of one column. Its offsets are 32 bits wide.
pub const COLUMN_BYTES_MAX: usize = u32::MAX as usize;

/// Columns of one batch. GNU parallel's users give a CSV file's columns; a hundred is many.
pub const COLUMNS_MAX: usize = 1024;

/// Digits of a number in a range, so that all arithmetic fits in 128 bits.
pub const DIGITS_MAX: usize = 18;

/// Bytes of a task file; a line of it is some ten bytes at least, so the tasks are bounded too.
pub const TASK_FILE_BYTES_MAX: usize = 256 << 20;

/// Tasks that a task file names one by one. More are an array or parameters.
pub const NAMED_TASKS_MAX: usize = 1_000_000;

/// Bytes of a name of a task, parameter or resource.
pub const NAME_BYTES_MAX: usize = 200;

/// Letters by which a mistyped name may differ from a known one. Longer names may differ by
/// two, as compilers have it; more would suggest nonsense.
pub const DISTANCE_MAX: usize = 2;

/// Bytes of a line of output that may be values; longer lines are data.
pub const VALUE_LINE_BYTES_MAX: usize = 64 * 1024;

/// Values that one task may print. They become columns of a table that a person reads.
pub const PRINTED_VALUES_MAX: usize = 256;

/// Bytes of one printed text value.
pub const PRINTED_TEXT_BYTES_MAX: usize = 4096;

/// Characters of the line that an error shows around its caret: half a terminal's width each
/// side.
pub const EXCERPT_CHARS_MAX: usize = 72;

/// Points that a plot draws; more can not be told apart on paper and make the file slow.
pub const PLOT_POINTS_MAX: usize = 100_000;

/// Lines or columns of a plot's legend or heat map that can be read.
pub const PLOT_SERIES_MAX: usize = 200;

/// Bytes that `--pipe` keeps while it looks for the end of a record; GNU parallel stops growing
/// its block at 2 GiB.
pub const RECORD_BYTES_MAX: usize = (1 << 31) - 1;

/// GNU parallel's own bound on a command line that `-X` and `-m` fill, on Linux.
pub const FILL_BYTES_MAX: usize = 128 * 1024 - 13;

/// The exit status of `posse parallel` says so many failed, or more: as GNU parallel's.
pub const FAILED_MAX: u64 = 101;
