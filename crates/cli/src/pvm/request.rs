//! What a `spawn` line asks for: flags, program, arguments. Pure; carried out by `spawn`.

use crate::limits::SPAWNED_MAX;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub count: u32,
    pub place: Place,
    /// The directory to start in.
    pub directory: Option<String>,
    pub output: Output,
    /// The program and its arguments.
    pub words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Any,
    /// A host, or an architecture: which of both the hosts of the vm say.
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Kept by the vm.
    Kept,
    Console,
    File {
        path: PathBuf,
        append: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// No program is named.
    Arguments,
    /// Not so many.
    Count(String),
    /// The flag is known and not to be had here.
    Flag(String),
}

impl Request {
    /// `words` are those behind `spawn`.
    pub fn read(words: &[String]) -> Result<Request, Refused> {
        let flags = words.iter().take_while(|word| word.starts_with('-')).count();
        let (flags, rest) = words.split_at(flags);
        if rest.is_empty() {
            return Err(Refused::Arguments);
        }
        let mut request = Request {
            count: 1,
            place: Place::Any,
            directory: None,
            output: Output::Kept,
            words: rest.to_vec(),
        };
        for flag in flags {
            request.flag(&flag[1..])?;
        }
        Ok(request)
    }

    /// `flag` without its dash.
    fn flag(&mut self, flag: &str) -> Result<(), Refused> {
        if flag.bytes().all(|byte| byte.is_ascii_digit()) && !flag.is_empty() {
            let count = flag.parse().ok().filter(|count| (1..=SPAWNED_MAX).contains(count));
            self.count = count.ok_or_else(|| Refused::Count(flag.to_owned()))?;
        } else if let Some(path) = flag.strip_prefix(">>").filter(|path| !path.is_empty()) {
            self.output = Output::File { path: path.into(), append: true };
        } else if let Some(path) = flag.strip_prefix('>') {
            self.output = match path {
                "" => Output::Console,
                path => Output::File { path: path.into(), append: false },
            };
        } else if flag == "?" || flag.starts_with('@') || flag.is_empty() {
            return Err(Refused::Flag(format!("-{flag}")));
        } else {
            let named = flag.strip_prefix("-host=").unwrap_or(flag);
            let (name, directory) = match named.split_once(':') {
                Some((name, directory)) => (name, Some(directory.to_owned())),
                None => (named, None),
            };
            if !name.is_empty() {
                self.place = Place::Named(name.to_owned());
            }
            self.directory = directory.or(self.directory.take());
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Request, Refused> {
        Request::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_as_in_pvm() {
        let plain = read("hello -1 x").unwrap();
        assert_eq!(plain.words, ["hello", "-1", "x"]);
        assert_eq!((plain.count, &plain.place, &plain.output), (1, &Place::Any, &Output::Kept));
        let console = read("-4 -> hello").unwrap();
        assert_eq!((console.count, console.output), (4, Output::Console));
        let file = |path: &str, append| Output::File { path: path.into(), append };
        assert_eq!(read("->out hello").unwrap().output, file("out", false));
        assert_eq!(read("->>out hello").unwrap().output, file("out", true));
        let named = |line: &str| read(line).map(|request| (request.place, request.directory));
        let at = |name: &str| Place::Named(name.to_owned());
        assert_eq!(named("-lab1 x"), Ok((at("lab1"), None)));
        assert_eq!(named("-lab1:/tmp x"), Ok((at("lab1"), Some("/tmp".to_owned()))));
        assert_eq!(named("--host=10.0.0.1:/a x"), Ok((at("10.0.0.1"), Some("/a".to_owned()))));
        assert_eq!(named("-:/tmp -LINUX64 x"), Ok((at("LINUX64"), Some("/tmp".to_owned()))));
    }

    #[test]
    fn what_is_missing_or_not_to_be_had_is_refused() {
        assert_eq!(read(""), Err(Refused::Arguments));
        assert_eq!(read("-2 ->"), Err(Refused::Arguments));
        for count in ["0", "65537", "99999999999"] {
            assert_eq!(read(&format!("-{count} x")), Err(Refused::Count(count.to_owned())));
        }
        for flag in ["-?", "-@", "-@file", "-"] {
            assert_eq!(read(&format!("{flag} x")), Err(Refused::Flag(flag.to_owned())));
        }
    }
}
