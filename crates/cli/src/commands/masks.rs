//! `posse masks`: what is selected, and what can be.

use super::Outcome;
use crate::output::visible;
use crate::run::mask::{self, described};
use crate::settings::Settings;
use crate::{run, tell};
use posse::Vm;
use serde_json::json;

/// List the masks: in force, ok-set, failed, stack, named
#[derive(clap::Args, Debug)]
#[command(
    visible_alias = "showmasks",
    after_help = "Example:\n  posse masks\n  posse masks --json"
)]
pub struct Args {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let vm = run::connect(vm)?;
    if args.json {
        tell::say(&object(&vm))
    } else {
        table(&vm)
    }
    Ok(0)
}

fn object(vm: &Vm) -> String {
    let settings = Settings::of(vm);
    let named: serde_json::Map<String, serde_json::Value> = settings
        .with_prefix(mask::NAMED)
        .into_iter()
        .map(|(name, hosts)| (name, hosts.into()))
        .collect();
    json!({
        "in_force": mask::in_force(vm), "ok": settings.get(mask::OK),
        "failed": settings.get(mask::FAILED), "stack": mask::stack(vm), "named": named,
    })
    .to_string()
}

fn table(vm: &Vm) {
    let settings = Settings::of(vm);
    let line = |name: &str, hosts: &str| {
        tell::say(&visible(format!("{name:12}  {}", described(hosts)).as_bytes()));
    };
    line("in force", &mask::in_force(vm));
    for (title, name) in [("ok", mask::OK), ("failed", mask::FAILED)] {
        if let Some(hosts) = settings.get(name) {
            line(title, &hosts);
        }
    }
    for (depth, hosts) in mask::stack(vm).iter().rev().enumerate() {
        line(&format!("stack {}", depth + 1), hosts);
    }
    for (name, hosts) in settings.with_prefix(mask::NAMED) {
        line(&format!("-m {name}"), &hosts);
    }
}
