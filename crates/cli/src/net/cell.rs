//! One field of a matrix: a number with a mark where there is room, else one glyph; and its colour.
//! Called by `matrix` and `fold`.

use super::pair::{Pair, Route};

/// Latencies from which on the next glyph and colour are taken, in microseconds.
const STEPS_US: [u64; 3] = [1_000, 10_000, 100_000];

/// By latency; red is left to what is not reached.
const COLOURS: [&str; 4] = ["32", "36", "33", "35"];
const RED: &str = "31";

const DIRECT: [char; 4] = ['.', ':', '+', '#'];
const RELAYED: [char; 4] = ['a', 'b', 'c', 'd'];

/// What the glyphs of a matrix mean.
pub const LEGEND: [&str; 2] = [
    "numbers are round trips in ms; alone: direct, `~` relayed by the tree, `=` a link of the \
     tree, `!` not reached",
    "direct . : + #, relayed a b c d: below 1, 10, 100 ms, and more; = a link of the tree; ! \
     not reached",
];

fn step(rtt_us: u64) -> usize {
    STEPS_US.iter().filter(|step| rtt_us >= **step).count()
}

/// In three digits, whatever the size.
pub fn ms(rtt_us: u64) -> String {
    let ms = rtt_us as f64 / 1000.0;
    match ms {
        ms if ms < 9.995 => format!("{ms:.2}"),
        ms if ms < 99.95 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

pub fn mark(route: &Route) -> char {
    match route {
        Route::Direct { .. } => ' ',
        Route::Relayed { .. } => '~',
        Route::Tree { .. } => '=',
        Route::None => '!',
    }
}

/// The round trip and the mark.
pub fn number(pair: &Pair) -> String {
    let time = pair.rtt_us.filter(|_| pair.route != Route::None).map_or("-".to_owned(), ms);
    format!("{time}{}", mark(&pair.route))
}

pub fn glyph(pair: &Pair) -> char {
    let step = step(pair.rtt_us.unwrap_or(0));
    match &pair.route {
        Route::Direct { .. } => DIRECT.get(step).copied().unwrap_or('#'),
        Route::Relayed { .. } => RELAYED.get(step).copied().unwrap_or('d'),
        route => mark(route),
    }
}

pub fn colour(route: &Route, rtt_us: Option<u64>) -> &'static str {
    match (route, rtt_us) {
        (Route::None, _) | (_, None) => RED,
        (_, Some(rtt_us)) => COLOURS.get(step(rtt_us)).copied().unwrap_or(RED),
    }
}

/// The text, painted where that is wanted.
pub fn paint(text: &str, colour: Option<&str>) -> String {
    colour.map_or_else(|| text.to_owned(), |code| format!("\x1b[{code}m{text}\x1b[0m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let shown = [0, 40, 999, 9_994, 9_996, 99_940, 99_960, 123_456].map(ms);
        assert_eq!(shown, ["0.00", "0.04", "1.00", "9.99", "10.0", "99.9", "100", "123"]);
    }

    #[test]
    fn glyphs_tell_route_and_latency() {
        let pair = |route, rtt_us| Pair {
            a: 0,
            b: 1,
            route,
            rtt_us: Some(rtt_us),
            burst: None,
            why: Vec::new(),
        };
        let direct = |rtt_us| glyph(&pair(Route::Direct { from: 0 }, rtt_us));
        assert_eq!([200, 1_000, 99_999, 100_000].map(direct), ['.', ':', '+', '#']);
        let relayed = |rtt_us| glyph(&pair(Route::Relayed { via: Vec::new() }, rtt_us));
        assert_eq!([200, 5_000].map(relayed), ['a', 'b']);
        assert_eq!(glyph(&pair(Route::Tree { link: "ssh".into() }, 5)), '=');
        assert_eq!(number(&pair(Route::None, 5)), "-!");
    }
}
