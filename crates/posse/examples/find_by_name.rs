//! A service that is found by its name, from Rust: registered for a process of the vm, waited for,
//! watched until it is released. Run by `examples/07_names.sh`, in whose vm it works.

use posse::{Command, NameChange, Rank, Vm};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vm = Vm::connect(&posse::default_vm_name()?)?;
    // Watched before anything is registered, so that no change is missed.
    let mut changes = vm.names().watch("rust/")?;
    let client = vm.clone();
    let waits = thread::spawn(move || {
        client.names().wait("rust/echo", Some(Instant::now() + Duration::from_secs(30)))
    });

    let server = vm.run(&Command::shell("exec sleep 1000").hosts("local3"))?;
    let names = vm.names();
    let version = names.register_for("rust/echo", b"local3:7", (server.id(), Rank(0)))?;
    let found = waits.join().map_err(|_| "the client has failed")??;
    println!("found {} in version {version}", String::from_utf8_lossy(&found.value));

    // Nobody takes it from the living.
    match names.register("rust/echo", b"mine") {
        Err(posse::Error::NameTaken { holder, .. }) => {
            println!("it is taken, by a process of host number {}", holder.host);
        }
        other => return Err(format!("not what was expected: {other:?}").into()),
    }

    server.end(None)?;
    let soon = Instant::now() + Duration::from_secs(30);
    loop {
        if let NameChange::Released(name) = changes.next_change(Some(soon))? {
            println!("{name} is free again");
            return Ok(());
        }
    }
}
