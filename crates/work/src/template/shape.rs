//! From the parts of a template to the text that tasks of one number of values share. The rules
//! for several values (`-m`, `-X`, `-N`) are GNU parallel's. Called by `template`.

use super::{Of, Part, Style};
use posse_farm::quote;
use posse_farm::{Piece, Text};

/// The place of a value among `arity`; `None` where there is none. -1 is the last.
pub(super) fn resolve(place: i32, arity: usize) -> Option<usize> {
    let arity = i64::try_from(arity).ok()?;
    let place = i64::from(place);
    let place = if place < 0 { arity + place } else { place };
    (0..arity).contains(&place).then(|| usize::try_from(place).ok()).flatten()
}

pub(super) fn shape(words: &[Vec<Part>], arity: usize, style: Style) -> Text {
    let mut shaper = Shaper { text: Text::default(), arity, style };
    for (number, word) in words.iter().enumerate() {
        if number > 0 {
            shaper.space();
        }
        if style.quote_words && word.is_empty() {
            shaper.text.push(Piece::Plain(quote("").into_owned()));
        }
        if style.repeat_context {
            shaper.by_group(word);
        } else {
            shaper.by_field(word);
        }
    }
    shaper.text
}

struct Shaper {
    text: Text,
    arity: usize,
    style: Style,
}

impl Shaper {
    /// Between words, and between values: never quoted.
    fn space(&mut self) {
        self.text.push(Piece::Plain(" ".to_owned()));
    }

    /// Each field is replaced by its values with spaces between.
    fn by_field(&mut self, word: &[Part]) {
        for part in word {
            let times = if part.is_each() { self.arity } else { 1 };
            for value in 0..times {
                if value > 0 {
                    self.space();
                }
                self.part(part, value);
            }
        }
    }

    /// What touches a field is repeated with each value.
    fn by_group(&mut self, word: &[Part]) {
        for group in groups(word) {
            let times = if group.iter().any(Part::is_each) { self.arity.max(1) } else { 1 };
            for value in 0..times {
                if value > 0 {
                    self.space();
                }
                for part in &group {
                    if self.arity > 0 || !part.is_each() {
                        self.part(part, value);
                    }
                }
            }
        }
    }

    /// One part; `value` is meant where it stands for each.
    fn part(&mut self, part: &Part, value: usize) {
        let piece = match part {
            Part::Plain(text) if self.style.quote_words => Piece::Plain(quote(text).into_owned()),
            Part::Plain(text) => Piece::Plain(text.clone()),
            Part::Number => Piece::Number,
            Part::Slot => Piece::Slot,
            Part::Field { of, form, raw } => {
                let place = match of {
                    Of::Each => Some(value),
                    Of::Place(place) => resolve(*place, self.arity),
                };
                let Some(column) = place.and_then(|place| u16::try_from(place).ok()) else {
                    return;
                };
                let quoted = !raw && (self.style.quote_values || self.style.quote_words);
                Piece::Value { column, form: *form, quoted }
            }
        };
        self.text.push(piece);
    }
}

impl Part {
    /// Repeated once a value.
    fn is_each(&self) -> bool {
        matches!(self, Part::Field { of: Of::Each, .. })
    }
}

/// A word cut where blanks stand: a space is a group of its own, a tab begins the next one.
fn groups(word: &[Part]) -> Vec<Vec<Part>> {
    let mut groups = vec![Vec::new()];
    for part in word {
        let Part::Plain(text) = part else {
            push(&mut groups, part.clone());
            continue;
        };
        for piece in text.split_inclusive([' ', '\t']) {
            let (before, blank) = match piece.char_indices().next_back() {
                Some((at, ' ' | '\t')) => piece.split_at(at),
                _ => (piece, ""),
            };
            if !before.is_empty() {
                push(&mut groups, Part::Plain(before.to_owned()));
            }
            if !blank.is_empty() {
                groups.push(vec![Part::Plain(blank.to_owned())]);
            }
            if blank == " " {
                groups.push(Vec::new());
            }
        }
    }
    groups
}

fn push(groups: &mut [Vec<Part>], part: Part) {
    if let Some(last) = groups.last_mut() {
        last.push(part);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, Style, Template};

    fn filled(words: &[&str], values: &[&str], style: Style) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let template = Template::of_words(&words, &Dialect::parallel(&[], &[])).unwrap();
        template.shape(values.len(), style).fill(values, 3, 2)
    }

    #[test]
    fn several_values_stand_as_gnu_parallel_has_them() {
        let (m, x) = (Style::default(), Style { repeat_context: true, ..Style::default() });
        for (words, style, want) in
            [(&["echo", "a{}b"][..], m, "echo aXb"), (&["echo", "a{}b"], x, "echo aXb")]
        {
            assert_eq!(filled(words, &["X"], style), want);
        }
        let values = ["p.x", "q r"];
        assert_eq!(filled(&["echo", "a{}b"], &values, m), "echo ap.x 'q r'b");
        assert_eq!(filled(&["echo", "a{}b c"], &values, x), "echo ap.xb a'q r'b c");
        assert_eq!(filled(&["echo a{.}b", "{2}-{1}"], &values, x), "echo apb a'q r'b 'q r'-p.x");
        assert_eq!(filled(&["echo", "{-1}{3}", "{#}{%}"], &["v"], m), "echo v 32");
        assert_eq!(filled(&["a\t{}"], &["v", "w"], x), "a\tv \tw");
    }

    #[test]
    fn whole_words_are_quoted_on_demand() {
        let style = Style { quote_words: true, ..Style::default() };
        assert_eq!(filled(&["a b", "", "$HOME{}"], &["v w"], style), "'a b' '' '$HOME''v w'");
    }
}
