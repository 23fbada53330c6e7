//! A short life between the daemon and a program that needs more than a plain start: limits,
//! niceness, a terminal, descriptors beyond 2. `posse trampoline PATH NAME ARG0 ARG…` does what
//! the [`Request`] on its standard input says and becomes the program; what goes wrong it says on
//! the same socket. Called by the binary's `main` before anything else; nobody types it.

use super::error::StartError;
use super::request::Request;
use super::{pass, resource};
use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::net::RecvFlags;
use rustix::process::{Rlimit, ioctl_tiocsctty, nice, setrlimit, setsid};
use rustix::stdio;
use std::convert::Infallible;
use std::ffi::OsString;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// As shells say it of a program that is there and cannot be run.
const CANNOT_RUN: i32 = 126;

/// `args` are those behind the word `trampoline`. Does not come back.
pub fn trampoline(args: impl Iterator<Item = OsString>) -> ! {
    let Ok(socket) = fcntl_dupfd_cloexec(stdio::stdin(), 3) else { std::process::exit(CANNOT_RUN) };
    let (report, error) = match prepare(socket) {
        Ok(report) => {
            let Err(error) = execute(args);
            (Some(report), error)
        }
        Err(failed) => failed,
    };
    // Without the socket, standard input still is it.
    let _ = match &report {
        Some(socket) => pass::send(socket, error.why.as_bytes(), &[]),
        None => pass::send(stdio::stdin(), error.why.as_bytes(), &[]),
    };
    std::process::exit(CANNOT_RUN)
}

type Failed = (Option<OwnedFd>, StartError);

/// All but the exec. Returns where a failed exec is reported.
fn prepare(socket: OwnedFd) -> Result<OwnedFd, Failed> {
    let early = |error: StartError| (None, error);
    let read = pass::receive(&socket, RecvFlags::DONTWAIT);
    let (data, descriptors) = read.map_err(|e| early(StartError::system("trampoline", e)))?;
    let request: Request = postcard::from_bytes(&data)
        .map_err(|_| early(StartError::new("trampoline: started by posse itself, not by hand")))?;
    // Everything moves above the highest number that is wanted, so that none is in the way.
    let above = request.numbers.iter().max().map_or(3, |most| i32::from(*most).max(2) + 1);
    let lift = |fd: OwnedFd| {
        let say = |e| StartError::system(&format!("descriptor {}", above - 1), e);
        fcntl_dupfd_cloexec(fd, above).map_err(say)
    };
    let report = lift(socket).map_err(early)?;
    let done = descriptors
        .into_iter()
        .map(lift)
        .collect::<Result<Vec<OwnedFd>, StartError>>()
        .and_then(|descriptors| place(&request, descriptors))
        .and_then(|()| restrict(&request));
    match done {
        Ok(()) => Ok(report),
        Err(error) => Err((Some(report), error)),
    }
}

/// Puts the terminal and the pipes where the program expects them; /dev/null for the rest of 0-2.
fn place(request: &Request, descriptors: Vec<OwnedFd>) -> Result<(), StartError> {
    let mut descriptors = descriptors.into_iter();
    let failed = |e| StartError::system("cannot set up its descriptors", e);
    let base = if request.terminal {
        let terminal = descriptors.next().ok_or_else(|| StartError::new("no terminal came"))?;
        setsid().map_err(|e| StartError::system("cannot lead a session", e))?;
        ioctl_tiocsctty(&terminal)
            .map_err(|e| StartError::system("cannot control the terminal", e))?;
        terminal
    } else {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        rustix::fs::open("/dev/null", flags, Mode::empty()).map_err(failed)?
    };
    stdio::dup2_stdin(&base).map_err(failed)?;
    stdio::dup2_stdout(&base).map_err(failed)?;
    stdio::dup2_stderr(&base).map_err(failed)?;
    drop(base);
    for (number, fd) in request.numbers.iter().zip(descriptors) {
        match number {
            0 => stdio::dup2_stdin(&fd).map_err(failed)?,
            1 => stdio::dup2_stdout(&fd).map_err(failed)?,
            2 => stdio::dup2_stderr(&fd).map_err(failed)?,
            _ => exactly(fd, *number)?,
        }
    }
    Ok(())
}

/// Has `fd` as `number` and keeps it over the exec.
fn exactly(fd: OwnedFd, number: u16) -> Result<(), StartError> {
    let failed = |e| StartError::system(&format!("descriptor {number}"), e);
    let placed = fcntl_dupfd_cloexec(&fd, i32::from(number)).map_err(failed)?;
    if placed.as_raw_fd() != i32::from(number) {
        return Err(StartError::new(format!("descriptor {number} is taken")));
    }
    fcntl_setfd(&placed, FdFlags::empty()).map_err(failed)?;
    let _ = placed.into_raw_fd();
    Ok(())
}

fn restrict(request: &Request) -> Result<(), StartError> {
    for limit in &request.limits {
        let name = &limit.name;
        let known = resource::by_name(name)
            .ok_or_else(|| StartError::new(format!("no resource limit {name}")))?;
        let rlimit = Rlimit { current: limit.soft, maximum: limit.hard };
        setrlimit(known, rlimit)
            .map_err(|e| StartError::system(&format!("cannot set limit {name}"), e))?;
    }
    if request.nice != 0 {
        nice(request.nice)
            .map_err(|e| StartError::system(&format!("cannot set nice {}", request.nice), e))?;
    }
    Ok(())
}

/// Becomes the program; comes back only if that fails.
fn execute(mut args: impl Iterator<Item = OsString>) -> Result<Infallible, StartError> {
    let (Some(path), Some(name), Some(arg0)) = (args.next(), args.next(), args.next()) else {
        return Err(StartError::new("trampoline: started by posse itself, not by hand"));
    };
    let args: Vec<OsString> = args.collect();
    let name = name.to_string_lossy();
    let error = Command::new(&path).arg0(&arg0).args(&args).exec();
    if rustix::io::Errno::from_io_error(&error) != Some(rustix::io::Errno::NOEXEC) {
        return Err(StartError::exec(&name, &error));
    }
    let error = Command::new("/bin/sh").arg0("sh").arg(&path).args(&args).exec();
    Err(StartError::exec(&name, &error))
}
