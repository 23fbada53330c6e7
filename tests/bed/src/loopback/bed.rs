//! Starts the loopback hosts: directories, accounts, configuration, one sshd, and its end.
//! Not the text of the configuration (`ssh_config`) nor of the quirks (`quirk`).
//! Called by cluster tests and benchmarks.

use super::options::LoopbackOptions;
use super::quirk::HostQuirk;
use crate::accounts::{Account, login_name, password_file, shadow_file};
use crate::deadline::wait_until;
use crate::dir::{BedDir, quote};
use crate::isolation::{Isolation, sshd};
use crate::keys::{Keys, known_name};
use crate::ssh_config::{Client, Entry, Server};
use crate::supervisor::Supervisor;
use anyhow::{Context, Result, bail, ensure};
use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Loopback has 127.0.0.1 to 127.0.0.254 as host addresses.
const MAX_HOSTS: usize = 254;
/// Ports are chosen freely before sshd binds, so another process may come first.
const PORT_TRIES: usize = 5;
const START_DEADLINE: Duration = Duration::from_secs(60);

/// One sshd that plays N hosts. Everything ends and is removed when this is dropped.
pub struct LoopbackBed {
    // Ends before the sockets close, and removes the directory.
    supervisor: Supervisor,
    dir: BedDir,
    hosts: Vec<String>,
    port: u16,
    isolation: Isolation,
    user: String,
    homes: Vec<PathBuf>,
    /// Keeps the ports of `Refused` and `Silent` hosts ours.
    _held: Vec<OwnedFd>,
}

impl LoopbackBed {
    /// Starts hosts n001 to nNNN. Fails, saying why, where this machine cannot do it.
    pub fn start(n: usize, options: LoopbackOptions) -> Result<LoopbackBed> {
        ensure!((1..=MAX_HOSTS).contains(&n), "1 to {MAX_HOSTS} loopback hosts, not {n}");
        let isolation = Isolation::probe();
        check(n, &options, isolation)?;
        let dir = BedDir::create()?;
        let supervisor = Supervisor::start(&dir, isolation, &[])?;
        let hosts: Vec<String> = (1..=n).map(|k| format!("n{k:03}")).collect();
        let user = login_name()?;
        let mut bed = LoopbackBed {
            supervisor,
            dir,
            hosts,
            port: 0,
            isolation,
            user,
            homes: Vec::new(),
            _held: Vec::new(),
        };
        let keys = Keys::create(&bed.dir)?;
        bed.make_accounts(&options)?;
        bed.start_sshd(&keys, &options)?;
        bed.write_client(&keys, &options)?;
        Ok(bed)
    }

    /// The names of the hosts, in order.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Host `number` from 1 as it has it: its home, as far as it can be seen from outside
    /// (homes of the kinds `HomeNoexec` and `HomeFull` cannot).
    #[must_use]
    pub fn home(&self, number: usize) -> &Path {
        &self.homes[number - 1]
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    #[must_use]
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The file to give to `ssh -F`.
    #[must_use]
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.path("ssh/config")
    }

