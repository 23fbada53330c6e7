//! How cost per host grows with the number of hosts, as a picture for the docs: each line is
//! something a host costs, as a multiple of what it costs in the smallest world. A level line is
//! what is wanted. Called by `main.rs`.

use posse_sim::Calm;
use std::fmt::Write;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 50.0;
const TOP: f64 = 30.0;

/// The least height of the scale.
const TIMES: f64 = 2.0;

/// Something that is counted for a host.
type Cost = (&'static str, &'static str, fn(&Calm) -> f64);

const COSTS: [Cost; 5] = [
    ("frames for up", "#1b6ca8", |calm| calm.up.frames as f64),
    ("frames for a command", "#b5402a", |calm| calm.commands.frames as f64),
    ("frames a s, idle", "#2a7f3f", |calm| (calm.idle.frames + calm.idle.beats) as f64),
    ("state of the owner", "#7a4ea3", |calm| calm.state.owner as f64),
    ("state of a leaf", "#555555", |calm| (calm.state.leaf * calm.hosts) as f64),
];

/// Flat worlds are drawn through, trees dashed.
pub fn svg(all: &[Calm]) -> String {
    let (flat, trees): (Vec<&Calm>, Vec<&Calm>) = all.iter().partition(|calm| calm.relays == 0);
    let kinds = [(flat, ""), (trees, " stroke-dasharray='5 3'")];
    let lines = kinds.iter().flat_map(|(worlds, dash)| {
        COSTS.iter().map(move |cost| (growth(worlds, cost.2), cost.1, *dash))
    });
    let lines: Vec<_> = lines.collect();
    let values = lines.iter().flat_map(|(points, ..)| points.iter().map(|(_, times)| *times));
    let most = values.fold(TIMES, f64::max).ceil();
    let x = Scale::of(all);
    let y = |times: f64| TOP + HEIGHT * (1.0 - times / most);
    let mut text = String::new();
    let mut put = |part: std::fmt::Arguments<'_>| {
        let _into_memory = writeln!(text, "{part}");
    };
    let (wide, high) = (LEFT + WIDTH + 170.0, TOP + HEIGHT + 40.0);
    put(format_args!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}' \
         font-family='sans-serif' font-size='12'>\n\
         <rect width='100%' height='100%' fill='white'/>\n\
         <text x='{LEFT}' y='16'>cost of a host, times that in the smallest world \
         (dashed: with relays)</text>"
    ));
    for times in 0..=most as u32 {
        let (at, right) = (y(f64::from(times)), LEFT + WIDTH);
        put(format_args!(
            "<path d='M{LEFT} {at:.0}H{right}' stroke='#ddd'/>\
             <text x='{:.0}' y='{:.0}' text-anchor='end'>{times}</text>",
            LEFT - 8.0,
            at + 4.0
        ));
    }
    for calm in all.iter().filter(|calm| calm.relays == 0) {
        let (at, low) = (x.at(calm.hosts), TOP + HEIGHT + 18.0);
        put(format_args!("<text x='{at:.0}' y='{low}' text-anchor='middle'>{}</text>", calm.hosts));
    }
    for (points, colour, dash) in &lines {
        let at = |(hosts, times): &(usize, f64)| format!("{:.0},{:.1}", x.at(*hosts), y(*times));
        let path: Vec<String> = points.iter().map(at).collect();
        let path = path.join(" ");
        put(format_args!(
            "<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>"
        ));
    }
    for (number, (name, colour, _)) in COSTS.iter().enumerate() {
        let (at, low) = (LEFT + WIDTH + 16.0, TOP + 20.0 * number as f64 + 10.0);
        put(format_args!("<text x='{at}' y='{low}' fill='{colour}'>{name}</text>"));
    }
    put(format_args!("</svg>"));
    text
}

/// By how much a cost per host grows, from the first world on.
fn growth(worlds: &[&Calm], cost: fn(&Calm) -> f64) -> Vec<(usize, f64)> {
    let each = |calm: &Calm| cost(calm) / calm.hosts as f64;
    let first = worlds.first().map_or(1.0, |calm| each(calm));
    worlds.iter().map(|calm| (calm.hosts, each(calm) / first)).collect()
}

/// From left to right, by powers of two.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn of(all: &[Calm]) -> Scale {
        let logs = || all.iter().map(|calm| (calm.hosts as f64).log2());
        Scale { least: logs().fold(f64::MAX, f64::min), most: logs().fold(0.0, f64::max) }
    }

    fn at(&self, hosts: usize) -> f64 {
        let part = ((hosts as f64).log2() - self.least) / (self.most - self.least).max(1.0);
        LEFT + WIDTH * (0.02 + 0.96 * part)
    }
}
