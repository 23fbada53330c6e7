//! Puts a fresh table into `docs/benchmarks.md`, between the two marks of its level, and leaves
//! the rest alone.
//!
//! Called by `level.rs`, `relay.rs`, `reliability.rs` and `netpipe` with `--write`.

use std::path::Path;

use anyhow::{Context, Result};

pub const PAGE: &str = "docs/benchmarks.md";
const CLOSE: &str = "<!-- /bench -->";

pub fn write(root: &Path, level: &str, block: &str) -> Result<()> {
    let path = root.join(PAGE);
    let old = std::fs::read_to_string(&path).with_context(|| format!("{PAGE} must be there"))?;
    let new = replace(&old, level, block)?;
    std::fs::write(&path, new).with_context(|| format!("cannot write {PAGE}"))
}

fn replace(page: &str, level: &str, block: &str) -> Result<String> {
    let open = format!("<!-- bench:{level} -->");
    let missing = || format!("{PAGE} must hold {open} and after it {CLOSE}: add them");
    let (before, rest) = page.split_once(&open).with_context(missing)?;
    let (_, after) = rest.split_once(CLOSE).with_context(missing)?;
    Ok(format!("{before}{open}\n\n{}\n\n{CLOSE}{after}", block.trim()))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn only_the_block_is_replaced() {
        let page = "# A\n<!-- bench:commands -->\nold\n<!-- /bench -->\nB\n";
        let once = replace(page, "commands", "new\n").unwrap();
        assert_eq!(once, "# A\n<!-- bench:commands -->\n\nnew\n\n<!-- /bench -->\nB\n");
        assert_eq!(replace(&once, "commands", "new").unwrap(), once);
        assert!(replace("# A\n", "commands", "new").is_err());
    }
}
