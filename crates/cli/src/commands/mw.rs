//! `posse mw`: the stdout of all is the stdin of all, merged by whole lines.

use super::{Outcome, e};
use crate::error::Error;
use crate::run::mw::Join;
use crate::run::plan::Source;
use crate::run::{self, drive};
use posse::Fd;

/// What every process writes, every process reads
#[derive(clap::Args, Debug)]
#[group(skip)]
#[command(
    about = "Run a command whose stdout, of all hosts, is its stdin, on all hosts",
    after_help = "Example:\n  posse mw ./all-to-all     each prints its port, reads everybody's\n  \
        posse mw 'sort -u' {{ ./worker }}      through a local command\n  \
        posse mw --fd 3:4 ./worker     it writes to 3 and reads from 4; stdout is shown\n\n\
        Lines are merged whole, a process reads its own lines too. End of file comes when every\n\
        process has closed its end or is over."
)]
pub struct Args {
    /// Descriptors instead of stdout and stdin
    #[arg(long, value_name = "OUT:IN", default_value = "1:0", value_parser = join)]
    fd: Join,
    #[command(flatten)]
    e: e::Args,
}

pub fn run(vm: Option<&str>, args: &Args) -> Outcome {
    let stages = e::stages(&args.e)?;
    let refused = [
        (args.e.stdin, "-i: what all read is what all write"),
        (args.e.pty, "--pty: a terminal is not merged by lines"),
        (args.e.detach, "--detach: the lines are merged here"),
        (stages.after.is_some(), "a stage after the braces; put it before them"),
    ];
    if let Some((_, what)) = refused.iter().find(|(given, _)| *given) {
        return Err(Error::usage(format!("mw does not take {what}")));
    }
    let mut plan = e::plan(&args.e, &stages)?;
    plan.source = Source::All { through: stages.before, join: args.fd };
    drive::run(&run::connect(vm)?, &plan)
}

fn join(text: &str) -> Result<Join, String> {
    let fd = |text: &str| text.parse::<u16>().ok().filter(|fd| *fd < 1024);
    let (out, into) = text.split_once(':').ok_or("give OUT:IN, such as 3:4")?;
    match (fd(out), fd(into)) {
        (Some(out), Some(into)) if out != into && out != 0 && into != 1 && into != 2 => {
            Ok(Join { out: Fd(out), into: Fd(into) })
        }
        _ => Err(format!("`{text}` are no two descriptors, one to write to and one to read from")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_a_pair() {
        let of = |text: &str| join(text).map(|join| (join.out.0, join.into.0)).ok();
        assert_eq!((of("1:0"), of("3:4"), of("2:0")), (Some((1, 0)), Some((3, 4)), Some((2, 0))));
        assert!(["", "3", "3:3", "0:1", "3:1", "x:4", "3:99999"].iter().all(|t| of(t).is_none()));
    }
}