    /// The bed's directory; all that its hosts keep is beneath it.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.dir.root
    }

    /// Value of `POSSE_BED` in the environment of all that runs in this bed.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.dir.token
    }

    /// Environment for programs under test: `ssh` first in PATH is the bed's, and homes and
    /// run-time directories are its own.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        self.dir.env()
    }

    /// A command with that environment, without the user's agent, in the bed's home.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.dir.dress(&mut command);
        command
    }

    /// What sshd has written so far.
    #[must_use]
    pub fn server_log(&self) -> String {
        std::fs::read_to_string(self.dir.path("log/sshd")).unwrap_or_default()
    }

    /// One account for the hosts that share a home, one for each host that does not.
    fn make_accounts(&mut self, options: &LoopbackOptions) -> Result<()> {
        let shared = self.dir.path("hosts/shared");
        std::fs::create_dir_all(shared.join(".ssh"))?;
        let first = Account { name: self.user.clone(), home: shared.clone(), shell: sh() };
        let mut accounts = vec![first];
        let mut mounts = Vec::new();
        for (k, name) in self.hosts.iter().enumerate() {
            let quirks = options.quirks.get(&(k + 1)).map_or(&[][..], Vec::as_slice);
            if !options.separate_homes && !quirks.iter().any(HostQuirk::needs_account) {
                self.homes.push(shared.clone());
                continue;
            }
            let home = self.dir.path(&format!("hosts/{name}"));
            std::fs::create_dir(&home)?;
            fill_home(&home, &self.dir.path(&format!("log/banner.{name}")), quirks)?;
            mounts.extend(quirks.iter().filter_map(|q| q.mount(&home)));
            let shell = quirks.iter().find_map(HostQuirk::shell).map_or_else(sh, str::to_owned);
            accounts.push(Account { name: name.clone(), home: home.clone(), shell });
            self.homes.push(home);
        }
        if self.isolation == Isolation::None {
            return Ok(());
        }
        let machine = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let passwd = self.dir.write("ssh/passwd", &password_file(&accounts, &machine))?;
        let shadow = self.dir.write("ssh/shadow", &shadow_file(&accounts))?;
        self.bind(&passwd, "/etc/passwd")?;
        self.bind(&shadow, "/etc/shadow")?;
        mounts.iter().try_for_each(|line| self.supervisor.tell(line))
    }

    fn bind(&mut self, from: &Path, to: &str) -> Result<()> {
        self.supervisor.tell(&format!("mount --bind {} {to}", quote(&from.to_string_lossy())))
    }

    fn start_sshd(&mut self, keys: &Keys, options: &LoopbackOptions) -> Result<()> {
        let matches = self.match_blocks(options);
        let (config, log) = (self.dir.path("ssh/sshd_config"), self.dir.path("log/sshd"));
        let words = self.isolation.as_user().join(" ");
        let start = format!(
            "POSSE_BED={} {words} {} -D -e -f {} >{} 2>&1 &",
            self.dir.token,
            sshd()?,
            quote(&config.to_string_lossy()),
            quote(&log.to_string_lossy())
        );
        for _ in 0..PORT_TRIES {
            let port = free_port()?;
            let server = Server {
                // Bound to the device: nothing from outside, and no limit of sixteen addresses.
                listen: "0.0.0.0 rdomain lo".to_owned(),
                port,
                host_key: &keys.server,
                authorized_keys: &self.dir.path("ssh/authorized_keys"),
                token: &self.dir.token,
                max_startups: &options.max_startups,
                max_sessions: options.max_sessions,
                extra: &options.server,
                matches: &matches,
            };
            self.dir.write("ssh/sshd_config", &server.text())?;
            self.dir.write("log/sshd", "")?;
            self.supervisor.tell(&start)?;
            let mut said = String::new();
            let spoke = wait_until(START_DEADLINE, || {
                said = std::fs::read_to_string(&log).unwrap_or_default();
                said.contains("Server listening") || said.contains("fatal") || lost(&said)
            });
            if said.contains("Server listening") {
                self.port = port;
                return Ok(());
            }
            ensure!(spoke && lost(&said), "sshd did not start: {said}");
        }
        bail!("sshd found no free port in {PORT_TRIES} tries")
    }

    fn match_blocks(&self, options: &LoopbackOptions) -> String {
        let mut text = String::new();
        for (number, quirks) in &options.quirks {
            let _ = writeln!(text, "Match LocalAddress 127.0.0.{number}");
            for quirk in quirks {
                match quirk {
                    HostQuirk::PasswordOnly => {
                        text.push_str("  PubkeyAuthentication no\n  PasswordAuthentication yes\n")
                    }
                    HostQuirk::NoLogin => text.push_str("  AuthorizedKeysFile none\n"),
                    HostQuirk::ChangesMotd => {
                        let banner = self.dir.path(&format!("log/banner.n{number:03}"));
                        let _ = writeln!(text, "  Banner {}", banner.display());
                    }
                    _ => {}
                }
            }
        }
        text
    }

    /// The client's files: configuration, known keys, and the programs that use them.
    fn write_client(&mut self, keys: &Keys, options: &LoopbackOptions) -> Result<()> {
        let (mut entries, mut known) = (Vec::new(), String::new());
        for (k, name) in self.hosts.iter().enumerate() {
            let quirks = options.quirks.get(&(k + 1)).map_or(&[][..], Vec::as_slice);
            let address = Ipv4Addr::new(127, 0, 0, u8::try_from(k + 1)?);
            let mut port = self.port;
            if quirks.contains(&HostQuirk::Refused) {
                let (held, free) = hold_closed(address)?;
                self._held.push(held);
                port = free;
            } else if quirks.contains(&HostQuirk::Silent) {
                let listener = TcpListener::bind((address, 0))?;
                port = listener.local_addr()?.port();
                self._held.push(listener.into());
            }
            let wrong = quirks.contains(&HostQuirk::WrongHostKey);
            let key = if wrong { &keys.wrong_public } else { &keys.server_public };
            let address = address.to_string();
            let _ = writeln!(known, "{} {key}", known_name(&address, port));
            let own = self.homes[k] != self.dir.path("hosts/shared");
            entries.push(Entry {
                name: name.clone(),
                address,
                port,
                user: if own { name.clone() } else { self.user.clone() },
                jump: None,
                password_only: quirks.contains(&HostQuirk::PasswordOnly),
            });
        }
        let known = self.dir.write("ssh/known_hosts", &known)?;
        let extra = &options.client;
        let client = Client { entries: &entries, identity: &keys.user, known_hosts: &known, extra };
        let config = self.dir.write("ssh/config", &client.text())?;
        // So that the hosts can log in to each other as well.
        self.dir.write("hosts/shared/.ssh/config", &client.text())?;
        self.dir.write_ssh_wrappers(&config)
    }
}

