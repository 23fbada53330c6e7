//! Sends a program to those hosts of a plan that have none of its name. Called by `posse spawn` and
//! the console of PVM.

use super::plan::{Plan, What};
use crate::error::Error;
use crate::output::visible;
use crate::tell;
use posse::{StagedProgram, Vm};

/// The program is looked for here as the hosts do it, in the environment of the plan or in this
/// one; where there is none, they are left to say so. False where some host could not be sent it,
/// which is said: then nothing should be started.
pub fn send(vm: &Vm, plan: &mut Plan) -> Result<bool, Error> {
    let What::Argv(words) = &plan.what else { return Ok(true) };
    let Some(word) = words.first() else { return Ok(true) };
    let own = || std::env::var("PATH").unwrap_or_default();
    let told = plan.environment.iter().rfind(|(name, _)| name == "PATH");
    let path = told.map_or_else(own, |(_, path)| path.clone());
    let found = StagedProgram::find(word, &path)
        .map_err(|error| Error::config(format!("cannot read {word}: {error}")))?;
    let Some(program) = found else { return Ok(true) };
    let failed = vm.stage(&program, word, &plan.on, &plan.command(vm)?)?;
    for host in &failed {
        tell::note(&visible(format!("{}: {}", host.name, host.why).as_bytes()));
    }
    plan.staged = Some(program);
    Ok(failed.is_empty())
}
