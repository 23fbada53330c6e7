//! What make wants of its shell: from the words and the environment of the call to what is done.
//! Pure; reading them is `line`'s.

use std::collections::BTreeMap;

/// Says at which depth of makes the environment was made that a call has: one that is no deeper is
/// no line of a recipe, but `$(shell ...)`.
pub const LEVEL: &str = "POSSE_MAKE_LEVEL";

/// Of make itself, and for its own children alone: jobserver, depth, our hook.
const OF_MAKE: [&str; 7] =
    ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_TERMOUT", "MAKE_TERMERR", "GNUMAKEFLAGS", LEVEL];

/// A line for a shell.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The makefile's shell, its flags, the line.
    pub words: Vec<String>,
    /// How deep the make is that calls.
    pub level: u32,
    is_local: bool,
}

impl Call {
    /// `words`: what make put behind our shell, whose path is `hook`: a recipe that says `$(SHELL)`
    /// means the makefile's. `reaches` says whether these descriptors of the jobserver are open,
    /// which they are for lines that run make.
    pub fn of(
        words: &[String],
        hook: &str,
        environment: &BTreeMap<String, String>,
        reaches: impl Fn(i32, i32) -> bool,
    ) -> Option<Call> {
        let shell = words.first()?;
        let words: Vec<String> = words.iter().map(|word| word.replace(hook, shell)).collect();
        let number = |name: &str| environment.get(name).and_then(|text| text.parse().ok());
        let level = number("MAKELEVEL").unwrap_or(0);
        let flags = environment.get("MAKEFLAGS").map_or("", |flags| flags);
        let with_server = jobserver(flags).is_some_and(|(read, write)| reaches(read, write));
        let line = words.last()?;
        let is_recipe = level > number(LEVEL).unwrap_or(0);
        let is_local = !is_recipe || with_server || runs_make(line);
        Some(Call { words, level, is_local })
    }

    /// Whether it must run here: it speaks to make's jobserver, runs make, or is no recipe.
    pub fn is_local(&self) -> bool {
        self.is_local
    }
}

/// What a line has in its environment beside what make was started with.
pub fn added(
    environment: &BTreeMap<String, String>,
    before: &[(String, String)],
    hook: &str,
    shell: &str,
) -> Vec<(String, String)> {
    let before: BTreeMap<&str, &str> =
        before.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let is_new = |name: &str, value: &str| before.get(name) != Some(&value);
    let ours = environment.iter().filter(|(name, _)| !OF_MAKE.contains(&name.as_str()));
    // Shells count and note these for themselves.
    let ours = ours.filter(|(name, _)| !["_", "SHLVL", "PWD", "OLDPWD"].contains(&name.as_str()));
    let new = ours.filter(|(name, value)| is_new(name, value));
    new.map(|(name, value)| (name.clone(), value.replace(hook, shell))).collect()
}

/// The descriptors in `--jobserver-auth=R,W`, which was called `--jobserver-fds` before make 4.2.
fn jobserver(flags: &str) -> Option<(i32, i32)> {
    let word = flags.split(' ').find_map(|word| {
        word.strip_prefix("--jobserver-auth=").or_else(|| word.strip_prefix("--jobserver-fds="))
    })?;
    let (read, write) = word.split_once(',')?;
    Some((read.parse().ok()?, write.parse().ok()?))
}

/// For makes without a jobserver of that kind: a word of the line is make.
fn runs_make(line: &str) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || ";&|()`'\"".contains(c));
    words.any(|word| matches!(word.rsplit('/').next(), Some("make" | "gmake")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn environment(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn call(line: &str, of: &[(&str, &str)], open: bool) -> Call {
        let words = ["/bin/bash", "-ec", line].map(str::to_owned);
        Call::of(&words, "/tmp/p/sh", &environment(of), |_, _| open).unwrap()
    }

    #[test]
    fn a_recipe_is_given_away_unless_it_runs_make() {
        let level = ("MAKELEVEL", "1");
        let flags = ("MAKEFLAGS", " -j4 --jobserver-auth=3,4 -- CC=gcc");
        let told = call("/tmp/p/sh ./configure", &[level, flags], false);
        assert!(!told.is_local());
        assert_eq!(told.words, ["/bin/bash", "-ec", "/bin/bash ./configure"]);
        assert!(call("cc -c a.c", &[level, flags], true).is_local());
        assert!(call("cd sub && /usr/bin/make all", &[level], false).is_local());
        assert!(!call("echo makefile remake", &[level], true).is_local());
        // `$(shell ...)`, here and in a make below.
        assert!(call("uname", &[], false).is_local());
        assert!(call("uname", &[level, (LEVEL, "1")], false).is_local());
        assert!(!call("uname", &[("MAKELEVEL", "2"), (LEVEL, "1")], false).is_local());
        assert!(Call::of(&[], "x", &environment(&[]), |_, _| true).is_none());
    }

    #[test]
    fn what_makefiles_export_goes_with_the_line() {
        let before = [("HOME", "/home/a"), ("CC", "cc")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let now = environment(&[
            ("HOME", "/home/a"),
            ("CC", "gcc"),
            ("MAKELEVEL", "1"),
            ("CONFIG_SHELL", "/tmp/p/sh"),
            ("PWD", "/x"),
        ]);
        let told = added(&now, &before, "/tmp/p/sh", "/bin/sh");
        let want = [("CC", "gcc"), ("CONFIG_SHELL", "/bin/sh")];
        assert_eq!(told, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
