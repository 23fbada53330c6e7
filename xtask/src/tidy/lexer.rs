//! Splits Rust source into code and comments, so that a check for `println!` does not trip over
//! a sentence about it, nor a check for comments over a URL in a string.
//!
//! Knows comments, strings and characters; knows no grammar. Called by `source.rs`.

/// The same lines twice: in each, everything that is not of its kind is blanked with spaces.
pub struct Split {
    /// Code; strings keep their quotes and lose their content.
    pub code: Vec<String>,
    /// Comments, with their slashes.
    pub comments: Vec<String>,
}

/// What the cursor stands in.
enum Place {
    Code,
    Line,
    Block(usize),
    Str,
    Raw(usize),
}

pub fn split(text: &str) -> Split {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Writer::default();
    let mut place = Place::Code;
    let mut at = 0;
    while at < chars.len() {
        let (next, taken) = match place {
            Place::Code => step_code(&chars, at, &mut out),
            Place::Line if chars[at] == '\n' => (Place::Code, out.comment(&chars, at, 1)),
            Place::Line => (Place::Line, out.comment(&chars, at, 1)),
            Place::Block(depth) => step_block(&chars, at, depth, &mut out),
            Place::Str if chars[at] == '\\' => (Place::Str, out.blank(&chars, at, 2)),
            Place::Str if chars[at] == '"' => (Place::Code, out.code(&chars, at, 1)),
            Place::Str => (Place::Str, out.blank(&chars, at, 1)),
            Place::Raw(hashes) if closes_raw(&chars, at, hashes) => {
                (Place::Code, out.code(&chars, at, 1 + hashes))
            }
            Place::Raw(hashes) => (Place::Raw(hashes), out.blank(&chars, at, 1)),
        };
        place = next;
        at += taken;
    }
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    Split { code: lines(out.code), comments: lines(out.comments) }
}

fn step_code(chars: &[char], at: usize, out: &mut Writer) -> (Place, usize) {
    let after = |n: usize| chars.get(at + n).copied().unwrap_or('\0');
    let in_word = at > 0 && is_word(chars[at - 1]);
    match chars[at] {
        '/' if after(1) == '/' => (Place::Line, out.comment(chars, at, 2)),
        '/' if after(1) == '*' => (Place::Block(1), out.comment(chars, at, 2)),
        '"' => (Place::Str, out.code(chars, at, 1)),
        'r' if !in_word || is_byte_prefix(chars, at) => {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            if after(1 + hashes) == '"' {
                (Place::Raw(hashes), out.code(chars, at, 2 + hashes))
            } else {
                (Place::Code, out.code(chars, at, 1))
            }
        }
        '\'' => (Place::Code, step_quote(chars, at, out)),
        _ => (Place::Code, out.code(chars, at, 1)),
    }
}

/// `br"` and `cr"`: the `r` follows a letter, which follows no word.
fn is_byte_prefix(chars: &[char], at: usize) -> bool {
    matches!(chars[at - 1], 'b' | 'c') && (at < 2 || !is_word(chars[at - 2]))
}

/// A character, or the start of a lifetime.
fn step_quote(chars: &[char], at: usize, out: &mut Writer) -> usize {
    let is_char = chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\'');
    if !is_char {
        return out.code(chars, at, 1);
    }
    let body = if chars[at + 1] == '\\' { at + 3 } else { at + 2 };
    let close = (body..chars.len()).find(|i| chars[*i] == '\'').unwrap_or(chars.len() - 1);
    out.code(chars, at, 1) + out.blank(chars, at + 1, close - at - 1) + out.code(chars, close, 1)
}

fn step_block(chars: &[char], at: usize, depth: usize, out: &mut Writer) -> (Place, usize) {
    let pair = (chars[at], chars.get(at + 1).copied().unwrap_or('\0'));
    match pair {
        ('/', '*') => (Place::Block(depth + 1), out.comment(chars, at, 2)),
        ('*', '/') if depth == 1 => (Place::Code, out.comment(chars, at, 2)),
        ('*', '/') => (Place::Block(depth - 1), out.comment(chars, at, 2)),
        _ => (Place::Block(depth), out.comment(chars, at, 1)),
    }
}

fn closes_raw(chars: &[char], at: usize, hashes: usize) -> bool {
    chars[at] == '"'
        && chars.len() > at + hashes
        && chars[at + 1..=at + hashes].iter().all(|c| *c == '#')
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Writes each character to one of the two texts and a blank to the other; newlines to both.
#[derive(Default)]
struct Writer {
    code: String,
    comments: String,
}

impl Writer {
    fn code(&mut self, chars: &[char], at: usize, count: usize) -> usize {
        self.put(chars, at, count, |c| (c, ' '))
    }

    fn comment(&mut self, chars: &[char], at: usize, count: usize) -> usize {
        self.put(chars, at, count, |c| (' ', c))
    }

    fn blank(&mut self, chars: &[char], at: usize, count: usize) -> usize {
        self.put(chars, at, count, |_| (' ', ' '))
    }

    fn put(
        &mut self,
        chars: &[char],
        at: usize,
        count: usize,
        split: fn(char) -> (char, char),
    ) -> usize {
        for c in &chars[at..(at + count).min(chars.len())] {
            let (code, comment) = if *c == '\n' { ('\n', '\n') } else { split(*c) };
            self.code.push(code);
            self.comments.push(comment);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    fn code(text: &str) -> String {
        split(text).code.join("\n").trim_end().to_owned()
    }

    #[test]
    fn comments_leave_the_code() {
        assert_eq!(code("let a = 1; // println!"), "let a = 1;");
        assert_eq!(code("a /* b /* c */ d */ e").split_whitespace().count(), 2);
        let text = split("x(); // why\n");
        assert_eq!(text.comments[0].trim(), "// why");
    }

    #[test]
    fn strings_lose_their_content() {
        assert_eq!(code(r#"f("// no", "a\"b{");"#).matches('{').count(), 0);
        assert_eq!(code(r##"f(r#"a " { "#);"##).matches('{').count(), 0);
        assert_eq!(code(r#"f(br"\{");g()"#).matches("g()").count(), 1);
        assert_eq!(code("f(\"a\nb{\"); {").matches('{').count(), 1);
    }

    #[test]
    fn characters_are_not_lifetimes() {
        assert_eq!(code("f('{', '\\'', '\"'); {").matches('{').count(), 1);
        assert_eq!(code("fn f<'a>(x: &'a str) {").matches('{').count(), 1);
        assert_eq!(code("f(b'{', '\\u{7f}'); {").matches('{').count(), 1);
    }

    #[test]
    fn lines_stay_where_they_are() {
        let text = split("a\n\"x\ny\"\n/* c\nd */ b\n");
        assert_eq!(text.code.len(), 5);
        assert_eq!(text.code[4].trim(), "b");
    }
}
