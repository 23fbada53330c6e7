//! How long nobody touched the computer: when somebody last typed at a terminal or console, when
//! a device for input was last read, and whether its interrupts are counted on.
//!
//! A terminal's time of access is that of what was typed, to 8 s; its time of modification that of
//! what it showed, which does not count (w(1) and HTCondor look at the same).

use super::Computer;
use super::root::number_behind;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What has to be remembered from one look to the next.
#[derive(Debug, Default)]
pub(in crate::farm) struct Keyboard {
    interrupts: Option<u64>,
    /// They had grown then.
    pressed: Option<SystemTime>,
}

impl Keyboard {
    /// None: there is nothing by which it could be seen.
    pub fn idle_for(&mut self, computer: &Computer, now: SystemTime) -> Option<Duration> {
        let interrupts = computer.input_interrupts();
        if self.interrupts.is_some() && interrupts > self.interrupts {
            self.pressed = Some(now);
        }
        self.interrupts = interrupts;
        let last = computer.last_touch().into_iter().chain(self.pressed).max()?;
        // By a clock that was set back it is now.
        Some(now.duration_since(last).unwrap_or_default())
    }
}

impl Computer {
    fn last_touch(&self) -> Option<SystemTime> {
        let of = |folder: &str, prefix: &str| {
            let names = self.names(folder, prefix).into_iter();
            let numbered = names.filter(|name| number_behind(name, prefix).is_some());
            numbered.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
        };
        let terminals = of("dev", "tty").into_iter().chain(of("dev/pts", ""));
        let devices = of("dev/input", "event").into_iter().chain(of("dev/input", "mouse"));
        let touched = terminals.chain(devices).filter_map(|path| {
            let seconds = std::fs::metadata(self.path(path)).ok()?.atime();
            Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
        });
        touched.max()
    }

    /// Of the controller of keyboard and mouse, where it has lines of its own (not over USB).
    fn input_interrupts(&self) -> Option<u64> {
        let text = self.read("proc/interrupts")?;
        let of_input = |line: &&str| ["i8042", "keyboard"].iter().any(|name| line.contains(name));
        let lines = text.lines().filter(of_input);
        let count = |line: &str| {
            let words = line.split_ascii_whitespace().skip(1);
            words.map_while(|word| word.parse::<u64>().ok()).sum::<u64>()
        };
        lines.map(count).reduce(|all, one| all + one)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::fake::Fake;
    use super::*;
    use std::fs::{File, FileTimes};

    fn touch(fake: &Fake, path: &str, at: SystemTime) {
        let file = File::options().write(true).open(fake.path(path)).unwrap();
        file.set_times(FileTimes::new().set_accessed(at)).unwrap();
    }

    #[test]
    fn the_last_touch_of_any_counts() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let fake = Fake::new(&[("dev/tty1", ""), ("dev/pts/3", ""), ("dev/pts/ptmx", "")]);
        let ago = |seconds| now - Duration::from_secs(seconds);
        touch(&fake, "dev/tty1", ago(900));
        touch(&fake, "dev/pts/3", ago(300));
        touch(&fake, "dev/pts/ptmx", ago(1));
        let mut keyboard = Keyboard::default();
        let mut idle = || keyboard.idle_for(&fake.computer(), now).map(|idle| idle.as_secs());
        assert_eq!(idle(), Some(300));
        fake.put("dev/input/event0", "");
        touch(&fake, "dev/input/event0", now + Duration::from_secs(5));
        assert_eq!(idle(), Some(0));
    }

    #[test]
    fn interrupts_that_grow_are_keys() {
        let irq = |count: u32| format!("  CPU0 CPU1\n  1:  {count}  2  IO-APIC  1-edge  i8042\n");
        let fake = Fake::new(&[("proc/interrupts", &irq(5))]);
        let mut keyboard = Keyboard::default();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(keyboard.idle_for(&fake.computer(), at(100)), None);
        fake.put("proc/interrupts", &irq(6));
        assert_eq!(keyboard.idle_for(&fake.computer(), at(110)), Some(Duration::ZERO));
        let later = keyboard.idle_for(&fake.computer(), at(150));
        assert_eq!(later, Some(Duration::from_secs(40)));
    }
}
