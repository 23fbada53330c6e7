/* libfpvm3.a: lists that C gets at once and Fortran an entry a call. The first call, or one whose
 * count is -1, asks anew; after the last entry the next call does. Built by `cargo xtask pvm`. */

#include <stdlib.h>

#include "fpvm.h"

void pvmfconfig_(int *count, int *formats, int *tid, char *name, char *arch, int *speed, int *info,
		 int name_room, int arch_room)
{
	static struct pvmhostinfo *hosts;
	static int known, kinds, next;

	if (*count == -1 || next >= known) {
		next = 0;
		known = 0;
		*info = pvm_config(&known, &kinds, &hosts);
		if (*info < 0 || known < 1)
			return;
	}
	*count = known;
	*formats = kinds;
	*tid = hosts[next].hi_tid;
	*speed = hosts[next].hi_speed;
	posse_fpvm_characters(name, name_room, hosts[next].hi_name);
	posse_fpvm_characters(arch, arch_room, hosts[next].hi_arch);
	next++;
	*info = PvmOk;
}

void pvmftasks_(int *of, int *count, int *tid, int *parent, int *host, int *flags, char *program,
		int *info, int program_room)
{
	static struct pvmtaskinfo *tasks;
	static int known, next;

	if (*count == -1 || next >= known) {
		next = 0;
		known = 0;
		*info = pvm_tasks(*of, &known, &tasks);
		if (*info < 0 || known < 1)
			return;
	}
	*count = known;
	*tid = tasks[next].ti_tid;
	*parent = tasks[next].ti_ptid;
	*host = tasks[next].ti_host;
	*flags = tasks[next].ti_flag;
	posse_fpvm_characters(program, program_room, tasks[next].ti_a_out);
	next++;
	/* One task: PVM's answer, not PvmOk. */
	*info = 1;
}

void pvmfsiblings_(int *count, int *index, int *tid)
{
	int *tids;

	*count = pvm_siblings(&tids);
	if (*count < 0 || *index == -1)
		return;
	if (*index >= 0 && *index < *count)
		*tid = tids[*index];
	else
		*count = PvmNoTask;
}

/* An entry of each class a call, in turn. An info of -1 asks anew. */
void pvmfgetmboxinfo_(char *pattern, char *name, int *classes, int *entries, int *index,
		      int *owner, int *flags, int *info, int pattern_length, int name_room)
{
	static struct pvmmboxinfo *list;
	static int known, next, entry;
	char *wanted;

	while (next < known && entry >= list[next].mi_nentries) {
		entry = 0;
		next++;
	}
	if (*info == -1 || next >= known) {
		next = 0;
		entry = 0;
		known = 0;
		wanted = posse_fpvm_string(pattern, pattern_length);
		*info = pvm_getmboxinfo(wanted, &known, &list);
		free(wanted);
		*classes = known;
		if (*info < 0 || known < 1)
			return;
	}
	*classes = known;
	posse_fpvm_characters(name, name_room, list[next].mi_name);
	*entries = list[next].mi_nentries;
	if (list[next].mi_nentries > 0) {
		*index = list[next].mi_indices[entry];
		*owner = list[next].mi_owners[entry];
		*flags = list[next].mi_flags[entry];
	}
	entry++;
	*info = PvmOk;
}
