//! The options of GNU parallel: what each is called, whether it takes a value, and what becomes
//! of it here. Read by `options`.

use crate::mistake::{Mistake, Result};
use crate::near::suggestion;

/// One option of GNU parallel.
pub(super) struct Known {
    /// The first is how messages call it. Names of one letter have one dash.
    pub names: &'static [&'static str],
    pub takes: bool,
    pub does: Does,
}

#[derive(Clone, Copy)]
pub(super) enum Does {
    /// Handled in `options` under its first name.
    Set,
    /// Means nothing here and hurts nobody.
    Nothing,
    /// Can not be done; this is what to use.
    Refused(&'static str),
}

const fn set(names: &'static [&'static str], takes: bool) -> Known {
    Known { names, takes, does: Does::Set }
}

const fn nothing(names: &'static [&'static str], takes: bool) -> Known {
    Known { names, takes, does: Does::Nothing }
}

const fn no(names: &'static [&'static str], takes: bool, advice: &'static str) -> Known {
    Known { names, takes, does: Does::Refused(advice) }
}

const HOSTS: &str = "hosts are those of the vm: add them by `posse up HOST` and select with -H";
const FILES: &str = "name inputs and outputs in a task file (`posse submit -f`)";
const PERL: &str = "Perl is not evaluated here: compute the value in the command";
const TABLE: &str = "use --results FILE.csv or .json for a table of results";
const LOCKS: &str = "use --joblog and `posse names` for a lock, or -j 1";
const LINES: &str = "use -n N or -N N: each line is one argument";

pub(super) const KNOWN: &[Known] = &[
    set(&["jobs", "j", "max-procs", "maxprocs", "P"], true),
    set(&["keep-order", "keeporder", "k"], false),
    nothing(&["no-keep-order", "nokeeporder", "nok", "no-k"], false),
    set(&["tag"], false),
    set(&["tagstring", "tag-string"], true),
    set(&["dry-run", "dryrun", "dr"], false),
    set(&["quote", "q"], false),
    set(&["null", "0"], false),
    set(&["delimiter", "d"], true),
    set(&["trim"], true),
    set(&["shuf"], false),
    set(&["max-args", "maxargs", "n"], true),
    set(&["max-replace-args", "maxreplaceargs", "N"], true),
    set(&["X"], false),
    set(&["m", "xargs"], false),
    set(&["max-chars", "maxchars", "s"], true),
    set(&["I"], true),
    set(&["extensionreplace", "er"], true),
    set(&["basenamereplace", "bnr"], true),
    set(&["dirnamereplace", "dnr"], true),
    set(&["basenameextensionreplace", "bner"], true),
    set(&["seqreplace"], true),
    set(&["slotreplace"], true),
    set(&["arg-sep", "argsep"], true),
    set(&["arg-file-sep", "argfilesep"], true),
    set(&["arg-file", "argfile", "a"], true),
    set(&["colsep", "col-sep", "C"], true),
    set(&["header"], true),
    set(&["link", "xapply"], false),
    set(&["no-run-if-empty", "norunifempty", "r"], false),
    set(&["E"], true),
    set(&["delay"], true),
    set(&["retries"], true),
    set(&["timeout"], true),
    set(&["load"], true),
    set(&["memfree"], true),
    set(&["results", "result", "res"], true),
    set(&["joblog", "jl"], true),
    set(&["resume"], false),
    set(&["resume-failed", "resumefailed"], false),
    set(&["retry-failed", "retryfailed"], false),
    set(&["halt", "halt-on-error"], true),
    set(&["pipe", "spreadstdin"], false),
    set(&["block", "block-size", "blocksize"], true),
    set(&["recstart"], true),
    set(&["recend"], true),
    set(&["remove-rec-sep", "removerecsep", "rrs"], false),
    set(&["env"], true),
    set(&["workdir", "work-dir", "wd"], true),
    set(&["nice"], true),
    set(&["eta"], false),
    set(&["bar"], false),
    set(&["progress"], false),
    set(&["group"], false),
    set(&["ungroup", "u"], false),
    set(&["line-buffer", "line-buffered", "linebuffer", "linebuffered", "lb"], false),
    set(&["verbose", "t", "v"], false),
    nothing(&["will-cite", "willcite", "nn", "nonotice", "no-notice"], false),
    nothing(&["gnu"], false),
    nothing(&["plain"], false),
    nothing(&["silent"], false),
    nothing(&["exit", "x"], false),
    nothing(&["noswap"], false),
    nothing(&["total-jobs", "totaljobs", "total"], true),
    nothing(&["tmpdir", "tempdir"], true),
    nothing(&["compress"], false),
    nothing(&["sshdelay", "ssh-delay"], true),
    nothing(&["controlmaster", "M"], false),
    nothing(&["cleanup"], false),
    no(&["sshlogin", "S"], true, HOSTS),
    no(&["sshloginfile", "slf"], true, HOSTS),
    no(&["ssh"], true, HOSTS),
    no(&["filter-hosts", "filterhosts"], false, HOSTS),
    no(&["hostgroups", "hgrp", "hostgroup", "hostgrp"], false, HOSTS),
    no(&["onall"], false, "use `posse e COMMAND` to run on all hosts"),
    no(&["nonall"], false, "use `posse e COMMAND` to run on all hosts"),
    no(&["transferfile", "transfer-file", "tf"], true, FILES),
    no(&["transfer"], false, FILES),
    no(&["return"], true, FILES),
    no(&["trc"], true, FILES),
    no(&["basefile", "bf"], true, FILES),
    no(&["template", "tmpl"], true, FILES),
    no(&["rpl"], true, PERL),
    no(&["parens"], true, PERL),
    no(&["plus"], false, PERL),
    no(&["filter"], true, PERL),
    no(&["sqlmaster", "sql-master"], true, TABLE),
    no(&["sqlworker", "sql-worker"], true, TABLE),
    no(&["sqlandworker", "sql-and-worker"], true, TABLE),
    no(&["semaphore"], false, LOCKS),
    no(&["semaphorename", "semaphore-name", "id"], true, LOCKS),
    no(&["semaphoretimeout", "semaphore-timeout", "st"], true, LOCKS),
    no(&["fg"], false, LOCKS),
    no(&["bg"], false, LOCKS),
    no(&["L"], true, LINES),
    no(&["max-lines", "l"], false, LINES),
    no(&["replace", "i"], false, "use -I REPLACE"),
    no(&["eof", "e"], false, "use -E TEXT"),
    no(&["memsuspend"], true, "use --memfree SIZE"),
    no(&["pipepart", "pipe-part"], false, "use --pipe, or parts of the file as arguments"),
    no(&["round-robin", "roundrobin", "round"], false, "use --pipe without it"),
    no(&["tee"], false, "use `posse mw` for a stream that all processes get"),
    no(&["fifo"], false, "use --pipe: the block is the standard input"),
    no(&["cat"], false, "use --pipe: the block is the standard input"),
    no(&["regexp", "regex"], false, "use --recstart or --recend with a plain text"),
    no(&["shard"], true, "sort the input by the column and use --pipe"),
    no(&["bin"], true, "sort the input by the column and use --pipe"),
    no(&["group-by", "groupby"], true, "sort the input by the column and use --pipe"),
    no(&["csv"], false, "use `posse sweep -p '*=@FILE.csv'`"),
    no(&["tmux"], false, "use --line-buffer --tag"),
    no(&["tmuxpane", "tmux-pane"], false, "use --line-buffer --tag"),
    no(&["latest-line", "latestline", "ll"], false, "use --bar"),
    no(&["tty"], false, "tasks have no terminal: use `posse e -t` for one command"),
    no(&["open-tty", "o"], false, "tasks have no terminal: use `posse e -t` for one command"),
    no(&["interactive", "p"], false, "look at the list first with --dry-run"),
    no(&["files", "output-as-files"], false, "use --results DIRECTORY"),
    no(&["profile", "J"], true, "write the options out, or make a shell function"),
    no(&["shebang"], false, "run `posse parallel` in the script's first line of shell"),
    no(&["embed"], false, "posse is one file already"),
    no(&["shellquote", "shell-quote"], false, "use --quote"),
    no(&["color", "colour"], false, "use --tag"),
    no(&["ctag"], false, "use --tag"),
    no(&["ctagstring", "ctag-string"], true, "use --tagstring"),
    no(&["termseq", "term-seq"], true, "a task gets TERM, then KILL"),
    no(&["limit"], true, "use --load or --memfree"),
];

