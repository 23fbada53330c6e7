//! Plain host files, pdsh's and dsh's: one name or hostset expression a line. Groups, `all`
//! and predicates have no meaning in a file and are errors. Called by `file`.

use super::report::Collector;
use crate::expr::Expr;
use crate::item::HostItem;

pub(super) fn line(line: &str, collector: &mut Collector) -> Result<(), String> {
    let items = expression(line)?;
    collector.add(items)
}

/// The hosts of a text that stands in the place of a host name, in any format.
pub(super) fn expression(text: &str) -> Result<Vec<HostItem>, String> {
    let expr = Expr::parse(text).map_err(|error| error.to_string())?;
    expr.items().map_err(|error| error.to_string())
}
