//! Classes of the mailbox by which tasks say something about themselves: PVM's own names. An entry
//! goes with its task.

/// A reset is not meant for its owner (`PvmNoReset`).
pub const NO_RESET: &str = "###_PVM_NO_RESET_###";

/// Its owner is asked before hosts are added (`pvm_reg_hoster`).
pub const HOSTER: &str = "###_PVM_HOSTER_###";

/// Its owner starts the tasks of its host, whose number is the entry's index (`pvm_reg_tasker`).
pub const TASKER: &str = "###_PVM_TASKER_###";

/// Its owner is asked which hosts there are (`pvm_reg_rm`).
pub const MANAGER: &str = "###_PVM_RM_###";

/// Its owner wants trace events (`pvm_reg_tracer`); one of many.
pub const TRACER: &str = "###_PVM_TRACER_###";

/// What `pvm_tasks` and `ps` show of the owner of an entry: a flag of PVM's, and its letter.
pub const DUTIES: [(&str, i32, &str); 3] =
    [(MANAGER, 0x100, "R"), (HOSTER, 0x200, "H"), (TASKER, 0x400, "T")];
