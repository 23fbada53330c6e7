//! One launch through a launcher process (ssh or a given command line): its stdin and stdout are
//! a socket pair whose other end becomes the link once the first stage says so.

use super::campaign::News;
use super::image::Images;
use super::launches::Way;
use super::local::{DaemonArgs, random};
use super::silence::Silence;
use super::{connect, report};
use crate::limits::SETTINGS_WITHIN;
use crate::port::{At, Port};
use crate::process::{How, LAUNCH_MARK};
use crate::shell::Shell;
use bytes::{Buf, Bytes};
use posse_net::direct::DirectError;
use posse_net::launch::{
    Action, Bootstrap, Caller, Cause, Exit, HostSpec, LaunchError, LaunchPlan, Launcher, Options,
    Stage as LaunchStage,
};
use posse_net::link::LinkError;
use posse_net::watch;
use posse_proto::{Daemon, Input};
use posse_wire::HostId;
use posse_wire::msg::{HostRequest, Stage, Up};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, Signal, kill_process_group};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const READ_BYTES: usize = 16 * 1024;

/// After the launcher's end, its last words on stderr may still be in the pipe; a background
/// master of ssh may hold that open for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);

pub(super) struct Login {
    pub shell: Rc<Shell>,
    pub number: HostId,
    pub request: HostRequest,
    pub options: Rc<Up>,
    pub images: Rc<Images>,
    pub index: usize,
    /// Since when nothing has been heard of the host, earlier tries included.
    pub silent_since: Instant,
    /// The campaign; none where a lost host is looked for.
    pub tell: Option<mpsc::Sender<News>>,
}

/// A launcher that runs.
struct Running {
    pid: Pid,
    socket: AsyncFd<OwnedFd>,
    stderr: AsyncFd<OwnedFd>,
    ended: oneshot::Receiver<How>,
    stderr_open: bool,
    to_write: VecDeque<Bytes>,
}

/// What a step of a launch found.
enum Step {
    On,
    Pack(usize),
    Ready(Bytes),
    Failed(LaunchError),
}

/// A login that led to no link.
struct Miss {
    error: LaunchError,
    /// The binary that the host had did not start.
    cached: bool,
}

impl From<LaunchError> for Miss {
    fn from(error: LaunchError) -> Miss {
        Miss { error, cached: false }
    }
}

impl Login {
    pub async fn run(self) {
        let mut result = self.launch(false).await;
        if let Err(Miss { error, cached: true }) = &result
            && !self.shell.launches.is_stopped(self.number)
        {
            let (name, why) = (&self.request.name, error.excerpt.as_str());
            let text = format!("{name}: its cached binary did not start ({why}); it is sent anew");
            crate::log::line(&text);
            report::stage(&self.shell, self.number, Stage::LoggingIn);
            result = self.launch(true).await;
        }
        let result = result.map_err(|miss| miss.error);
        self.shell.launches.over(self.number);
        if let Some(tell) = &self.tell {
            let _the_campaign_may_be_over = tell.send(News::Over(self.index, result)).await;
        }
    }

    /// Once more, to the daemon that runs there.
    pub async fn rejoin(self) -> Result<(), LaunchError> {
        let result = self.launch(false).await.map_err(|miss| miss.error);
        self.shell.launches.over(self.number);
        result
    }

