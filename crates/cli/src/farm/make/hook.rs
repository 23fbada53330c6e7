//! What make reads before any makefile, so that lines of recipes go to a shell of ours, and what a
//! makefile says about its own shell is kept. Needs GNU make 4.0.

/// Text for `--eval`. `shell` is the path of our shell, without blanks.
///
/// `GNUMAKEFLAGS` is expanded once more when all makefiles were read: that is when the makefile's
/// own `SHELL` and `.SHELLFLAGS` are known. Those of the pattern are for recipes alone, and only
/// where the makefile's shell is one whose lines ours can run: `$(shell ...)` of makefiles and
/// recipes in other languages are as ever. So are those of a target that has a shell of its own.
pub fn text(shell: &str) -> String {
    let ours = "$(filter %sh,$(filter-out %csh %fish,$(POSSE_SHELL)))";
    format!(
        "POSSE_SHELL := /bin/sh\n\
         POSSE_SHELLFLAGS := -c\n\
         GNUMAKEFLAGS = $(eval POSSE_SHELL := $(SHELL))\
         $(eval POSSE_SHELLFLAGS := $(.SHELLFLAGS))\n\
         %: private SHELL = $(if {ours},{shell},$(POSSE_SHELL))\n\
         %: private .SHELLFLAGS = $(if $(filter {shell},$(SHELL)),$(POSSE_SHELL) )\
         $(POSSE_SHELLFLAGS)\n"
    )
}
