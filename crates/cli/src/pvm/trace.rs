//! The trace mask of the console: which calls of PVM's library spawned tasks would report. It is
//! kept and shown as PVM does, and passed to nobody: there are no traces. Pure; called by `act`.

use std::collections::BTreeSet;

/// The calls, without `pvm_`.
const EVENTS: [&str; 104] = [
    "addhosts",
    "addmhf",
    "archcode",
    "barrier",
    "bcast",
    "bufinfo",
    "catchout",
    "config",
    "delete",
    "delhosts",
    "delinfo",
    "delmhf",
    "exit",
    "freebuf",
    "freecontext",
    "gather",
    "getcontext",
    "getfds",
    "getinfo",
    "getinst",
    "getmboxinfo",
    "getminfo",
    "getmwid",
    "getopt",
    "getrbuf",
    "getsbuf",
    "gettid",
    "gettmask",
    "gsize",
    "halt",
    "hostsync",
    "initsend",
    "insert",
    "joingroup",
    "kill",
    "lookup",
    "lvgroup",
    "mcast",
    "mhf_invoke",
    "mkbuf",
    "mstat",
    "mytid",
    "newcontext",
    "notify",
    "nrecv",
    "packf",
    "parent",
    "perror",
    "pkbyte",
    "pkcplx",
    "pkdcplx",
    "pkdouble",
    "pkfloat",
    "pkint",
    "pklong",
    "pkshort",
    "pkstr",
    "pkuint",
    "pkulong",
    "pkushort",
    "precv",
    "probe",
    "psend",
    "pstat",
    "putinfo",
    "recv",
    "recvf",
    "reduce",
    "reg_hoster",
    "reg_rm",
    "reg_tasker",
    "reg_tracer",
    "scatter",
    "send",
    "sendsig",
    "setcontext",
    "setminfo",
    "setmwid",
    "setopt",
    "setrbuf",
    "setsbuf",
    "settmask",
    "siblings",
    "spawn",
    "start_pvmd",
    "tasks",
    "tickle",
    "tidtohost",
    "trecv",
    "unpackf",
    "upkbyte",
    "upkcplx",
    "upkdcplx",
    "upkdouble",
    "upkfloat",
    "upkint",
    "upklong",
    "upkshort",
    "upkstr",
    "upkuint",
    "upkulong",
    "upkushort",
    "user_defined",
    "version",
];

/// Those that are set when a console begins; also what `trace xpvm` sets.
const FIRST: [&str; 24] = [
    "addmhf",
    "barrier",
    "bcast",
    "delmhf",
    "exit",
    "joingroup",
    "kill",
    "lvgroup",
    "mcast",
    "mhf_invoke",
    "mytid",
    "nrecv",
    "parent",
    "precv",
    "probe",
    "psend",
    "recv",
    "recvf",
    "send",
    "sendsig",
    "siblings",
    "spawn",
    "trecv",
    "user_defined",
];

const COLUMNS: usize = 4;

/// How much of each event is told.
const OPTIONS: [&str; 3] = ["full", "time", "count"];

pub struct Trace {
    set: BTreeSet<&'static str>,
    buffer: u32,
    option: &'static str,
}

impl Default for Trace {
    fn default() -> Trace {
        Trace { set: FIRST.into_iter().collect(), buffer: 0, option: OPTIONS[0] }
    }
}

impl Trace {
    /// What `trace WORDS` prints.
    pub fn act(&mut self, words: &[String]) -> String {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match &words[..] {
            [] => return self.table(),
            ["xpvm"] => self.set = FIRST.into_iter().collect(),
            ["buf"] => return format!("\nTrace Buffering set to {} bytes\n", self.buffer),
            ["buf", bytes] => match bytes.parse() {
                Ok(bytes) => self.buffer = bytes,
                Err(_) => return format!("\nError:  \"{bytes}\" is no number of bytes\n"),
            },
            ["opt"] => return format!("\nTrace Options set to \"{}\"\n", self.option),
            ["opt", name] => match OPTIONS.into_iter().find(|known| known == name) {
                Some(known) => self.option = known,
                None => return format!("\nError:  Unknown Trace Option \"{name}\"\n"),
            },
            ["+", names @ ..] => return self.change(true, names),
            ["-", names @ ..] => return self.change(false, names),
            names => return self.change(true, names),
        }
        String::new()
    }

    fn change(&mut self, set: bool, names: &[&str]) -> String {
        let mut unknown = Vec::new();
        for name in names {
            let short = name.strip_prefix("pvm_").unwrap_or(name);
            let chosen: Vec<&'static str> =
                EVENTS.into_iter().filter(|event| short == "*" || *event == short).collect();
            if chosen.is_empty() {
                unknown.push(format!("no such event \"{name}\""));
            }
            for event in chosen {
                if set {
                    self.set.insert(event);
                } else {
                    self.set.remove(event);
                }
            }
        }
        unknown.join("\n")
    }

    fn table(&self) -> String {
        let rows = EVENTS.len() / COLUMNS;
        let cell = |event: &'static str| {
            let mark = if self.set.contains(event) { " * " } else { "   " };
            format!("{mark}{event:16}")
        };
        let row = |row: usize| -> String {
            let cells = (0..COLUMNS).map(|column| cell(EVENTS[column * rows + row]));
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..rows).map(row).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_marked() {
        let mut trace = Trace::default();
        let mut act =
            |line: &str| trace.act(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let first = "   addhosts           gettid             pkfloat            setopt";
        assert!(act("").starts_with(first));
        assert!(act("").contains("\n * barrier            halt"));
        assert_eq!(act("- barrier pvm_send"), "");
        assert!(act("").contains("\n   barrier            halt"));
        assert_eq!(act("+ nothing"), "no such event \"nothing\"");
        assert_eq!(act("+ *"), "");
        assert!(act("").starts_with(" * addhosts"));
        assert_eq!(act("opt 2"), "\nError:  Unknown Trace Option \"2\"\n");
        assert_eq!((act("opt time"), act("buf 5")), (String::new(), String::new()));
        assert_eq!(act("opt"), "\nTrace Options set to \"time\"\n");
        assert_eq!(act("buf"), "\nTrace Buffering set to 5 bytes\n");
    }
}
