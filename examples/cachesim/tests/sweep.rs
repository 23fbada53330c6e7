//! The sweep of the guide: four sizes, four associativities, twenty benchmarks, from parameters
//! to table and heat map. Here the commands run one after the other on this computer.

// A failed unwrap in a test is the test's failure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

use posse_work::results::{Plot, Table};
use posse_work::values::{Cell, Printed};
use posse_work::{Combine, sweep};

#[test]
fn a_sweep_comes_to_a_table_and_a_heat_map() {
    let parameters = ["size=8K,16K,32K,64K", "assoc=1,2,4,8", "bench=@benchmarks.txt"];
    let parameters = parameters.map(str::to_owned);
    let mut read = |_: &str| Ok(include_str!("../benchmarks.txt").to_owned());
    // Short traces: it is the whole way that is tried, in a slow build.
    let command = "\"$CACHESIM\" {size} {assoc} {bench} 5000";
    let made = sweep::batch(&parameters, Combine::Product, command, &mut read);
    let (batch, warnings) = made.unwrap();
    assert_eq!((batch.len(), warnings.len()), (320, 0));

    let columns = ["size", "assoc", "bench", "misses", "miss_rate"];
    let mut table = Table { columns: columns.map(str::to_owned).to_vec(), rows: vec![] };
    for at in 0..batch.len() {
        let output = Command::new("/bin/sh")
            .args(["-c", &batch.command_line(at)])
            .env("CACHESIM", env!("CARGO_BIN_EXE_cachesim"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {output:?}", batch.command_line(at));
        let mut printed = Printed::default();
        printed.push(&output.stdout);
        let values = printed.finish();
        assert_eq!(values["accesses"].number(), Some(5000.0));
        let mut row: Vec<Cell> = batch.values(at).iter().map(|value| Cell::of(value)).collect();
        row.extend([values["misses"].clone(), values["miss_rate"].clone()]);
        table.rows.push(row);
    }
    assert_eq!(table.csv(',').lines().count(), 321);
    let rates = |row: &Vec<Cell>| row[4].number().is_some_and(|rate| (0.0..=1.0).contains(&rate));
    assert!(table.rows.iter().all(rates));
    let plot = Plot::read(&["x=size", "y=assoc", "value=miss_rate"]).unwrap();
    let (svg, left_out) = plot.svg(&table).unwrap();
    assert_eq!((svg.matches("class='cell'").count(), left_out), (16, 0));
}
