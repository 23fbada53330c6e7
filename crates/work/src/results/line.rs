//! Draws lines over an axis of numbers or categories, with a legend. Called by `plot`.

use std::collections::BTreeMap;

use super::axis::Scale;
use super::plot::Mean;
use super::svg::{Svg, short};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 40.0;
const BELOW: f64 = 60.0;
const LEGEND: f64 = 170.0;
/// Height of a line of the legend.
const ROW: f64 = 18.0;

/// Apart from each other also for most who see colours otherwise (Okabe and Ito 2008).
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"];

/// After all colours, lines are dashed.
const DASHES: [&str; 4] =
    ["", " stroke-dasharray='6 3'", " stroke-dasharray='2 2'", " stroke-dasharray='8 3 2 3'"];

pub(super) struct Lines<'a> {
    pub title: String,
    /// Name and values in their order.
    pub x: (&'a str, &'a [String]),
    pub y: &'a str,
    pub numeric: bool,
    /// Of the series, in the order of the legend.
    pub names: &'a [String],
    /// By name: place among the values of x, and what is there.
    pub series: &'a BTreeMap<&'a str, BTreeMap<usize, Mean>>,
}

pub(super) fn draw(lines: &Lines<'_>) -> String {
    let legend = ROW * lines.names.len() as f64;
    let high = (TOP + HEIGHT + BELOW).max(TOP + legend + 20.0);
    let mut svg = Svg::new(LEFT + WIDTH + LEGEND, high);
    svg.text((LEFT, 22.0), "start", " font-size='15'", &lines.title);
    let heights = lines.series.values().flat_map(|points| points.values().map(|m| m.value()));
    let y = Scale::of(heights, 5);
    let up = |value: f64| TOP + HEIGHT * (1.0 - y.part(value));
    for (value, label) in y.marks() {
        let (at, right) = (up(value), LEFT + WIDTH);
        svg.put(format_args!("<path d='M{LEFT} {at:.1}H{right}' stroke='#ddd'/>"));
        svg.text((LEFT - 8.0, at + 4.0), "end", "", &label);
    }
    let across = x_axis(&mut svg, lines);
    for (number, name) in lines.names.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let dash = DASHES[number / COLOURS.len() % DASHES.len()];
        let Some(points) = lines.series.get(name.as_str()) else { continue };
        let places: Vec<String> = points
            .iter()
            .map(|(place, mean)| format!("{:.1},{:.1}", across[*place], up(mean.value())))
            .collect();
        svg.put(format_args!(
            "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>",
            places.join(" ")
        ));
        for place in &places {
            let (x, y) = place.split_once(',').unwrap_or(("0", "0"));
            svg.put(format_args!("<circle cx='{x}' cy='{y}' r='2.5' fill='{colour}'/>"));
        }
        let (at, row) = (LEFT + WIDTH + 14.0, TOP + ROW * number as f64 + 6.0);
        svg.put(format_args!(
            "<path d='M{at} {row:.1}h22' stroke='{colour}' stroke-width='2'{dash}/>"
        ));
        svg.text((at + 28.0, row + 4.0), "start", "", &short(name, 18));
    }
    svg.upright((20.0, TOP + HEIGHT / 2.0), lines.y);
    svg.finish()
}

/// Draws the axis below; where each value of x stands on it.
fn x_axis(svg: &mut Svg, lines: &Lines<'_>) -> Vec<f64> {
    let (name, values) = lines.x;
    let (low, right) = (TOP + HEIGHT, LEFT + WIDTH);
    svg.put(format_args!("<path d='M{LEFT} {TOP}V{low}H{right}' fill='none' stroke='#555'/>"));
    svg.text((LEFT + WIDTH / 2.0, low + 44.0), "middle", "", name);
    if lines.numeric {
        let number = |text: &String| text.parse::<f64>().unwrap_or(0.0);
        let scale = Scale::of(values.iter().map(number), 6);
        let at = |value: f64| LEFT + WIDTH * (0.02 + 0.96 * scale.part(value));
        for (value, label) in scale.marks() {
            svg.put(format_args!("<path d='M{:.1} {low}v5' stroke='#555'/>", at(value)));
            svg.text((at(value), low + 20.0), "middle", "", &label);
        }
        return values.iter().map(|text| at(number(text))).collect();
    }
    let step = WIDTH / values.len().max(1) as f64;
    let places: Vec<f64> = (0..values.len()).map(|n| LEFT + step * (n as f64 + 0.5)).collect();
    // Labels that would touch each other are left out.
    let wide = values.iter().map(|v| v.chars().count().min(12)).max().unwrap_or(1) as f64 * 7.5;
    let each = (wide / step).ceil().max(1.0) as usize;
    for (at, value) in places.iter().zip(values).step_by(each) {
        svg.put(format_args!("<path d='M{at:.1} {low}v5' stroke='#555'/>"));
        svg.text((*at, low + 20.0), "middle", "", &short(value, 12));
    }
    places
}
