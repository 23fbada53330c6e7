//! The words behind `pvm`: `[--echo] [--stage] [--round-robin] [-nNAME] [-dMASK] [HOSTFILE]`.
//! Pure; read by `session`.

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How this computer is to be called.
    pub name: Option<String>,
    pub file: Option<String>,
    /// Write prompt and lines also where stdin is no terminal.
    pub echo: bool,
    /// Send programs to hosts that have none of their name.
    pub stage: bool,
    /// Spread tasks as PVM does.
    pub round_robin: bool,
}

impl Options {
    pub fn read(words: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        for word in words {
            if word == "--echo" {
                options.echo = true;
            } else if word == "--stage" {
                options.stage = true;
            } else if word == "--round-robin" {
                options.round_robin = true;
            } else if let Some(name) = word.strip_prefix("-n").filter(|name| !name.is_empty()) {
                options.name = Some(name.to_owned());
            } else if let Some(mask) = word.strip_prefix("-d") {
                let digits = mask.strip_prefix("0x").unwrap_or(mask);
                u32::from_str_radix(digits, 16).map_err(|_| format!("`{mask}` is no mask"))?;
            } else if word.starts_with('-') {
                return Err(format!("`{word}` is no option of pvm"));
            } else if options.file.replace(word.clone()).is_some() {
                return Err("more than one host file is given".to_owned());
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_their_values_attached() {
        let read = |line: &str| {
            Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let options = read("-nlab1 -d0x3f hosts --echo").unwrap();
        let (name, file) = (Some("lab1".to_owned()), Some("hosts".to_owned()));
        assert_eq!(options, Options { name, file, echo: true, ..Options::default() });
        let options = read("--stage --round-robin").unwrap();
        assert!(options.stage && options.round_robin);
        assert_eq!(read("").unwrap(), Options::default());
        for bad in ["-n", "-x", "-dzz", "a b"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
