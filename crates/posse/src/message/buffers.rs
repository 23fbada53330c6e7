//! The large buffers of this process, for payloads that come and for faces that pack some, before
//! they have joined and after they have left.

use posse_message::Buffers;
use std::sync::LazyLock;

static OF_THIS_PROCESS: LazyLock<Buffers> = LazyLock::new(Buffers::default);

/// Large buffers that this process has used and that nobody needs now.
pub fn buffers() -> &'static Buffers {
    &OF_THIS_PROCESS
}
