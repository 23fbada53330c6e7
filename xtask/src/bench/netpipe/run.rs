//! Runs NPpvm on both systems, reads its curves, writes them.
//!
//! Called by `bench/mod.rs`.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use super::plot;
use crate::bench::machine;
use crate::bench::messages::machines;
use crate::bench::page;
use crate::bench::plan::Plan;
use crate::repo;

const CSV: &str = "docs/netpipe.csv";
const SVG: &str = "docs/netpipe.svg";

/// The picture in the page, which is in the same folder.
const SHOWN: &str = "![Throughput by size of message, over PVM and over posse](netpipe.svg)";

/// The largest message, in bytes: beyond it both curves are flat.
const LARGEST: &str = "1048576";

/// NetPIPE sends each size for a quarter of a second, seven times, and there are some sixty; more
/// where its first guess is wrong.
const SECONDS: u32 = 900;

/// What is called how: the machine, and its name in the picture.
const SYSTEMS: [(&str, &str); 2] = [("posse", "posse"), ("pvm", "PVM 3.4.6")];

/// One size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub bytes: f64,
    pub megabits: f64,
    pub micros: f64,
}

pub fn run(plan: &Plan) -> Result<bool> {
    if !plan.rows.is_empty() {
        bail!("bench netpipe has no rows to choose from");
    }
    machines::ready()?;
    let mut csv = String::from("system,bytes,megabits_per_second,microseconds\n");
    let mut curves = vec![];
    for (system, name) in SYSTEMS {
        eprintln!("NPpvm on {system} ...");
        let script = format!("sh \"$PEERS/netpipe.sh\" cross {LARGEST}");
        let points = read(&machines::run(system, 2, SECONDS, &script)?)
            .with_context(|| format!("NPpvm on {system}"))?;
        for Point { bytes, megabits, micros } in &points {
            csv += &format!("{system},{bytes},{megabits},{micros}\n");
        }
        curves.push((name, points));
    }
    print!("{csv}");
    if plan.write {
        let root = repo::root();
        fs::write(root.join(CSV), csv).with_context(|| format!("cannot write {CSV}"))?;
        let place = machine::place();
        let picture = plot::draw(&curves, &place);
        fs::write(root.join(SVG), picture).with_context(|| format!("cannot write {SVG}"))?;
        page::write(&root, "netpipe", &format!("{place}.\n\n{SHOWN}"))?;
        println!("written to {CSV}, {SVG} and {}", page::PAGE);
    }
    Ok(true)
}

/// The lines of `netpipe.sh`; its head and what else it says are left out.
fn read(text: &str) -> Result<Vec<Point>> {
    let point = |line: &str| {
        let numbers: Vec<f64> = line.split(',').map_while(|part| part.parse().ok()).collect();
        let [bytes, megabits, micros] = numbers[..] else { return None };
        Some(Point { bytes, megabits, micros })
    };
    let points: Vec<Point> = text.lines().filter_map(point).collect();
    ensure!(points.len() > 2, "no curve: {}", text.lines().last().unwrap_or("it said nothing"));
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::{Point, read};

    #[test]
    fn lines_of_three_numbers_are_points() {
        let text = "bytes,megabits_per_second,microseconds\n1,0.1,70.5\nword\n2,0.2,71\n3,0.3,72\n";
        let points = read(text).unwrap();
        assert_eq!(points[0], Point { bytes: 1.0, megabits: 0.1, micros: 70.5 });
        assert_eq!(points.len(), 3);
        assert!(read("bytes\n").is_err());
    }
}
