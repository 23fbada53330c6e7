//! dsh's configuration, `/etc/dsh/dsh.conf` and `~/.dsh/dsh.conf`: lines of `name = value`. Read
//! by `dsh`; what posse has no use for (the remote shell) is passed over.

use std::path::Path;

/// What dsh's configuration says of the options.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Conf {
    pub verbose: bool,
    pub labelled: bool,
    /// One host after the other.
    pub waits: bool,
    /// At a time; 0 for all.
    pub fork_limit: usize,
}

impl Conf {
    /// dsh's own defaults.
    pub fn own() -> Conf {
        Conf { waits: true, ..Conf::default() }
    }

    /// A file that is not there, or not to be read, says nothing.
    pub fn read(&mut self, path: &Path) {
        if let Ok(Some(lines)) = super::groups::lines(path) {
            lines.iter().for_each(|line| self.line(line));
        }
    }

    fn line(&mut self, line: &str) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((name, value)) = line.split_once('=') else { return };
        let number = value.trim().parse::<usize>().unwrap_or(0);
        match name.trim() {
            "verbose" => self.verbose = number > 0,
            "showmachinenames" => self.labelled = number > 0,
            "waitshell" => self.waits = number > 0,
            "forklimit" => self.fork_limit = number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_packaged_file() {
        let mut conf = Conf::own();
        for line in ["waitshell=0  # whether to wait", " showmachinenames = 1", "remoteshell =rsh"]
        {
            conf.line(line);
        }
        assert_eq!(conf, Conf { labelled: true, waits: false, ..Conf::default() });
    }
}
