//! Every command's help ends with an example.
//!
//! Goes by the text of the files in `cli/src/commands`. Called by `mod.rs`.

use super::finding::{Check, Finding};
use super::source::Source;
use super::tree::Tree;

pub const CHECK: Check = Check {
    name: "command-example",
    why: "people copy the example and skip the rest",
    fix: "give the Args struct #[command(after_help = \"Example:\\n  ..\")]",
    run,
};

const FOLDER: &str = "crates/cli/src/commands/";

fn run(tree: &Tree) -> Vec<Finding> {
    let commands = tree.rust().filter(|s| s.path.starts_with(FOLDER) && !s.is_test_file());
    commands.flat_map(look).collect()
}

fn look(source: &Source) -> Vec<Finding> {
    let text = source.lines.join("\n");
    let has_example = text.contains("after_help") && text.contains("Example");
    let mut found = vec![];
    for (line, code) in source.product_code() {
        let args = code.contains("derive(") && ["Args", "Parser"].iter().any(|d| code.contains(d));
        if args && !has_example {
            found.push(Finding::new(&source.path, line, "is a command without an example"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::places;
    use super::CHECK;

    #[test]
    fn an_example_is_asked_of_args() {
        let bare = "/// Ends it.\n#[derive(Debug, Args)]\npub struct Down {}\n";
        let good =
            "#[derive(Args)]\n#[command(after_help = \"Example:\\n  posse up\")]\nstruct U;\n";
        let files = [
            ("crates/cli/src/commands/down.rs", bare),
            ("crates/cli/src/commands/up.rs", good),
            ("crates/cli/src/output.rs", bare),
        ];
        assert_eq!(places(&CHECK, &files), ["crates/cli/src/commands/down.rs:2"]);
    }
}
