//! What posse says otherwise than PVM in a row, and why that is right: data for `table`. What is
//! different in general is in docs/reference/pvm.md.

use crate::Differs;

pub const CONSOLE_HALT: &[Differs] = &[Differs {
    why: "PVM's console is killed with the machine that it ends; ours ends with status 0",
    pvm: "Terminated",
    posse: "",
}];

pub const MESSAGE: &[Differs] = &[
    Differs {
        why: "an array of fewer than no items is an error, not a message that is not sent",
        pvm: "libpvm [T1]: pvm_pkbyte(): Bad parameter
pvm_psend(me, 8, ints, -1, PVM_INT) = 0",
        posse: "libpvm [T1]: pvm_psend(): Bad parameter
pvm_psend(me, 8, ints, -1, PVM_INT) = -2 BadParam",
    },
    Differs {
        why: "PVM asks the program's function twice about one of the messages, and it unpacks",
        pvm: "pvm_recvf(match) == NULL = 0
libpvm [T1]: pvm_upkint(): End of buffer",
        posse: "pvm_recvf(match) == NULL = 0",
    },
];

pub const PACK: &[Differs] = &[
    Differs {
        why: "a negative long stays one",
        pvm: "    0 4294967295 2147483647 2147483648",
        posse: "    0 -1 2147483647 -2147483648",
    },
    Differs {
        why: "a long that does not fit is refused, not cut",
        pvm: "pvm_pklong(&number, 1, 1) = 0
pvm_upklong(&got, 1, 1) = 0",
        posse: "libpvm [T1]: pvm_pklong(): Value too large
pvm_pklong(&number, 1, 1) = -4 Overflow
libpvm [T1]: pvm_upklong(): End of buffer
pvm_upklong(&got, 1, 1) = -5 NoData",
    },
];

pub const OPTIONS: &[Differs] = &[
    Differs {
        why: "output goes where the spawn had it go, and can not be turned away later; its tag PVM
              takes for that of the children's output, and complains without an error",
        pvm: "SelfOutputTid = 0, set 0, now 0, back 0
pvm_setopt(which, -7) = 0
libpvm [T1]: pvm_setopt(): Error 0
libpvm [T1]: pvm_setopt(): Error 0
SelfOutputCode = 0, set 0, now 0, back 0
libpvm [T1]: pvm_setopt(): Error 0
pvm_setopt(which, -7) = 0
libpvm [T1]: pvm_setopt(): Error 0",
        posse: "SelfOutputTid = 0, set 0, now 0, back 0
libpvm [T1]: pvm_setopt(): Not implemented
pvm_setopt(which, -7) = -24 NotImpl
SelfOutputCode = 0, set 0, now 35, back 35
pvm_setopt(which, -7) = 0",
    },
    Differs {
        why: "as for the tag of output",
        pvm: "libpvm [T1]: pvm_setopt(): Error 0
libpvm [T1]: pvm_setopt(): Error 0
SelfTraceCode = 0, set 0, now 0, back 0
libpvm [T1]: pvm_setopt(): Error 0
pvm_setopt(which, -7) = 0
libpvm [T1]: pvm_setopt(): Error 0",
        posse: "SelfTraceCode = 0, set 0, now 36, back 36
pvm_setopt(which, -7) = 0",
    },
    Differs {
        why: "the context of a task's own output is set as its tag is",
        pvm: "libpvm [T1]: pvm_setopt(): Not implemented
libpvm [T1]: pvm_setopt(): Not implemented
SelfOutputContext = 0, set -24, now 0, back -24
libpvm [T1]: pvm_setopt(): Not implemented
pvm_setopt(which, -7) = -24 NotImpl
libpvm [T1]: pvm_setopt(): Not implemented
libpvm [T1]: pvm_setopt(): Not implemented
libpvm [T1]: pvm_setopt(): Not implemented
SelfTraceContext = 0, set -24, now 0, back -24
libpvm [T1]: pvm_setopt(): Not implemented
pvm_setopt(which, -7) = -24 NotImpl
libpvm [T1]: pvm_setopt(): Not implemented",
        posse: "SelfOutputContext = 0, set 0, now 0, back 0
pvm_setopt(which, -7) = 0
SelfTraceContext = 0, set 0, now 0, back 0
pvm_setopt(which, -7) = 0",
    },
    Differs {
        why: "there is no pvmd to look into: posse doctor does",
        pvm: "pvm_tickle(1, arguments, &results_count, results) = 0",
        posse: "libpvm [T1]: pvm_tickle(): Not implemented
pvm_tickle(1, arguments, &results_count, results) = -24 NotImpl",
    },
];

pub const MANAGER: &[Differs] = &[
    Differs {
        why: "a question ends with who is asked",
        pvm: "== ask",
        posse: "== ask
libpvm [T1]: pvm_config(): No such task
pvm_config(&count, NULL, NULL) = -31 NoTask
    0
pvm_exit() = 0",
    },
    Differs {
        why: "who asks has the first id then",
        pvm: "    T1 local1 LINUX64",
        posse: "    T2 local1 LINUX64",
    },
];

pub const HOSTER: &[Differs] = &[Differs {
    why: "the program hears the error that the hoster named",
    pvm: "libpvm [T1]: pvm_addhosts(): Pvmd system error
pvm_addhosts(last, 1, &info) = -25 DSysErr
    no error of PVM",
    posse: "pvm_addhosts(last, 1, &info) = 0
    CantStart",
}];

pub const FORTRAN: &[Differs] = &[Differs {
    why: "PVM's subroutine gives no error where its C function does",
    pvm: "pvmffreecontext again > 0 = 1",
    posse: "libpvm [T1]: pvm_freecontext(): Not Found
pvmffreecontext again > 0 = 0",
}];
