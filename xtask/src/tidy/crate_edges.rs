//! Layers only look down: which of our crates may stand on which.
//!
//! Reads `cargo metadata`, not the code. Called by `mod.rs`.

use serde_json::Value;

use super::finding::{Check, Finding};
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "crate-edges",
    why: "layers only look down",
    fix: "move the code to the layer that needs it, or change the table in crate_edges.rs with \
          a page in docs/decisions",
    run,
};

/// Folder, package, and the packages of ours that it may use. Tests may use anything.
const EDGES: [(&str, &[&str]); 15] = [
    ("crates/hostset", &[]),
    ("crates/wire", &[]),
    ("crates/proto", &["posse-wire"]),
    ("crates/control", &["posse-wire"]),
    ("crates/message", &["posse-wire"]),
    ("crates/farm", &["posse-wire"]),
    ("crates/work", &["posse-farm", "posse-hostset"]),
    ("crates/data", &[]),
    ("crates/sim", &["posse-control", "posse-message", "posse-proto", "posse-wire"]),
    ("crates/net", &["posse-wire"]),
    ("crates/shm", &[]),
    (
        "crates/daemon",
        &[
            "posse-control",
            "posse-farm",
            "posse-hostset",
            "posse-net",
            "posse-proto",
            "posse-shm",
            "posse-wire",
            "posse-work",
        ],
    ),
    (
        "crates/posse",
        &["posse-farm", "posse-hostset", "posse-message", "posse-wire", "posse-net", "posse-shm"],
    ),
    ("crates/cli", &["posse", "posse-daemon", "posse-data", "posse-hostset", "posse-work"]),
    ("bindings/pvm", &["posse"]),
];

/// Everything below these may use anything: nobody stands on it.
const FREE: [&str; 4] = ["tests/", "examples/", "xtask", "benches"];

fn run(tree: &Tree) -> Vec<Finding> {
    let packages = tree.packages();
    let ours: Vec<&str> = packages.iter().filter_map(|(_, p)| p["name"].as_str()).collect();
    packages.iter().flat_map(|(folder, package)| edges(folder, package, &ours)).collect()
}

fn edges(folder: &str, package: &Value, ours: &[&str]) -> Vec<Finding> {
    let manifest = format!("{folder}/Cargo.toml");
    if FREE.iter().any(|free| folder.starts_with(free)) {
        return vec![];
    }
    let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == folder) else {
        let what = format!("{folder} has no place in the table of layers");
        return vec![Finding::new(&manifest, 1, what)];
    };
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let names = dependencies.filter(|d| d["kind"].as_str() != Some("dev"));
    let names = names.filter_map(|d| d["name"].as_str());
    let wrong = names.filter(|name| ours.contains(name) && !allowed.contains(name));
    wrong.map(|name| Finding::new(&manifest, 1, format!("{folder} uses {name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::edges;
    use serde_json::json;

    #[test]
    fn an_edge_up_is_found_and_a_test_edge_is_not() {
        let ours = ["posse-wire", "posse-net", "posse-proto"];
        let package = json!({"dependencies": [
            {"name": "posse-net", "kind": null},
            {"name": "posse-wire", "kind": null},
            {"name": "posse-proto", "kind": "dev"},
            {"name": "bytes", "kind": null},
        ]});
        let found = edges("crates/proto", &package, &ours);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "crates/proto uses posse-net");
        assert!(edges("tests/bed", &package, &ours).is_empty());
        assert_eq!(edges("crates/novel", &package, &ours).len(), 1);
    }
}
