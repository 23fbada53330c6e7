//! The programs of the conformance set: their sources, how each is compiled, and the name under
//! which Debian ships it ready. Data only. Called by `build`.
//!
//! Left out: `fgexample` and `ptest` hang on PVM itself; `starter` does not compile (it calls
//! `exit` with two arguments); `xep` and its `mtile` need a display; `tracer` and `trcsort`
//! (`pvmtevinfo`, `pvmtevdidlist`), `pvm_gstat` and `pvmgroups` (`gs_getgstid`, `pvmgs_tmout`)
//! import what is inside the libraries. `pvm`, `pvmd` and `pvmgs` are PVM itself.

/// A program to compile from source.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// By which rows call it.
    pub name: &'static str,
    /// Sources, separated by blanks: of the tarballs (`examples/`, `gexamples/`) or of
    /// `tests/peers/pvm` (`driver/`, `bench/`). Empty where there are none.
    pub sources: &'static str,
    /// Further words for the compiler.
    pub flags: &'static str,
    /// Debian's ready program; empty where there is none.
    pub debian: &'static str,
}

const fn own(name: &'static str, sources: &'static str) -> Program {
    Program { name, sources, flags: "", debian: "" }
}

/// Debian has it under the same name.
const fn c(name: &'static str, sources: &'static str) -> Program {
    Program { name, sources, flags: "", debian: name }
}

const fn bandwidth(name: &'static str, flags: &'static str) -> Program {
    Program { name, sources: "examples/bwtest.c", flags, debian: name }
}

/// Every program that a row may name.
pub const PROGRAMS: &[Program] = &[
    Program { name: "hello", sources: "examples/hello.c", flags: "", debian: "hello.pvm" },
    c("hello_other", "examples/hello_other.c"),
    c("master1", "examples/master1.c"),
    c("slave1", "examples/slave1.c"),
    c("spmd", "examples/spmd.c"),
    c("gexample", "examples/gexample.c"),
    c("timing", "examples/timing.c"),
    c("timing_slave", "examples/timing_slave.c"),
    own("mbox", "examples/mbox.c"),
    c("rme", "examples/rme.c"),
    c("task_end", "examples/task_end.c"),
    c("task0", "examples/task0.c examples/taskf.c"),
    c("task1", "examples/task1.c examples/taskf.c"),
    c("lmbi", "examples/lmbi.c examples/taskf.c"),
    c("gmbi", "examples/gmbi.c examples/taskf.c"),
    c("inherita", "examples/inherita.c"),
    c("inheritb", "examples/inheritb.c"),
    c("inherit1", "examples/inherit1.c"),
    c("inherit2", "examples/inherit2.c"),
    c("inherit3", "examples/inherit3.c"),
    c("mhf_server", "examples/mhf_server.c"),
    c("mhf_tickle", "examples/mhf_tickle.c"),
    bandwidth("dbwtest", "-DPACK -DENCODE=PvmDataDefault"),
    bandwidth("rbwtest", "-DPACK -DENCODE=PvmDataRaw"),
    bandwidth("ibwtest", "-DPACK -DENCODE=PvmDataInPlace"),
    bandwidth("pbwtest", ""),
    c("fmaster1", "examples/master1.f"),
    c("fslave1", "examples/slave1.f"),
    c("fspmd", "examples/spmd.f"),
    c("hitc", "examples/hitc.f"),
    c("hitc_slave", "examples/hitc_slave.f"),
    c("frsg", "gexamples/frsg.f"),
    c("ge", "gexamples/ge.c"),
    c("gexamp", "gexamples/gexamp.c"),
    Program { name: "gs", sources: "gexamples/gs.c", flags: "", debian: "gs.pvm" },
    c("joinleave", "gexamples/joinleave.c"),
    c("thb", "gexamples/thb.c"),
    c("tjf", "gexamples/tjf.c"),
    c("tjl", "gexamples/tjl.c"),
    c("tnb", "gexamples/tnb.c"),
    c("trsg", "gexamples/trsg.c"),
    c("tst", "gexamples/tst.c"),
    Program { name: "srm.pvm", sources: "", flags: "", debian: "srm.pvm" },
    own("driver-child", "driver/child.c"),
    own("driver-buffers", "driver/buffers.c"),
    own("driver-context", "driver/context.c"),
    own("driver-exchange", "driver/exchange.c"),
    own("driver-fortran", "driver/fortran.f"),
    own("driver-group", "driver/group.c"),
    own("driver-hosts", "driver/hosts.c"),
    own("driver-mailbox", "driver/mailbox.c"),
    own("driver-message", "driver/message.c"),
    own("driver-options", "driver/options.c"),
    own("driver-output", "driver/output.c"),
    own("driver-pack", "driver/pack.c"),
    own("driver-packf", "driver/packf.c"),
    own("driver-plug", "driver/plug.c"),
    own("driver-process", "driver/process.c"),
    own("bench-pingpong", "bench/pingpong.c"),
    own("bench-collect", "bench/collect.c"),
    own("bench-spawnrate", "bench/spawnrate.c"),
];
