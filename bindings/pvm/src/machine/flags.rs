//! Flags that programs pass through to a machine, as `pvm3.h` has them.

/// `pvm_spawn`: `place` names a host, or an architecture; take all others instead; the children
/// do not learn who their parent is.
pub const SPAWN_HOST: i32 = 1;
pub const SPAWN_ARCH: i32 = 2;
pub const SPAWN_OTHERS: i32 = 32;
pub const SPAWN_NO_PARENT: i32 = 64;
/// All that there are, with those for debuggers, traces and front ends of parallel machines.
pub const SPAWN_ALL: i32 = 127;

/// `pvm_putinfo`: stays when its owner ends; one of many; others may write over it.
pub const MAIL_PERSISTENT: i32 = 1;
pub const MAIL_MULTI: i32 = 2;
pub const MAIL_OVERWRITABLE: i32 = 4;
/// `pvm_recvinfo`: the first from this index on; and delete it; wait until there is one.
pub const MAIL_FIRST: i32 = 8;
pub const MAIL_DELETE: i32 = 16;
pub const MAIL_WAIT: i32 = 32;
/// From this bit on stands the index of `PvmMboxDirectIndex`.
pub const MAIL_INDEX_SHIFT: u32 = 10;