/// Says what is missing before anything is started.
fn check(n: usize, options: &LoopbackOptions, isolation: Isolation) -> Result<()> {
    sshd()?;
    let apart = options.separate_homes
        || options.quirks.values().flatten().any(HostQuirk::needs_namespaces);
    ensure!(
        isolation != Isolation::None || !apart,
        "homes, shells and passwords of a host's own need mount namespaces: \
         run as root, or allow user namespaces"
    );
    for (number, quirks) in &options.quirks {
        ensure!((1..=n).contains(number), "no host {number} to have a quirk among {n}");
        for shell in quirks.iter().filter_map(HostQuirk::shell) {
            ensure!(Path::new(shell).exists(), "no {shell}: see tests/bed/packages.txt");
        }
    }
    Ok(())
}

fn fill_home(home: &Path, banner: &Path, quirks: &[HostQuirk]) -> Result<()> {
    let rc: String = quirks.iter().filter_map(HostQuirk::rc).collect();
    if !rc.is_empty() {
        std::fs::write(home.join(".bashrc"), &rc)?;
        // For logins without a command.
        std::fs::write(home.join(".bash_profile"), &rc)?;
    }
    if quirks.contains(&HostQuirk::ChangesMotd) {
        std::fs::write(banner, "Maintenance window 0\n")?;
        std::fs::create_dir_all(home.join(".ssh"))?;
        let text =
            format!("echo \"Maintenance window $$\" >{}\n", quote(&banner.to_string_lossy()));
        std::fs::write(home.join(".ssh/rc"), text)?;
    }
    Ok(())
}

fn sh() -> String {
    "/bin/sh".to_owned()
}

/// Whether sshd found its port taken.
fn lost(said: &str) -> bool {
    said.contains("Address already in use") || said.contains("Cannot bind any address")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?.local_addr()?.port())
}

/// A port of `address` that is ours and refuses connections.
fn hold_closed(address: Ipv4Addr) -> Result<(OwnedFd, u16)> {
    let held = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&held, &SocketAddrV4::new(address, 0))?;
    let name = SocketAddr::try_from(getsockname(&held)?).context("no port of an IPv4 socket")?;
    Ok((held, name.port()))
}
