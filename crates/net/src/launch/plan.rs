//! The command line that reaches a host and runs the first stage there.
//!
//! For: argv and environment of the launcher. Not for: starting it. Called by the daemon.
//!
//! ssh keeps the user's settings: keys, agent, ProxyJump, ControlMaster, host key checks. Only what
//! would break a pipe is set: no terminal, no escape character, no forwardings (a LocalForward
//! that is taken already would fail the login), no RemoteCommand. Not set: BatchMode, since
//! questions go to the askpass program; ControlMaster, which is the user's. With ControlPersist
//! ssh may leave a master behind that holds our stderr open: wait for the end of the process, not
//! of its pipes.

use super::{Cause, HostSpec, LaunchError, Launcher, split_words};

/// What ssh is given always. RemoteCommand needs OpenSSH 7.6 (2017).
const SSH_OPTIONS: [&str; 7] =
    ["-T", "-e", "none", "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none"];

/// What belongs to the front end that asked for the launch, not to the daemon.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Its SSH_AUTH_SOCK.
    pub agent: Option<String>,
    /// A program that asks the person at that front end and prints the answer.
    pub askpass: Option<String>,
    /// Further variables, such as the address where the askpass program finds the front end.
    pub env: Vec<(String, String)>,
}

/// A launcher, ready to be started with pipes for stdin, stdout and stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchPlan {
    pub argv: Vec<String>,
    /// Set in addition to the environment that the starter chooses.
    pub env: Vec<(String, String)>,
}

impl LaunchPlan {
    /// Runs `command` (of `Bootstrap::command`) in a login shell of the host.
    pub fn new(spec: &HostSpec, command: &str, caller: &Caller) -> Result<LaunchPlan, LaunchError> {
        spec.check()?;
        let argv = match &spec.launcher {
            Launcher::Ssh => ssh(spec, command),
            Launcher::Local => ["/bin/sh", "-c", command].map(str::to_owned).to_vec(),
            Launcher::Exec { template } => exec(spec, template, command)?,
        };
        Ok(LaunchPlan { argv, env: environment(caller) })
    }

    /// Makes the same ssh print its settings for the host (`ssh -G`, OpenSSH 6.8) and end. `None`
    /// for other launchers.
    pub fn settings(spec: &HostSpec, caller: &Caller) -> Option<LaunchPlan> {
        if spec.launcher != Launcher::Ssh {
            return None;
        }
        let mut plan = LaunchPlan::new(spec, "", caller).ok()?;
        let _no_command = plan.argv.pop();
        plan.argv.insert(1, "-G".to_owned());
        Some(plan)
    }
}

fn ssh(spec: &HostSpec, command: &str) -> Vec<String> {
    let mut argv = vec!["ssh".to_owned()];
    argv.extend(SSH_OPTIONS.map(str::to_owned));
    if let Some(port) = spec.port {
        argv.extend(["-p".to_owned(), port.to_string()]);
    }
    if let Some(user) = &spec.user {
        argv.extend(["-l".to_owned(), user.clone()]);
    }
    argv.extend(["--".to_owned(), spec.name.clone(), command.to_owned()]);
    argv
}

fn exec(spec: &HostSpec, template: &str, command: &str) -> Result<Vec<String>, LaunchError> {
    let bad = |text: &str| LaunchError::new(Cause::Config, text);
    let words = split_words(template).map_err(|error| bad(&format!("{template:?}: {error}")))?;
    if !words.iter().any(|word| word.contains("{cmd}")) {
        return Err(bad(&format!("{template:?} has no {{cmd}}, the place of the command to run")));
    }
    // A host name holds no brace, so that what it puts in is not filled again.
    let fill = |word: String| word.replace("{host}", &spec.name).replace("{cmd}", command);
    Ok(words.into_iter().map(fill).collect())
}

fn environment(caller: &Caller) -> Vec<(String, String)> {
    let mut env = caller.env.clone();
    let mut set = |name: &str, value: &str| env.push((name.to_owned(), value.to_owned()));
    if let Some(agent) = &caller.agent {
        set("SSH_AUTH_SOCK", agent);
    }
    if let Some(askpass) = &caller.askpass {
        set("SSH_ASKPASS", askpass);
        set("SSH_ASKPASS_REQUIRE", "force");
    }
    env
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn argv(spec: &HostSpec) -> Result<Vec<String>, LaunchError> {
        LaunchPlan::new(spec, "CMD 'x'", &Caller::default()).map(|plan| plan.argv)
    }

    #[test]
    fn ssh_keeps_the_users_settings() {
        let spec = HostSpec { user: Some("me".into()), port: Some(2222), ..HostSpec::ssh("lab1") };
        let argv = argv(&spec).unwrap();
        let line = argv.join(" ");
        assert_eq!(
            line,
            "ssh -T -e none -o ClearAllForwardings=yes -o RemoteCommand=none \
                          -p 2222 -l me -- lab1 CMD 'x'"
        );
        assert_eq!(argv.last().unwrap(), "CMD 'x'");
        assert!(argv_of_name("-oProxyCommand=id").is_err());
    }

    #[test]
    fn settings_are_asked_of_the_same_ssh() {
        let spec = HostSpec { user: Some("me".into()), ..HostSpec::ssh("lab1") };
        let plan = LaunchPlan::settings(&spec, &Caller::default()).unwrap();
        assert!(plan.argv.join(" ").starts_with("ssh -G -T -e none "), "{:?}", plan.argv);
        assert!(plan.argv.ends_with(&["-l", "me", "--", "lab1"].map(str::to_owned)));
        let local = HostSpec { launcher: Launcher::Local, ..spec };
        assert_eq!(LaunchPlan::settings(&local, &Caller::default()), None);
    }

    fn argv_of_name(name: &str) -> Result<Vec<String>, LaunchError> {
        argv(&HostSpec::ssh(name))
    }

    #[test]
    fn exec_fills_words_and_runs_no_shell() {
        let spec = |template: &str| HostSpec {
            launcher: Launcher::Exec { template: template.into() },
            ..HostSpec::ssh("c1")
        };
        let filled = argv(&spec("docker exec -i {host} sh -c {cmd} '$HOME'")).unwrap();
        assert_eq!(filled, ["docker", "exec", "-i", "c1", "sh", "-c", "CMD 'x'", "$HOME"]);
        let error = argv(&spec("rsh {host}")).unwrap_err();
        assert!(error.excerpt.contains("{cmd}"));
        assert_eq!(argv(&spec("rsh 'x {cmd}")).unwrap_err().cause, Cause::Config);
    }

    #[test]
    fn questions_and_agent_are_the_callers() {
        let caller = Caller {
            agent: Some("/run/agent".into()),
            askpass: Some("/bin/ask".into()),
            env: vec![("POSSE_ASK".into(), "7".into())],
        };
        let plan = LaunchPlan::new(&HostSpec::ssh("a"), "c", &caller).unwrap();
        let names: Vec<_> = plan.env.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["POSSE_ASK", "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"]);
    }
}
