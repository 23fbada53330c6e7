//! The same streams for an asynchronous caller.

use crate::stand_in::vm;
use posse::{Command, Fd, RunEvent, Status};
use posse_wire::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn output_and_input_wait_without_a_thread() {
    let (vm, mut daemon) = vm(1);
    let running = vm.run(&Command::shell("cat").stdin()).unwrap();
    let total = 2 * limits::STDIN_WINDOW_BYTES as usize;
    let (id, ..) = daemon.spawn();
    let echo = std::thread::spawn(move || {
        let taken = loop {
            let chunk = daemon.input();
            if chunk.end {
                break chunk.upto();
            }
            daemon.input_ack(id, 0, chunk.upto(), false);
        };
        daemon.output(id, 0, Fd::STDOUT, 0, b"thanks");
        daemon.exit(id, 0, 1, Status::Exited(0));
        taken
    });
    let mut stdin = running.stdin().unwrap();
    let (mut readers, exits) = running.into_readers();
    let mut text = String::new();
    block_on(async {
        stdin.write_all(&vec![1; total]).await.unwrap();
        stdin.shutdown().await.unwrap();
        readers[0].read_to_string(&mut text).await.unwrap();
    });
    assert_eq!(text, "thanks");
    assert_eq!(echo.join().unwrap(), total as u64);
    assert!(exits.wait().unwrap().success());
}

#[test]
fn events_can_be_awaited() {
    let (vm, mut daemon) = vm(1);
    let mut running = vm.run(&Command::shell("x")).unwrap();
    let (id, ..) = daemon.spawn();
    let daemon = std::thread::spawn(move || {
        daemon.output(id, 0, Fd::STDOUT, 0, b"x");
        daemon.exit(id, 0, 1, Status::Exited(4));
        daemon
    });
    let events = block_on(async {
        let mut events = Vec::new();
        while let Some(event) = running.next_event_async().await.unwrap() {
            events.push(event);
        }
        events
    });
    assert!(matches!(events[..], [RunEvent::Output { .. }, RunEvent::Exit { .. }]));
    daemon.join().unwrap();
}