    async fn launch(&self, refresh: bool) -> Result<(), Miss> {
        let spec = self.spec();
        let options = Options {
            ram: self.options.ram,
            refresh,
            nonce: random(),
            args: self.daemon_args().to_words(),
        };
        let mut bootstrap = Bootstrap::new(self.images.binaries.clone(), &options)?;
        let plan = LaunchPlan::new(&spec, bootstrap.command(), &self.caller())?;
        let mut running = self.start(&plan).map_err(|error| {
            let program = plan.argv.first().map_or("", String::as_str);
            LaunchError::local(&format!("{program} could not be started: {error}"))
        })?;
        let limit = tokio::time::sleep(Duration::from_millis(self.options.timeout_ms));
        let silence = Silence { login: self, launcher: running.pid, since: self.silent_since };
        let silence = silence.until_given_up();
        tokio::pin!(limit, silence);
        let by_ssh = spec.launcher == Launcher::Ssh;
        let mut started = false;
        loop {
            let mut step = tokio::select! {
                biased;
                step = running.step(started, &mut bootstrap, self) => step,
                seconds = &mut silence, if by_ssh && bootstrap.stage() == LaunchStage::Login => {
                    self.act(bootstrap.on_silence(seconds), &mut running)
                }
                () = &mut limit => self.act(bootstrap.on_timeout(), &mut running),
            };
            if let Step::Pack(index) = step {
                // Our own work: no time of the host's.
                let began = Instant::now();
                let image = self.images.packed(index).await;
                let deadline = limit.deadline() + began.elapsed();
                limit.as_mut().reset(deadline);
                step = self.act(bootstrap.on_packed(image), &mut running);
            }
            match step {
                Step::On | Step::Pack(_) => {}
                // The shell has become the binary; that this runs, only its own words show.
                Step::Ready(leftover) if leftover.is_empty() && !started => started = true,
                Step::Ready(leftover) => return Ok(self.connect(running, leftover).await?),
                Step::Failed(error) => {
                    let _already_gone = kill_process_group(running.pid, Signal::TERM);
                    let late = matches!(error.cause, Cause::Timeout(_));
                    return Err(Miss { error, cached: bootstrap.was_cached() && !late });
                }
            }
        }
    }

    pub(super) fn spec(&self) -> HostSpec {
        let HostRequest { name, user, port, launcher, .. } = self.request.clone();
        let launcher = match launcher {
            posse_wire::msg::Launcher::Ssh => Launcher::Ssh,
            posse_wire::msg::Launcher::Local => Launcher::Local,
            posse_wire::msg::Launcher::Exec { template } => Launcher::Exec { template },
            // It dials by itself: no command line leads there.
            posse_wire::msg::Launcher::Invited => Launcher::Exec { template: "false".to_owned() },
        };
        HostSpec { name, user, port, launcher }
    }

    fn daemon_args(&self) -> DaemonArgs {
        DaemonArgs {
            vm_name: self.shell.with_daemon(|daemon| daemon.vm_name().to_owned()),
            vm: Some(self.shell.identity.vm),
            host: self.number,
            name: self.request.name.clone(),
            port: Port::of(self.options.ports, At::Login).filter(|_| !self.is_sealed()),
            linger: Duration::from_millis(self.options.linger_ms),
            down_after: self.shell.with_daemon(Daemon::down_after),
            rejoin: self.tell.is_none(),
            owner: self.is_sealed().then(|| self.shell.identity.own.public()),
            joined: false,
        }
    }

    /// The pipe is a link from here on.
    async fn connect(&self, running: Running, leftover: Bytes) -> Result<(), LaunchError> {
        let Running { pid, socket, stderr, stderr_open, ended, .. } = running;
        if self.tell.is_some() {
            report::stage(&self.shell, self.number, Stage::Starting);
        }
        let pipe = connect::Pipe {
            number: self.number,
            launcher: pid,
            socket: socket.into_inner(),
            early: leftover,
            is_search: self.tell.is_none(),
        };
        let connected = match (self.is_sealed(), self.options.direct) {
            (true, _) => pipe.sealed(&self.shell).await,
            (false, true) => pipe.or_direct(&self.shell).await,
            (false, false) => pipe.plain(&self.shell).await,
        };
        if stderr_open {
            tokio::task::spawn_local(connect::discard(stderr));
        }
        let direct = connected.map_err(|error| self.not_linked(&error))?;
        let (request, options) = (self.request.clone(), self.options.clone());
        let ended = Cell::new(Some(ended));
        let way = Way { request, options, direct, deaf: Cell::default(), ended };
        self.shell.launches.remember(self.number, way);
        Ok(())
    }

    /// Who looks for a host tries again where nobody was there to say anything.
    fn not_linked(&self, error: &DirectError) -> LaunchError {
        let excerpt = error.to_string();
        match error {
            DirectError::Timeout | DirectError::Link(LinkError::Closed) if self.tell.is_none() => {
                LaunchError { cause: Cause::Lost(LaunchStage::Link), retryable: true, excerpt }
            }
            _ => LaunchError::local(&excerpt),
        }
    }

    /// ssh ciphers and proves the server; of another launcher nothing is known.
    fn is_sealed(&self) -> bool {
        matches!(self.request.launcher, posse_wire::msg::Launcher::Exec { .. })
    }

