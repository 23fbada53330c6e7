//! Takes from an output what differs from run to run without being wrong: ids, figures, and the
//! order of lines where the program leaves it open. Pure. Called by the tests and by `expected`.

/// How the lines of a row stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they were written.
    AsWritten,
    /// In any order: sorted, and ids all look alike.
    Any,
    /// Of PVM's console: in order within each process, processes in any order.
    ByTask,
}

/// What is taken from a row's output.
#[derive(Debug, Clone, Copy)]
pub struct Normal {
    pub order: Order,
    /// Decimal numbers from the first id on are ids as well.
    pub decimal: bool,
    /// Every number is a figure that may differ.
    pub numbers: bool,
    /// Hexadecimal numbers without a sign are ids, as in the console's tables.
    pub bare: bool,
    /// Lines with one of these may come or not, or are nobody's business.
    pub without: &'static [&'static str],
}

/// The first id of PVM: host 1. Smaller numbers are no ids.
const FIRST_ID: u64 = 0x40000;

/// Words before a decimal number that make it a context.
const CONTEXT: [&str; 4] = ["context ", "context: ", "ctx = ", "ctx "];

/// Words before a hexadecimal number without a sign that make it an id.
const ID: &str = "id: ";

impl Normal {
    /// The lines of `text` as they are compared, each with its line end.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut names = Names { one: self.order == Order::Any, ..Names::default() };
        let lines = text.lines().map(str::trim_end);
        let unwanted = |line: &&str| self.without.iter().any(|words| line.contains(words));
        let lines = lines.filter(|line| !unwanted(line));
        let lines = lines.map(|line| self.line(line, &mut names));
        let mut lines: Vec<String> = lines.collect();
        if self.order == Order::Any || self.order == Order::ByTask {
            lines.iter_mut().for_each(without_prompt);
        }
        match self.order {
            Order::AsWritten => {}
            Order::Any => lines.sort(),
            Order::ByTask => by_task(&mut lines),
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn line(&self, line: &str, names: &mut Names) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let end = from.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            out.push_str(&self.word(word, &out, names));
            rest = after;
        }
        out.push_str(rest);
        if self.numbers { figures(&out) } else { out }
    }

    fn word(&self, word: &str, before: &str, names: &mut Names) -> String {
        if let Some((id, rest)) = hexadecimal(word) {
            return names.id(id) + rest;
        }
        if self.numbers && is_bare_id(word) {
            return "#".to_owned();
        }
        let is_id = before.ends_with(ID) || self.bare && is_bare_id(word);
        if let (true, Ok(id @ FIRST_ID..)) = (is_id, u64::from_str_radix(word, 16)) {
            return names.id(id);
        }
        let Ok(number) = word.parse::<u64>() else { return word.to_owned() };
        if number >= 1 && CONTEXT.iter().any(|words| before.ends_with(words)) {
            return names.context(number);
        }
        if self.decimal && number >= FIRST_ID { names.id(number) } else { word.to_owned() }
    }
}

/// Names given by first appearance.
#[derive(Default)]
struct Names {
    /// All ids have one name.
    one: bool,
    ids: Vec<u64>,
    contexts: Vec<u64>,
}

impl Names {
    fn id(&mut self, id: u64) -> String {
        if self.one { "T".to_owned() } else { format!("T{}", place(&mut self.ids, id)) }
    }

    fn context(&mut self, context: u64) -> String {
        if self.one { "C".to_owned() } else { format!("C{}", place(&mut self.contexts, context)) }
    }
}

fn place(known: &mut Vec<u64>, one: u64) -> usize {
    if let Some(place) = known.iter().position(|other| *other == one) {
        return place + 1;
    }
    known.push(one);
    known.len()
}

/// `c0001`: an id that nothing introduces. Only where a row says so: elsewhere it may be a word.
fn is_bare_id(word: &str) -> bool {
    let hexadecimal = word.len() >= 5 && word.chars().all(|c| c.is_ascii_hexdigit());
    hexadecimal && word.contains(|c: char| c.is_ascii_digit())
}

/// `t40001` and `0x40001`, and what may follow (`t40001lmbi0`).
fn hexadecimal(word: &str) -> Option<(u64, &str)> {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix('t'))?;
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    let id = u64::from_str_radix(digits, 16).ok()?;
    let is_id = id >= FIRST_ID && digits.contains(|c: char| c.is_ascii_digit());
    is_id.then_some((id, rest))
}

/// Runs of digits, with the points between them, become `#`.
fn figures(line: &str) -> String {
    let mut out = String::new();
    let mut word_before = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii_digit() || word_before {
            word_before = c.is_ascii_alphanumeric();
            out.push(c);
            continue;
        }
        while chars.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {}
        out.push('#');
    }
    // Columns are as wide as their figures, and there may be any number of them.
    let mut words: Vec<&str> = out.split_whitespace().collect();
    for word in &mut words {
        if word.chars().all(|c| matches!(c, '#' | '.')) {
            *word = "#";
        }
    }
    words.dedup_by(|a, b| a == b && *a == "#");
    words.join(" ")
}

/// The console's prompt stands before whatever comes next.
fn without_prompt(line: &mut String) {
    while let Some(rest) = line.strip_prefix("pvm> ") {
        *line = rest.to_owned();
    }
}

/// The console's lines of each process together, in the order in which it named them; `[1]
/// finished` may only stand behind them all.
fn by_task(lines: &mut [String]) {
    let first = lines.iter().position(|line| task(line).is_some());
    let last = lines.iter().rposition(|line| task(line).is_some());
    if let (Some(first), Some(last)) = (first, last) {
        lines[first..=last].sort_by_key(|line| task(line).unwrap_or(usize::MAX));
    }
}

/// The process of `[1:T3] text`.
fn task(line: &str) -> Option<usize> {
    let (_, rest) = line.strip_prefix('[')?.split_once(":T")?;
    rest.split_once(']')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Normal, Order};

    fn normal(order: Order) -> Normal {
        Normal { order, decimal: false, numbers: false, bare: false, without: &[] }
    }

    #[test]
    fn ids_are_named_by_first_appearance_and_contexts_apart() {
        let text = "i'm t40002\nfrom t80001: 0x40002 with context 262145, tasks 5050 t40002lmbi0\n";
        let found = normal(Order::AsWritten).apply(text);
        assert_eq!(found, "i'm T1\nfrom T2: T1 with context C1, tasks 5050 T1lmbi0\n");
        let decimal = Normal { decimal: true, ..normal(Order::AsWritten) };
        assert_eq!(decimal.apply("524289 -> t80001 1000\n"), "T1 -> T1 1000\n");
    }

    #[test]
    fn lines_in_any_order_are_sorted_and_ids_alike() {
        assert_eq!(normal(Order::Any).apply("b t40002\na t40003\n"), "a T\nb T\n");
    }

    #[test]
    fn figures_lose_their_value_and_their_width() {
        let numbers = Normal { numbers: true, ..normal(Order::AsWritten) };
        assert_eq!(numbers.apply("T =  150.5 (us) slave1\n"), "T = # (us) slave1\n");
    }

    #[test]
    fn the_lines_of_a_process_stay_together() {
        let text =
            "t80001\ntc0001\npvm> [1:tc0001] a\n[1:t80001] b\n[1:tc0001] EOF\n[1] finished\n";
        let found = normal(Order::ByTask).apply(text);
        assert_eq!(found, "T1\nT2\n[1:T1] b\n[1:T2] a\n[1:T2] EOF\n[1] finished\n");
    }
}
