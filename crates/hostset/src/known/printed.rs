//! What a program of a group source printed: host names with blanks or line ends between, or
//! hostsets, as ClusterShell's sources do. Called by `known`.

use crate::expr::Expr;

/// One expression of it all; `None` where nothing was printed. Whether it is a good one shows
/// when it is read.
pub fn printed(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let parts = lines.map(|line| match Expr::parse(line) {
        Ok(_) => format!("({line})"),
        Err(_) => line.split_whitespace().collect::<Vec<_>>().join(","),
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lines_and_hostsets() {
        assert_eq!(printed("\n \n"), None);
        assert_eq!(printed("a b\tc\n").as_deref(), Some("a,b,c"));
        assert_eq!(printed("a b\nlab[1-3] - lab2\n").as_deref(), Some("a,b,(lab[1-3] - lab2)"));
        assert_eq!(printed("lab[1-3]\n").as_deref(), Some("(lab[1-3])"));
        assert!(Expr::parse(&printed("a; rm\n").unwrap_or_default()).is_err());
    }
}
