//! Draws a heat map: a cell for each pair of values, its mean as colour and number. Called by
//! `plot`.

use std::collections::BTreeMap;

use super::axis::brief;
use super::plot::Mean;
use super::svg::{Svg, short};

const LEFT: f64 = 110.0;
const TOP: f64 = 40.0;
const BELOW: f64 = 60.0;
const SCALE: f64 = 100.0;
/// Of a cell: three digits fit in.
const WIDE: f64 = 64.0;
const HIGH: f64 = 34.0;
/// Cells of a map with many are as small as can still be seen.
const LEAST: f64 = 8.0;
/// What the map may take before its cells shrink.
const WIDTH: f64 = 900.0;

/// From light to dark, even to the eye (after ColorBrewer's YlGnBu).
const COLOURS: [[f64; 3]; 5] = [
    [255.0, 255.0, 217.0],
    [161.0, 218.0, 180.0],
    [65.0, 182.0, 196.0],
    [34.0, 94.0, 168.0],
    [8.0, 29.0, 88.0],
];

pub(super) struct Map<'a> {
    pub title: String,
    /// Names and values in their order, across and from below.
    pub x: (&'a str, &'a [String]),
    pub y: (&'a str, &'a [String]),
    pub means: &'a BTreeMap<(usize, usize), Mean>,
}

pub(super) fn draw(map: &Map<'_>) -> String {
    let size = |many: usize, one: f64| (WIDTH / many.max(1) as f64).clamp(LEAST, one);
    let (columns, rows) = (map.x.1.len(), map.y.1.len());
    let (wide, high) = (size(columns, WIDE), size(rows, HIGH));
    let (width, height) = (wide * columns as f64, high * rows as f64);
    let mut svg = Svg::new(LEFT + width + SCALE, TOP + height.max(120.0) + BELOW);
    svg.text((LEFT, 22.0), "start", " font-size='15'", &map.title);
    let values = || map.means.values().map(|mean| mean.value());
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(f64::NEG_INFINITY, f64::max);
    let part = |value: f64| {
        let part = (value - least) / (most - least);
        if part.is_finite() { part } else { 0.5 }
    };
    for ((column, row), mean) in map.means {
        let (x, y) = (LEFT + wide * *column as f64, TOP + height - high * (*row as f64 + 1.0));
        let fill = colour(part(mean.value()));
        svg.put(format_args!(
            "<rect class='cell' x='{x:.1}' y='{y:.1}' width='{wide:.1}' height='{high:.1}' \
             fill='{fill}' stroke='white'/>"
        ));
        if wide >= 40.0 && high >= 16.0 {
            let ink = if part(mean.value()) > 0.55 { "white" } else { "black" };
            let middle = (x + wide / 2.0, y + high / 2.0 + 4.0);
            svg.text(middle, "middle", &format!(" fill='{ink}'"), &brief(mean.value()));
        }
    }
    labels(&mut svg, map, (wide, high), (width, height));
    legend(&mut svg, LEFT + width + 20.0, (least, most));
    svg.finish()
}

fn labels(svg: &mut Svg, map: &Map<'_>, (wide, high): (f64, f64), (width, height): (f64, f64)) {
    let low = TOP + height;
    let longest = map.x.1.iter().map(|value| value.chars().count().min(12)).max().unwrap_or(1);
    let each = (longest as f64 * 7.5 / wide).ceil().max(1.0) as usize;
    for (column, value) in map.x.1.iter().enumerate().step_by(each) {
        let at = LEFT + wide * (column as f64 + 0.5);
        svg.text((at, low + 18.0), "middle", "", &short(value, 12));
    }
    let each = (14.0 / high).ceil().max(1.0) as usize;
    for (row, value) in map.y.1.iter().enumerate().step_by(each) {
        let at = low - high * (row as f64 + 0.5) + 4.0;
        svg.text((LEFT - 8.0, at), "end", "", &short(value, 12));
    }
    svg.text((LEFT + width / 2.0, low + 42.0), "middle", "", map.x.0);
    svg.upright((16.0, TOP + height / 2.0), map.y.0);
}

/// Which colours mean how much, the most above.
fn legend(svg: &mut Svg, x: f64, (least, most): (f64, f64)) {
    let steps = 20;
    for step in 0..steps {
        let fill = colour(1.0 - f64::from(step) / f64::from(steps - 1));
        let y = TOP + 5.0 * f64::from(step);
        svg.put(format_args!(
            "<rect x='{x:.1}' y='{y:.1}' width='14' height='5.5' fill='{fill}'/>"
        ));
    }
    svg.text((x + 20.0, TOP + 9.0), "start", "", &brief(most));
    svg.text((x + 20.0, TOP + 100.0), "start", "", &brief(least));
}

/// A colour between the given ones; `part` is from 0 to 1.
fn colour(part: f64) -> String {
    let at = part.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let low = (at.floor() as usize).min(COLOURS.len() - 2);
    let share = at - low as f64;
    let mix = |n: usize| (COLOURS[low][n] * (1.0 - share) + COLOURS[low + 1][n] * share).round();
    format!("rgb({},{},{})", mix(0), mix(1), mix(2))
}
