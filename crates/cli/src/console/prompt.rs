//! The prompt: `[ok/selected/all] posse>`, as GXP has it: where the last command succeeded, which
//! hosts the next one is for, and how many there are.

use crate::run;
use crate::run::mask;
use crate::settings::Settings;
use posse::Vm;

/// One look at the vm, which may have gone or come since the last.
pub fn text(vm: Option<&str>) -> String {
    let name = vm.map_or(String::new(), |name| format!(" {name}"));
    match run::connect(vm) {
        Ok(vm) => format!("{}{name} posse> ", sizes(&vm)),
        Err(_) => format!("[no vm]{name} posse> "),
    }
}

fn sizes(vm: &Vm) -> String {
    let settings = Settings::of(vm);
    let all = vm.hosts().iter().filter(|host| host.is_up() && host.slots > 0).count();
    let selected = settings.get(mask::CURRENT).map_or(all, |mask| size(vm, &mask));
    let ok = settings.get(mask::OK).map_or(selected, |mask| size(vm, &mask));
    format!("[{ok}/{selected}/{all}]")
}

/// How many hosts of a mask are still there.
fn size(vm: &Vm, mask: &str) -> usize {
    if mask.is_empty() {
        return 0;
    }
    vm.select(&format!("({mask})&all")).map_or(0, |hosts| hosts.len())
}
