//! One input given to one target: whether it panicked, and how long it took. Called by `fuzzer.rs`
//! and `shrink.rs`.

use crate::target::Target;
use rustix::time::{ClockId, clock_gettime};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::Duration;

/// Of the processor's time: a stranger's bytes must not hold up a daemon. Tests are built without
/// optimisation, which is ten times slower than what users have.
const TAKES_AT_MOST: Duration = Duration::from_secs(3);

thread_local! {
    /// What a panic said; none where a panic of this thread is no target's.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the target saw in the input (equal for inputs that were treated alike), or what is wrong.
pub(crate) fn trial(target: &Target, bytes: &[u8]) -> Result<u64, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(hear);
    SAID.set(Some(String::new()));
    let start = used();
    let seen = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    let said = SAID.take().unwrap_or_default();
    let seen = seen.map_err(|_| said)?;
    let took = used().saturating_sub(start);
    if took > TAKES_AT_MOST {
        return Err(format!("{} bytes take {took:?}", bytes.len()));
    }
    Ok(seen)
}

/// The processor's time of this thread, which does not grow while others have the processor.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Keeps the words of panics of targets, which are findings, and has others printed as ever.
fn hear() {
    let others = take_hook();
    set_hook(Box::new(move |panic| {
        let ours = SAID.with_borrow_mut(|said| said.replace(panic.to_string()).is_some());
        if !ours {
            SAID.set(None);
            others(panic);
        }
    }));
}