    pub(super) fn caller(&self) -> Caller {
        let mut env = self.options.environment.clone();
        let agent = env.iter().position(|(name, _)| name == "SSH_AUTH_SOCK");
        let agent = agent.map(|at| env.swap_remove(at).1);
        env.push(("POSSE_ASK_VM".into(), self.shell.with_daemon(|d| d.vm_name().to_owned())));
        env.push(("POSSE_ASK_HOST".into(), self.number.to_string()));
        env.push((LAUNCH_MARK.0.into(), LAUNCH_MARK.1.into()));
        let askpass = crate::ask::program(&self.shell.directory);
        Caller { agent, askpass, env }
    }

    fn start(&self, plan: &LaunchPlan) -> io::Result<Running> {
        let flags = SocketFlags::CLOEXEC;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let flags = rustix::pipe::PipeFlags::CLOEXEC;
        let (stderr, their_stderr) = rustix::pipe::pipe_with(flags)?;
        let mut command = self.command(plan);
        command.stdin(Stdio::from(theirs.try_clone()?)).stdout(theirs).stderr(their_stderr);
        let pid = Pid::from_child(&command.spawn()?);
        self.shell.spare(pid);
        let ended = self.shell.launches.started(self.number, pid);
        for fd in [&ours, &stderr] {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        Ok(Running {
            pid,
            socket: watch::both(ours)?,
            stderr: watch::readable(stderr)?,
            ended,
            stderr_open: true,
            to_write: VecDeque::new(),
        })
    }

    fn command(&self, plan: &LaunchPlan) -> Command {
        let mut command = Command::new(plan.argv.first().map_or("", String::as_str));
        command.args(plan.argv.iter().skip(1)).process_group(0);
        command.env_clear().envs(self.shell.context.environment.iter().cloned());
        command.envs(plan.env.iter().cloned());
        command
    }

    /// What a short program of the host's launcher prints, up to `max` bytes.
    pub(super) async fn said(&self, plan: &LaunchPlan, max: usize) -> io::Result<Vec<u8>> {
        let (output, theirs) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&output, true)?;
        let output = watch::readable(output)?;
        let mut command = self.command(plan);
        command.stdin(Stdio::null()).stdout(theirs).stderr(Stdio::null());
        let pid = Pid::from_child(&command.spawn()?);
        drop(command);
        self.shell.spare(pid);
        let mut ended = self.shell.launches.awaited(pid);
        let said = timeout(SETTINGS_WITHIN, Self::read_all(&output, max)).await;
        if ended.try_recv().is_err() {
            let _already_gone = kill_process_group(pid, Signal::TERM);
        }
        said.map_err(|_| io::ErrorKind::TimedOut.into())
    }

    async fn read_all(output: &AsyncFd<OwnedFd>, max: usize) -> Vec<u8> {
        let mut said = Vec::new();
        let mut buffer = vec![0; READ_BYTES];
        while said.len() < max {
            let Ok(mut ready) = output.readable().await else { break };
            match rustix::io::read(output, &mut buffer[..]) {
                Ok(0) => break,
                Ok(count) => said.extend_from_slice(&buffer[..count]),
                Err(_) => ready.clear_ready(),
            }
        }
        said
    }

    /// Carries out what the first stage's machine says.
    fn act(&self, actions: Vec<Action>, running: &mut Running) -> Step {
        for action in actions {
            match action {
                Action::LoggedIn => {
                    if let Some(tell) = &self.tell {
                        let _the_pace_may_be_over = tell.try_send(News::LoggedIn(self.index));
                    } else {
                        self.shell.feed(Input::Answers { number: self.number });
                    }
                }
                Action::Pack(index) => return Step::Pack(index),
                Action::Write { line, image } => running.to_write.extend([line, image]),
                Action::Progress { sent, total } => {
                    let stage = Stage::Sending { sent, total };
                    report::stage(&self.shell, self.number, stage);
                }
                Action::Ready { leftover, .. } => return Step::Ready(leftover),
                Action::Failed(error) => return Step::Failed(error),
            }
        }
        Step::On
    }
}

impl Running {
    /// Waits for one thing to happen.
    async fn step(&mut self, started: bool, bootstrap: &mut Bootstrap, login: &Login) -> Step {
        match started {
            true => self.first_byte(bootstrap, login).await,
            false => self.first_stage(bootstrap, login).await,
        }
    }

