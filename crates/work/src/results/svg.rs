//! The few elements that plots are drawn with, as text. Called by `line` and `heat`.

use std::fmt::{Arguments, Write};

/// A drawing that grows.
pub(super) struct Svg(String);

impl Svg {
    /// A white page of this size, in pixels.
    pub fn new(wide: f64, high: f64) -> Svg {
        let mut svg = Svg(String::new());
        svg.put(format_args!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{wide:.0}' height='{high:.0}' \
             viewBox='0 0 {wide:.0} {high:.0}' font-family='sans-serif' font-size='12'>\n\
             <rect width='100%' height='100%' fill='white'/>"
        ));
        svg
    }

    /// One line of it, as it is.
    pub fn put(&mut self, part: Arguments<'_>) {
        let _into_memory = writeln!(self.0, "{part}");
    }

    /// A text at a place; `anchor` is `start`, `middle` or `end`, `more` further attributes.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, more: &str, text: &str) {
        let text = escape(text);
        self.put(format_args!(
            "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}'{more}>{text}</text>"
        ));
    }

    /// A text that reads upwards.
    pub fn upright(&mut self, (x, y): (f64, f64), text: &str) {
        let turn = format!(" transform='rotate(-90 {x:.1} {y:.1})'");
        self.text((x, y), "middle", &turn, text);
    }

    pub fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A text as XML has it; control characters can not stand there at all.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A label that fits: long ones lose their end.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
