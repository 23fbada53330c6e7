//! What a spawned task gets from its parent besides its environment: one variable.
//!
//! `POSSE_PVM` holds nine numbers with a space between: version, context, output (tid, tag,
//! context), trace (the same), and whether its parent is hidden from it.
//! Strings alone. Written by who spawns, read by the library of the task.

/// Of what follows it.
const VERSION: i32 = 1;

/// Of output and traces: the task that wants them, tag and context.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Inherited {
    pub context: i32,
    pub output: (i32, i32, i32),
    pub trace: (i32, i32, i32),
    /// It was spawned with `PvmNoSpawnParent`.
    pub no_parent: bool,
}

impl Inherited {
    /// Its name in the task's environment.
    pub const VARIABLE: &str = "POSSE_PVM";

    pub fn text(&self) -> String {
        let (output, trace) = (self.output, self.trace);
        let no_parent = i32::from(self.no_parent);
        let numbers = [
            VERSION,
            self.context,
            output.0,
            output.1,
            output.2,
            trace.0,
            trace.1,
            trace.2,
            no_parent,
        ];
        numbers.map(|number| number.to_string()).join(" ")
    }

    /// `None` for what another version wrote, or nobody.
    pub fn read(text: &str) -> Option<Inherited> {
        let numbers: Result<Vec<i32>, _> = text.split(' ').map(str::parse).collect();
        let [VERSION, context, a, b, c, d, e, f, no_parent] = numbers.ok()?[..] else {
            return None;
        };
        Some(Inherited { context, output: (a, b, c), trace: (d, e, f), no_parent: no_parent != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (output, trace) = ((0x40001, i32::MIN, -3), (4, 5, 6));
        let inherited = Inherited { context: 7, output, trace, no_parent: true };
        assert_eq!(Inherited::read(&inherited.text()), Some(inherited));
        for odd in ["", "1", "2 0 0 0 0 0 0 0 0", "1 0 0 0 0 0 0 0 x", "1 0 0 0 0 0 0 0 0 0"] {
            assert_eq!(Inherited::read(odd), None, "{odd}");
        }
    }
}