/// The option of this name: exactly, or by the beginning of one only.
pub(super) fn long(name: &str) -> Result<&'static Known> {
    let all = || KNOWN.iter().flat_map(|known| known.names.iter().map(move |name| (*name, known)));
    let long = || all().filter(|(name, _)| name.len() > 1);
    if let Some((_, known)) = long().find(|(known, _)| *known == name) {
        return Ok(known);
    }
    let mut meant: Vec<(&str, &'static Known)> =
        long().filter(|(known, _)| !name.is_empty() && known.starts_with(name)).collect();
    meant.dedup_by_key(|(_, known)| known.names[0]);
    match meant.as_slice() {
        [(_, known)] => Ok(known),
        [] => {
            let what = format!("GNU parallel has no option --{name} that is known here");
            let mistake = Mistake::new(what);
            let near = suggestion(name, long().map(|(name, _)| name));
            Err(match near {
                Some(near) => mistake.hint(near.replace('`', "").replacen("mean ", "mean --", 1)),
                None => mistake.hint("posse parallel --help lists the options"),
            })
        }
        [(first, _), (second, _), ..] => {
            let what = format!("--{name} may be --{first} or --{second}");
            Err(Mistake::new(what).hint("write more of its name"))
        }
    }
}

/// The option of one letter.
pub(super) fn short(letter: char) -> Result<&'static Known> {
    let mut word = [0; 4];
    let word: &str = letter.encode_utf8(&mut word);
    let found = KNOWN.iter().find(|known| known.names.contains(&word));
    found.ok_or_else(|| {
        let what = format!("GNU parallel has no option -{letter} that is known here");
        Mistake::new(what).hint("posse parallel --help lists the options")
    })
}

impl Known {
    /// As it is written: `-j`, `--jobs`.
    pub fn shown(&self) -> String {
        let name = self.names[0];
        if name.len() == 1 { format!("-{name}") } else { format!("--{name}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whole_and_by_their_beginning() {
        assert_eq!(long("joblog").unwrap().shown(), "--joblog");
        assert_eq!(long("keep").unwrap().shown(), "--keep-order");
        assert_eq!(long("jl").unwrap().shown(), "--joblog");
        assert_eq!(short('k').unwrap().shown(), "--keep-order");
        assert!(long("re").is_err_and(|m| m.to_string().contains("may be")));
        let told = long("jobslog").err().unwrap();
        assert_eq!(told.advice(), Some("did you mean --joblog?"));
        assert!(short('é').is_err());
    }

    #[test]
    fn no_name_is_taken_twice() {
        let mut names: Vec<&str> = KNOWN.iter().flat_map(|known| known.names).copied().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
