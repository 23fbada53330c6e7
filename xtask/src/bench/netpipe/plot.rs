//! Curves on logarithmic axes as an SVG picture: throughput over the size of the message, a line a
//! system, its name at its end.
//!
//! Called by `netpipe/run.rs`.

use std::fmt::Write;

use super::run::Point;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
/// Room for the names.
const RIGHT: f64 = 100.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 60.0;

/// Told apart by people who do not see all colours, and on paper by their dashes.
const LINES: [(&str, &str); 4] =
    [("#0072b2", "none"), ("#d55e00", "6 3"), ("#009e73", "2 2"), ("#555555", "8 2 2 2")];

/// Of a power: NetPIPE also sends some bytes more than the largest size.
const A_LITTLE: f64 = 0.01;

/// An axis: whole powers of its base, from one to another.
#[derive(Clone, Copy)]
struct Axis {
    base: f64,
    first: i32,
    last: i32,
    /// Where these two are, in the picture.
    ends: [f64; 2],
}

impl Axis {
    fn around(base: f64, values: impl Iterator<Item = f64> + Clone, ends: [f64; 2]) -> Axis {
        let values = values.filter(|value| *value > 0.0);
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::MIN_POSITIVE, f64::max);
        let first = least.log(base).floor() as i32;
        let last = (most.log(base) - A_LITTLE).ceil() as i32;
        Axis { base, first, last: last.max(first + 1), ends }
    }

    fn at(self, value: f64) -> f64 {
        let [start, end] = self.ends;
        let part =
            (value.log(self.base) - f64::from(self.first)) / f64::from(self.last - self.first);
        start + part * (end - start)
    }

    fn marks(self) -> impl Iterator<Item = f64> {
        (self.first..=self.last).map(move |power| self.base.powi(power))
    }
}

/// `place` says on what it was measured.
pub fn draw(curves: &[(&str, Vec<Point>)], place: &str) -> String {
    let points = curves.iter().flat_map(|(_, points)| points);
    // A mark at each power of four: 1, 4, 16, 64, ... bytes.
    let x = Axis::around(4.0, points.clone().map(|point| point.bytes), [LEFT, WIDTH - RIGHT]);
    let y = Axis::around(10.0, points.map(|point| point.megabits), [HEIGHT - BOTTOM, TOP]);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n\
         <title>NetPIPE over PVM, two hosts of one computer</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    text(&mut svg, (LEFT, 22.0), "start", "NPpvm between two hosts: Mbit/s by size of message");
    grid(&mut svg, x, y);
    text(&mut svg, ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 26.0), "middle", "bytes");
    text(&mut svg, (LEFT, HEIGHT - 8.0), "start", &escaped(place));
    for ((name, points), style) in curves.iter().zip(LINES) {
        curve(&mut svg, name, points, style, (x, y));
    }
    svg + "</svg>\n"
}

fn grid(svg: &mut String, x: Axis, y: Axis) {
    let mut line = |from: (f64, f64), to: (f64, f64)| {
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"#dddddd\"/>",
            from.0, from.1, to.0, to.1
        );
    };
    x.marks().for_each(|mark| line((x.at(mark), y.ends[0]), (x.at(mark), y.ends[1])));
    y.marks().for_each(|mark| line((x.ends[0], y.at(mark)), (x.ends[1], y.at(mark))));
    for mark in x.marks() {
        text(svg, (x.at(mark), HEIGHT - BOTTOM + 16.0), "middle", &size(mark));
    }
    for mark in y.marks() {
        text(svg, (LEFT - 8.0, y.at(mark) + 4.0), "end", &format!("{mark}"));
    }
}

fn curve(
    svg: &mut String,
    name: &str,
    points: &[Point],
    (colour, dashes): (&str, &str),
    (x, y): (Axis, Axis),
) {
    let points = points.iter().filter(|point| point.bytes > 0.0 && point.megabits > 0.0);
    let places: Vec<(f64, f64)> =
        points.map(|point| (x.at(point.bytes), y.at(point.megabits))).collect();
    let Some(last) = places.last() else { return };
    let list: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
         stroke-dasharray=\"{dashes}\"/>",
        list.join(" ")
    );
    let name = format!("<tspan fill=\"{colour}\">{}</tspan>", escaped(name));
    text(svg, (last.0 + 8.0, last.1 + 4.0), "start", &name);
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, what: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{what}</text>");
}

/// `256`, `4 Ki`, `1 Mi`.
fn size(bytes: f64) -> String {
    match bytes {
        b if b >= 1_048_576.0 => format!("{} Mi", b / 1_048_576.0),
        b if b >= 1024.0 => format!("{} Ki", b / 1024.0),
        b => format!("{b}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_has_its_line_and_its_name() {
        let point = |bytes, megabits| Point { bytes, megabits, micros: 1.0 };
        let curves = [
            ("posse", vec![point(1.0, 0.1), point(1_048_576.0, 900.0)]),
            ("a<b", vec![point(1.0, 0.5), point(64.0, 20.0)]),
        ];
        let svg = draw(&curves, "2 cores");
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains(">posse<") && svg.contains(">a&lt;b<") && svg.contains("2 cores"));
        // From the foot of the left axis to its head, three powers of ten further.
        assert!(svg.contains("points=\"70.0,380.0"), "{svg}");
        assert!(svg.contains(">1 Mi<") && svg.contains(">1000<"));
    }
}