    async fn first_stage(&mut self, bootstrap: &mut Bootstrap, login: &Login) -> Step {
        let mut buffer = vec![0; READ_BYTES];
        let writing = !self.to_write.is_empty();
        tokio::select! {
            ready = self.stderr.readable(), if self.stderr_open => {
                hear(ready, &mut self.stderr_open, bootstrap);
                Step::On
            }
            ready = self.socket.readable() => {
                let Ok(mut ready) = ready else { return Step::On };
                match rustix::io::read(&self.socket, &mut buffer[..]) {
                    // The launcher closed it; its end says why.
                    Ok(0) => self.wait_for_end(bootstrap, login).await,
                    Ok(count) => {
                        let actions = bootstrap.on_stdout(&buffer[..count]);
                        login.act(actions, self)
                    }
                    Err(rustix::io::Errno::AGAIN) => {
                        ready.clear_ready();
                        Step::On
                    }
                    Err(_) => self.wait_for_end(bootstrap, login).await,
                }
            }
            ready = self.socket.writable(), if writing => {
                let Ok(mut ready) = ready else { return Step::On };
                let Some(next) = self.to_write.front_mut() else { return Step::On };
                match rustix::io::write(&self.socket, next) {
                    Ok(count) => {
                        next.advance(count);
                        if next.is_empty() {
                            self.to_write.pop_front();
                        }
                        let actions = bootstrap.on_written(count);
                        login.act(actions, self)
                    }
                    Err(rustix::io::Errno::AGAIN) => {
                        ready.clear_ready();
                        Step::On
                    }
                    Err(_) => self.wait_for_end(bootstrap, login).await,
                }
            }
            how = &mut self.ended => self.over(how.ok(), bootstrap, login).await,
        }
    }

    /// Waits for the link to say something, and leaves that in the socket.
    async fn first_byte(&mut self, bootstrap: &mut Bootstrap, login: &Login) -> Step {
        tokio::select! {
            biased;
            ready = self.socket.readable() => {
                let Ok(mut ready) = ready else { return Step::On };
                match rustix::net::recv(&self.socket, &mut [0; 1][..], RecvFlags::PEEK) {
                    Ok((_, count)) if count > 0 => Step::Ready(Bytes::new()),
                    Err(rustix::io::Errno::AGAIN) => {
                        ready.clear_ready();
                        Step::On
                    }
                    Ok(_) | Err(_) => self.wait_for_end(bootstrap, login).await,
                }
            }
            ready = self.stderr.readable(), if self.stderr_open => {
                hear(ready, &mut self.stderr_open, bootstrap);
                Step::On
            }
            how = &mut self.ended => self.over(how.ok(), bootstrap, login).await,
        }
    }

    async fn wait_for_end(&mut self, bootstrap: &mut Bootstrap, login: &Login) -> Step {
        let how = (&mut self.ended).await.ok();
        self.over(how, bootstrap, login).await
    }

    /// The launcher ended: its last words, then what its end means.
    async fn over(&mut self, how: Option<How>, bootstrap: &mut Bootstrap, login: &Login) -> Step {
        let mut buffer = vec![0; READ_BYTES];
        while self.stderr_open {
            match rustix::io::read(&self.stderr, &mut buffer[..]) {
                Ok(0) => self.stderr_open = false,
                Ok(count) => bootstrap.on_stderr(&buffer[..count]),
                Err(_) => {
                    let more = tokio::time::timeout(LAST_WORDS, self.stderr.readable()).await;
                    let Ok(Ok(mut ready)) = more else { break };
                    ready.clear_ready();
                }
            }
        }
        let exit = match how {
            Some(How::Exited(code)) => Exit::Code(i32::from(code)),
            Some(How::Signaled(signal)) => Exit::Signal(i32::from(signal)),
            None => Exit::Code(255),
        };
        login.act(bootstrap.on_exit(exit), self)
    }
}

/// What the launcher says on stderr.
fn hear(
    ready: io::Result<AsyncFdReadyGuard<'_, OwnedFd>>,
    open: &mut bool,
    bootstrap: &mut Bootstrap,
) {
    let Ok(mut ready) = ready else { return };
    let mut buffer = vec![0; READ_BYTES];
    match rustix::io::read(ready.get_inner(), &mut buffer[..]) {
        Ok(0) => *open = false,
        Ok(count) => bootstrap.on_stderr(&buffer[..count]),
        Err(_) => ready.clear_ready(),
    }
}
