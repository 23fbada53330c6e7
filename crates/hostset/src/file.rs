//! Host files, from text: the formats people have lying about. Reading the file is the
//! caller's part. One bad line costs that line; a thousand bad lines make a short report.

mod detect;
mod gxp;
mod mpi;
mod plain;
mod pvm;
mod report;

use std::fmt;
use std::str::FromStr;

use crate::item::HostItem;
use crate::limits::MAX_FILE;
use crate::set::HostSet;
use report::Collector;
pub use report::LineError;

/// How a host file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One name or hostset expression a line.
    Plain,
    /// pdsh and dsh: as plain; `user@host` is usual.
    Dsh,
    /// GXP: `/etc/hosts` lines, names with aliases, `use` and `explore` lines.
    Gxp,
    /// PVM: `name lo=user ep=path`, `* ep=path` for defaults, `&name` for later.
    Pvm,
    /// MPI: `name:4` or `name slots=4`; repeated names add their slots.
    Mpi,
}

/// What GXP's `use RSH SRC [TGT]` states: hosts matching the regular expression `from` can log
/// in to those matching `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub launcher: String,
    pub from: String,
    pub to: String,
    pub user: Option<String>,
}

/// A host file as read: each host once, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFile {
    pub format: Format,
    pub items: Vec<HostItem>,
    pub logins: Vec<Login>,
    /// The first errors; `error_count` counts all.
    pub errors: Vec<LineError>,
    pub error_count: usize,
}

impl HostFile {
    /// The names of all hosts in the file.
    pub fn hosts(&self) -> HostSet {
        self.items.iter().map(|item| item.name.clone()).collect()
    }

    /// Reads a file of `format`, or of the format that its lines look like.
    pub fn parse(text: &str, format: Option<Format>) -> HostFile {
        let mut collector = Collector::default();
        if text.len() > MAX_FILE {
            let reason =
                format!("the file has over {MAX_FILE} bytes, the limit; is it a host file?");
            collector.fail(1, "", reason);
            return collector.finish(format.unwrap_or(Format::Plain));
        }
        let format = format.unwrap_or_else(|| detect::format(text));
        let mut defaults = Vec::new();
        for (at, raw) in text.lines().enumerate() {
            let line = significant(raw);
            if let Some(file) = raw.trim().strip_prefix("#include") {
                let file = crate::name::excerpt(file.trim());
                let reason = format!("`#include` is not followed; give the file {file} as well");
                collector.fail(at + 1, raw, reason);
            }
            if line.is_empty() {
                continue;
            }
            let result = match format {
                Format::Plain | Format::Dsh => plain::line(line, &mut collector),
                Format::Gxp => gxp::line(line, &mut collector),
                Format::Pvm => pvm::line(line, &mut defaults, &mut collector),
                Format::Mpi => mpi::line(line, &mut collector),
            };
            if let Err(reason) = result {
                collector.fail(at + 1, raw, reason);
            }
        }
        collector.finish(format)
    }
}

/// A line without comment and outer space. No name holds a `#`.
fn significant(line: &str) -> &str {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    line.split('#').next().unwrap_or("").trim_matches([' ', '\t', '\r'])
}

/// `key=value`, both without control characters.
fn option(token: &str) -> Result<(&str, &str), String> {
    match token.split_once('=') {
        Some(("", _)) => Err("an option without a name".to_owned()),
        Some((_, value)) if value.chars().any(char::is_control) => {
            Err("a control character in an option; retype the line".to_owned())
        }
        Some((key, value)) => Ok((key, value)),
        None => {
            let token = crate::name::excerpt(token);
            Err(format!("`{token}` is no option; options are written `name=value`"))
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        match name {
            "plain" => Ok(Format::Plain),
            "dsh" | "pdsh" => Ok(Format::Dsh),
            "gxp" | "hosts" => Ok(Format::Gxp),
            "pvm" => Ok(Format::Pvm),
            "mpi" => Ok(Format::Mpi),
            _ => Err(UnknownFormat(crate::name::excerpt(name))),
        }
    }
}

/// The name of a format that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0;
        write!(f, "`{name}` is no host file format; there are plain, dsh, gxp, pvm and mpi")
    }
}

impl std::error::Error for UnknownFormat {}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Plain => "plain",
            Format::Dsh => "dsh",
            Format::Gxp => "gxp",
            Format::Pvm => "pvm",
            Format::Mpi => "mpi",
        })
    }
}

#[cfg(test)]
mod tests;
