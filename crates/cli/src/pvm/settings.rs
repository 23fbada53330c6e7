//! PVM's options of the console itself, `getopt` and `setopt`: kept and shown, for scripts that set
//! them. None of them changes what this console does. Pure; called by `act`.

/// Their names, in PVM's order, and what they begin with.
const FIRST: [(&str, i64); 23] = [
    ("PvmRoute", 1),
    ("PvmDebugMask", 0),
    ("PvmAutoErr", 1),
    ("PvmOutputTid", -1),
    ("PvmOutputCode", 0),
    ("PvmTraceTid", -1),
    ("PvmTraceCode", 0),
    ("PvmTraceBuffer", 0),
    ("PvmTraceOptions", 1),
    ("PvmFragSize", 4080),
    ("PvmResvTids", 1),
    ("PvmSelfOutputTid", -1),
    ("PvmSelfOutputCode", 0),
    ("PvmSelfTraceTid", -1),
    ("PvmSelfTraceCode", 0),
    ("PvmSelfTraceBuffer", 0),
    ("PvmSelfTraceOptions", 0),
    ("PvmShowTids", 1),
    ("PvmOutputContext", 0),
    ("PvmTraceContext", 0),
    ("PvmSelfOutputContext", 0),
    ("PvmSelfTraceContext", 0),
    ("PvmNoReset", 1),
];

pub struct Settings {
    all: Vec<(&'static str, i64)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { all: FIRST.to_vec() }
    }
}

impl Settings {
    /// What `getopt WORDS` prints: the options that are named, or all.
    pub fn get(&self, names: &[String]) -> String {
        if names.is_empty() {
            return self
                .all
                .iter()
                .map(|(name, value)| shown(name, *value))
                .collect::<Vec<_>>()
                .join("\n");
        }
        let one = |wanted: &String| {
            let found = self.all.iter().find(|(name, _)| name == wanted);
            found.map_or_else(|| unknown(wanted), |(name, value)| shown(name, *value))
        };
        names.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    /// What `setopt NAME VALUE...` prints.
    pub fn set(&mut self, words: &[String]) -> String {
        let mut said = Vec::new();
        for pair in words.chunks(2) {
            let [name, value] = pair else { return "setopt: wrong #args".to_owned() };
            let option = self.all.iter_mut().find(|(known, _)| known == name);
            match (option, value.parse()) {
                (None, _) => said.push(unknown(name)),
                (Some(_), Err(_)) => said.push(format!("{value} is no number")),
                (Some((_, kept)), Ok(value)) => {
                    said.push(format!("{name} Changed from {kept} to {value}"));
                    *kept = value;
                }
            }
        }
        said.join("\n")
    }
}

fn shown(name: &str, value: i64) -> String {
    format!("{name} Currently Set to {value}")
}

fn unknown(name: &str) -> String {
    format!("PVM Option \"{name}\" Unknown.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_kept() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut settings = Settings::default();
        assert_eq!(settings.set(&words("Route 3")), "PVM Option \"Route\" Unknown.");
        assert_eq!(settings.set(&words("PvmRoute 3")), "PvmRoute Changed from 1 to 3");
        assert_eq!(settings.get(&words("PvmRoute")), "PvmRoute Currently Set to 3");
        assert_eq!(settings.get(&[]).lines().count(), FIRST.len());
        assert_eq!(settings.set(&words("PvmRoute")), "setopt: wrong #args");
        assert_eq!(settings.set(&words("PvmRoute x")), "x is no number");
    }
}
