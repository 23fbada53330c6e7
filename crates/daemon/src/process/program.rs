//! From what a command names to a file and an argument vector: the search along the child's own
//! PATH, as execvp(3) does it, but before anything is started, so that the error can say what is
//! wrong. Called by `start.rs` when the daemon already stands in the child's directory.

use super::context::HostContext;
use super::environment::Environment;
use super::error::StartError;
use posse_wire::msg::Program;
use rustix::fs::Access;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A program that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Has a slash.
    pub path: PathBuf,
    /// What the person typed, for errors.
    pub name: String,
    pub arg0: OsString,
    pub args: Vec<OsString>,
}

pub fn resolve(
    program: &Program,
    context: &HostContext,
    environment: &Environment,
) -> Result<Resolved, StartError> {
    let words = |args: &[String]| args.iter().map(OsString::from).collect();
    match program {
        Program::Argv(argv) => {
            let Some((name, args)) = argv.split_first() else {
                return Err(StartError::new("no command given"));
            };
            let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(""), |v| v.as_ref());
            let path = find(name, path)?;
            Ok(Resolved { path, name: name.clone(), arg0: name.into(), args: words(args) })
        }
        Program::Shell(text) => Ok(Resolved {
            path: "/bin/sh".into(),
            name: "/bin/sh".into(),
            arg0: "sh".into(),
            args: vec!["-c".into(), text.into()],
        }),
        Program::Own(args) => Ok(Resolved {
            path: context.binary.clone(),
            name: "posse".into(),
            arg0: "posse".into(),
            args: words(args),
        }),
        Program::LoginShell => {
            let mut arg0 = OsString::from("-");
            arg0.push(context.shell.file_name().unwrap_or(OsStr::new("sh")));
            let name = context.shell.display().to_string();
            Ok(Resolved { path: context.shell.clone(), name, arg0, args: vec![] })
        }
    }
}

/// A file without `#!` that the kernel does not know: given to the shell, as execvp(3) does.
pub fn through_shell(program: &Resolved) -> Resolved {
    let mut args = vec![program.path.clone().into_os_string()];
    args.extend(program.args.iter().cloned());
    Resolved { path: "/bin/sh".into(), arg0: "sh".into(), args, ..program.clone() }
}

/// Along `path`, in this form of `PATH`; a name with a slash is a file.
pub(crate) fn find(name: &str, path: &OsStr) -> Result<PathBuf, StartError> {
    if name.is_empty() || name.contains('\0') {
        return Err(StartError::not_found(&format!("{name:?}")));
    }
    let mut denied = false;
    let mut look = |file: &Path| match file.metadata() {
        Ok(meta) if meta.is_file() && may_execute(file) => true,
        // A directory in PATH that may not be read hides its files from execvp as well.
        Ok(_) => {
            denied = true;
            false
        }
        Err(_) => false,
    };
    let found = if name.contains('/') {
        Some(PathBuf::from(name)).filter(|file| look(file))
    } else {
        let folders = path.as_bytes().split(|byte| *byte == b':').map(OsStr::from_bytes);
        let folders = folders.map(|f| Path::new(if f.is_empty() { OsStr::new(".") } else { f }));
        folders.map(|folder| folder.join(name)).find(|file| look(file))
    };
    match found {
        Some(file) => Ok(file),
        None if denied => Err(StartError::denied(name)),
        None => Err(StartError::not_found(name)),
    }
}

fn may_execute(file: &Path) -> bool {
    rustix::fs::access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_searched() {
        let found = find("sh", OsStr::new("/nowhere:/bin")).unwrap();
        assert_eq!(found, Path::new("/bin/sh"));
        assert_eq!(find("/bin/sh", OsStr::new("")).unwrap(), Path::new("/bin/sh"));
    }

    #[test]
    fn what_cannot_be_run_is_said() {
        let text = |name: &str, path: &str| find(name, OsStr::new(path)).unwrap_err().why;
        assert_eq!(text("nosuch", "/bin"), "nosuch: command not found");
        assert_eq!(text("./nosuch", ""), "./nosuch: command not found");
        assert_eq!(text("passwd", "/etc"), "passwd: permission denied");
        assert_eq!(text("/etc", ""), "/etc: permission denied");
        assert_eq!(text("", "/bin"), "\"\": command not found");
    }
}
