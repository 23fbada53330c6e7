//! What the face of dsh says of itself: version, help, and what it passes over.

use super::options::KNOWN;
use crate::face::getopt::Known;

pub fn version() -> String {
    format!("posse {}, the face of dsh (Dancer's shell)\n", env!("CARGO_PKG_VERSION"))
}

/// In dsh's form.
pub fn help() -> String {
    let mut text = version();
    for option in KNOWN {
        let left = format!("-{} --{}{}", option.short, option.long, operand(&option));
        text.push_str(&format!("\n{left:<30} {}", about(option.short)));
    }
    text
}

fn operand(option: &Known) -> &'static str {
    match option.short {
        'm' => " [machinename]",
        'g' => " [groupname]",
        'f' => " [file]",
        'r' => " [shellname]",
        'o' => " [option]",
        'F' => " [fork limit]",
        _ => "",
    }
}

fn about(letter: char) -> &'static str {
    match letter {
        'v' => "Verbose output",
        'q' => "Quiet",
        'M' => "Prepend the host name on output",
        'H' => "Do not prepend host name on output",
        'i' => "Duplicate input given to dsh",
        'b' => "Ignored: posse has buffers of its own",
        'm' => "Execute on machine",
        'n' => "Ignored: posse has a tree of its own",
        'a' => "Execute on all machines",
        'g' => "Execute on group member",
        'f' => "Use the file as list of machines",
        'r' => "Ignored: posse's links are used, made by ssh",
        'o' => "Ignored, as -r; ~/.ssh/config applies",
        'h' => "Give out this message",
        'w' => "Sequentially execute shell",
        'c' => "Execute shell concurrently",
        'F' => "Concurrent with limit on number",
        _ => "",
    }
}

pub fn remote_options(value: &str) -> String {
    format!("-o {value} is passed over: links are made by `posse up`; use ~/.ssh/config")
}
