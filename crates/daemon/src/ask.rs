//! `posse askpass`: what ssh runs to ask a question. Carries it to the daemon, which carries it to
//! the terminal of the calling `up`; prints the answer. Nothing is stored.

use bytes::BytesMut;
use posse_wire::msg::{Answer, Ask, Hello, Role};
use posse_wire::{
    CommandId, Frame, Kind, Message, VmId, WIRE_VERSION, WIRE_VERSION_OLDEST, decode_frame, limits,
};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// The program's path for SSH_ASKPASS, which takes no arguments: a script of one line in the
/// vm's private directory. `None` where that cannot be made; ssh then asks nobody.
pub(crate) fn program(directory: &Path) -> Option<String> {
    let path = directory.join("askpass");
    if !path.exists() {
        let own = fs::read_link("/proc/self/exe").ok()?;
        let own = quoted(&own)?;
        // A launcher's environment does not say where the vm lives.
        let runtime = quoted(directory.parent()?)?;
        let script = format!(
            "#!/bin/sh\nPOSSE_RUNTIME_DIR={runtime}\nexport POSSE_RUNTIME_DIR\n\
             exec {own} askpass \"$@\"\n"
        );
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o700).open(&path).ok()?;
        file.write_all(script.as_bytes()).ok()?;
    }
    path.to_str().map(str::to_owned)
}

/// One word for a shell; `None` for a path that cannot be one.
fn quoted(path: &Path) -> Option<String> {
    path.to_str().filter(|path| !path.contains('\'')).map(|path| format!("'{path}'"))
}

/// `args` are those behind the word `askpass`: the prompt.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let prompt: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    match ask(&prompt.join(" ")) {
        Ok(Some(answer)) => {
            let printed = writeln!(io::stdout(), "{answer}");
            printed.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Ok(None) => ExitCode::FAILURE,
        Err(error) => {
            crate::log::line(&format!("posse askpass: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn ask(prompt: &str) -> io::Result<Option<String>> {
    let variable = |name: &str| std::env::var(name).map_err(|_| io::Error::other("by hand"));
    let (vm, host) = (variable("POSSE_ASK_VM")?, variable("POSSE_ASK_HOST")?);
    let mut stream =
        posse_net::local::connect(&vm).map_err(|error| io::Error::other(error.to_string()))?;
    let hello = Hello {
        wire: WIRE_VERSION,
        wire_oldest: WIRE_VERSION_OLDEST,
        vm: VmId([0; 16]),
        role: Role::Client,
    };
    // SSH_ASKPASS_PROMPT: ssh wants a yes or no (confirm) or nothing (none), so it may be shown.
    let secret = std::env::var_os("SSH_ASKPASS_PROMPT").is_none() && !is_yes_or_no(prompt);
    let ask = Ask { question: 0, host, prompt: prompt.to_owned(), secret };
    stream.write_all(&hello.frame(CommandId::NONE).to_bytes())?;
    stream.write_all(&ask.frame(CommandId(1)).to_bytes())?;
    loop {
        let frame = next_frame(&mut stream)?;
        if frame.kind == Kind::Answer {
            return Ok(Answer::decode(&frame).map_err(io::Error::other)?.text);
        }
    }
}

/// ssh asks about an unknown host key in these words, through the same program.
fn is_yes_or_no(prompt: &str) -> bool {
    prompt.contains("yes/no")
}

fn next_frame(stream: &mut UnixStream) -> io::Result<Frame> {
    let mut input = BytesMut::new();
    let mut byte = [0; 1];
    loop {
        let max = limits::CONTROL_FRAME_BYTES_MAX;
        if let Some(frame) = decode_frame(&mut input, max).map_err(io::Error::other)? {
            return Ok(frame);
        }
        stream.read_exact(&mut byte)?;
        input.extend_from_slice(&byte);
    }
}
