//! What the console keeps by name: aliases, variables, and which of these tasks inherit. Pure;
//! called by `act` and `spawn`.

use posse::pvm::{PLACEMENT, STAGE};
use std::collections::BTreeMap;

/// The variable that lists, with colons, what a task hands on to those that it spawns
/// (pvm_export(3PVM)).
const EXPORT: &str = "PVM_EXPORT";

pub struct Names {
    aliases: BTreeMap<String, Vec<String>>,
    variables: BTreeMap<String, String>,
}

impl Names {
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Names {
        Names { aliases: BTreeMap::new(), variables: variables.into_iter().collect() }
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// The words of a line, the first replaced where it is an alias.
    pub fn expanded(&self, words: Vec<String>) -> Vec<String> {
        let Some(meant) = words.first().and_then(|word| self.aliases.get(word)) else {
            return words;
        };
        meant.iter().cloned().chain(words.into_iter().skip(1)).collect()
    }

    /// What `alias WORDS` prints.
    pub fn alias(&mut self, words: &[String]) -> String {
        let shown = |(name, meant): (&String, &Vec<String>)| format!("{name}\t{}", meant.join(" "));
        match words {
            [] => self.aliases.iter().map(shown).collect::<Vec<_>>().join("\n"),
            [name] => self.aliases.get_key_value(name).map(shown).unwrap_or_default(),
            [name, meant @ ..] => {
                self.aliases.insert(name.clone(), meant.to_vec());
                String::new()
            }
        }
    }

    pub fn unalias(&mut self, names: &[String]) {
        names.iter().for_each(|name| drop(self.aliases.remove(name)));
    }

    /// What `setenv WORDS` prints.
    pub fn setenv(&mut self, words: &[String]) -> String {
        let shown = |(name, value): (&String, &String)| format!("{name}={value}");
        match words {
            [] => self.variables.iter().map(shown).collect::<Vec<_>>().join("\n"),
            [name] => self.variable(name).unwrap_or_default().to_owned(),
            [name, value @ ..] => {
                self.variables.insert(name.clone(), value.join(" "));
                String::new()
            }
        }
    }

    pub fn exports(&self) -> Vec<&str> {
        let list = self.variable(EXPORT).unwrap_or_default();
        list.split(':').filter(|name| !name.is_empty()).collect()
    }

    /// What `export WORDS` prints.
    pub fn export(&mut self, names: &[String]) -> String {
        if names.is_empty() {
            return format!("{EXPORT}={}", self.exports().join(":"));
        }
        let known: Vec<String> = self.exports().into_iter().map(str::to_owned).collect();
        let new = names.iter().filter(|name| !known.contains(name)).cloned();
        self.set_exports(known.iter().cloned().chain(new).collect());
        String::new()
    }

    pub fn unexport(&mut self, names: &[String]) {
        let left = self.exports().into_iter().filter(|name| !names.iter().any(|gone| gone == name));
        self.set_exports(left.map(str::to_owned).collect());
    }

    fn set_exports(&mut self, names: Vec<String>) {
        self.variables.insert(EXPORT.to_owned(), names.join(":"));
    }

    /// What spawned tasks get: the list and what it names, and where libraries and programs are
    /// looked for.
    pub fn inherited(&self) -> Vec<(String, String)> {
        let named = ["LD_LIBRARY_PATH", "PVM_PATH", PLACEMENT, STAGE, EXPORT];
        let named = named.into_iter().chain(self.exports());
        named.filter_map(|name| Some((name.to_owned(), self.variable(name)?.to_owned()))).collect()
    }

    /// Where programs are looked for: the console's directory, PVM's execution path (`PVM_PATH`,
    /// else what pvmd takes), further directories, and `PATH`.
    pub fn search(&self, here: &str, further: &[String]) -> String {
        let or_empty = |name: &str| self.variable(name).unwrap_or_default().to_owned();
        let arch = posse::pvm::arch(std::env::consts::ARCH);
        let default = || {
            let root = self.variable("PVM_ROOT").unwrap_or("/usr/lib/pvm3");
            format!("{}/pvm3/bin/{arch}:{root}/bin/{arch}", or_empty("HOME"))
        };
        let own = self.variable("PVM_PATH").map_or_else(default, str::to_owned);
        let all = [here.to_owned(), own].into_iter().chain(further.iter().cloned());
        let all: Vec<String> =
            all.chain([or_empty("PATH")]).filter(|part| !part.is_empty()).collect();
        all.join(":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn aliases_stand_for_first_words() {
        let mut names = Names::new([]);
        assert_eq!(names.alias(&words("x echo -n")), "");
        assert_eq!(names.expanded(words("x y")), words("echo -n y"));
        assert_eq!(names.expanded(words("y x")), words("y x"));
        assert_eq!(names.alias(&[]), "x\techo -n");
        names.unalias(&words("x z"));
        assert_eq!(names.expanded(words("x y")), words("x y"));
    }

    #[test]
    fn variables_are_set_and_exported() {
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut names = Names::new([of("PVM_EXPORT", "DISPLAY"), of("LD_LIBRARY_PATH", "/l")]);
        assert_eq!(
            (names.setenv(&words("A b")), names.setenv(&words("A"))),
            ("".into(), "b".into())
        );
        assert_eq!(names.export(&words("A DISPLAY")), "");
        assert_eq!(names.export(&[]), "PVM_EXPORT=DISPLAY:A");
        let all = [of("LD_LIBRARY_PATH", "/l"), of("PVM_EXPORT", "DISPLAY:A"), of("A", "b")];
        assert_eq!(names.inherited(), all);
        names.unexport(&words("A B"));
        assert_eq!(names.export(&[]), "PVM_EXPORT=DISPLAY");
    }

    #[test]
    fn programs_are_looked_for_here_first() {
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let names = Names::new([of("PVM_PATH", "/ep"), of("PATH", "/bin")]);
        assert_eq!(names.search("/here", &["/more".to_owned()]), "/here:/ep:/more:/bin");
        let names = Names::new([of("HOME", "/h"), of("PVM_ROOT", "/r")]);
        assert!(names.search("/here", &[]).starts_with("/here:/h/pvm3/bin/"));
    }
}
