/* libfpvm3.a: PVM for Fortran 77 and later. Each subroutine is the C function of the same name;
 * its result is the last argument. C without Rust, built by `cargo xtask pvm`. Lengths of
 * characters come after all arguments, by value, as gfortran and others pass them. Lists that C
 * gets at once are given one entry a call, see fpvm_list.c. */

#include <stdlib.h>
#include <string.h>

#include "fpvm.h"

int posse_pvm_upkchars(char *to, int room);

/* A C string of a Fortran one: without the blanks at its end. Freed by the caller. */
char *posse_fpvm_string(const char *text, int length)
{
	char *copy;

	while (length > 0 && text[length - 1] == ' ')
		length--;
	copy = malloc((size_t)length + 1);
	if (copy == NULL)
		abort();
	memcpy(copy, text, (size_t)length);
	copy[length] = 0;
	return copy;
}

/* A Fortran string of a C one: cut, or blanks at its end. */
void posse_fpvm_characters(char *to, int room, const char *text)
{
	int length = (int)strlen(text);

	if (length > room)
		length = room;
	memcpy(to, text, (size_t)length);
	memset(to + length, ' ', (size_t)(room - length));
}

/* Subroutines whose arguments are numbers. */

#define NONE(name, call)                                                                           \
	void name(int *info)                                                                       \
	{                                                                                          \
		*info = call();                                                                    \
	}
#define ONE(name, call)                                                                            \
	void name(int *a, int *info)                                                               \
	{                                                                                          \
		*info = call(*a);                                                                  \
	}
#define TWO(name, call)                                                                            \
	void name(int *a, int *b, int *info)                                                       \
	{                                                                                          \
		*info = call(*a, *b);                                                              \
	}

NONE(pvmfmytid_, pvm_mytid)
NONE(pvmfparent_, pvm_parent)
NONE(pvmfexit_, pvm_exit)
NONE(pvmfhalt_, pvm_halt)
NONE(pvmfgetsbuf_, pvm_getsbuf)
NONE(pvmfgetrbuf_, pvm_getrbuf)
NONE(pvmfgetcontext_, pvm_getcontext)
NONE(pvmfnewcontext_, pvm_newcontext)
ONE(pvmfinitsend_, pvm_initsend)
ONE(pvmfmkbuf_, pvm_mkbuf)
ONE(pvmffreebuf_, pvm_freebuf)
ONE(pvmfsetsbuf_, pvm_setsbuf)
ONE(pvmfsetrbuf_, pvm_setrbuf)
ONE(pvmfsetcontext_, pvm_setcontext)
ONE(pvmffreecontext_, pvm_freecontext)
ONE(pvmfgetopt_, pvm_getopt)
ONE(pvmfkill_, pvm_kill)
ONE(pvmfpstat_, pvm_pstat)
ONE(pvmftidtohost_, pvm_tidtohost)
ONE(pvmfdelmhf_, pvm_delmhf)
TWO(pvmfsetopt_, pvm_setopt)
TWO(pvmfsend_, pvm_send)
TWO(pvmfsendsig_, pvm_sendsig)
TWO(pvmfrecv_, pvm_recv)
TWO(pvmfnrecv_, pvm_nrecv)
TWO(pvmfprobe_, pvm_probe)

void pvmfsleep_(int *seconds)
{
	pvmsleep(*seconds);
}

void pvmftrecv_(int *tid, int *tag, int *seconds, int *micros, int *id)
{
	struct timeval most;

	most.tv_sec = *seconds;
	most.tv_usec = *micros;
	*id = pvm_trecv(*tid, *tag, &most);
}

void pvmfbufinfo_(int *id, int *bytes, int *tag, int *tid, int *info)
{
	*info = pvm_bufinfo(*id, bytes, tag, tid);
}

void pvmfmcast_(int *count, int *tids, int *tag, int *info)
{
	*info = pvm_mcast(tids, *count, *tag);
}

void pvmfnotify_(int *kind, int *tag, int *count, int *tids, int *info)
{
	*info = pvm_notify(*kind, *tag, *count, tids);
}

void pvmfpsend_(int *tid, int *tag, void *data, int *count, int *type, int *info)
{
	*info = pvm_psend(*tid, *tag, data, *count, *type);
}

void pvmfprecv_(int *tid, int *tag, void *data, int *count, int *type, int *from, int *got_tag,
		int *got_bytes, int *info)
{
	*info = pvm_precv(*tid, *tag, data, *count, *type, from, got_tag, got_bytes);
}

void pvmfhostsync_(int *host, int *seconds, int *micros, int *delta_seconds, int *delta_micros,
		   int *info)
{
	struct timeval clock = { 0, 0 }, delta = { 0, 0 };

	*info = pvm_hostsync(*host, &clock, &delta);
	*seconds = (int)clock.tv_sec;
	*micros = (int)clock.tv_usec;
	*delta_seconds = (int)delta.tv_sec;
	*delta_micros = (int)delta.tv_usec;
}

void pvmfcatchout_(int *on, int *info)
{
	*info = pvm_catchout(*on ? stdout : NULL);
}

/* The fourth argument is passed over, as PVM does. */
void pvmfaddmhf_(int *source, int *tag, int *context, void *unused, int (*function)(int), int *id)
{
	(void)unused;
	*id = pvm_addmhf(*source, *tag, *context, function);
}

/* Packing. A string has as many characters as items, and is passed with a length of its own. */

void pvmfpack_(int *what, void *data, int *count, int *stride, int *info)
{
	char *text;

	switch (*what) {
	case PVM_STR:
		text = malloc((size_t)(*count < 0 ? 0 : *count) + 1);
		if (text == NULL) {
			*info = PvmNoMem;
			return;
		}
		memcpy(text, data, (size_t)(*count < 0 ? 0 : *count));
		text[*count < 0 ? 0 : *count] = 0;
		*info = pvm_pkstr(text);
		free(text);
		return;
	case PVM_BYTE: *info = pvm_pkbyte(data, *count, *stride); return;
	case PVM_SHORT: *info = pvm_pkshort(data, *count, *stride); return;
	case PVM_INT: *info = pvm_pkint(data, *count, *stride); return;
	case PVM_FLOAT: *info = pvm_pkfloat(data, *count, *stride); return;
	case PVM_CPLX: *info = pvm_pkcplx(data, *count, *stride); return;
	case PVM_DOUBLE: *info = pvm_pkdouble(data, *count, *stride); return;
	case PVM_DCPLX: *info = pvm_pkdcplx(data, *count, *stride); return;
	case PVM_LONG: *info = pvm_pklong(data, *count, *stride); return;
	default: *info = PvmBadParam;
	}
}

void pvmfunpack_(int *what, void *data, int *count, int *stride, int *info)
{
	switch (*what) {
	case PVM_STR: *info = posse_pvm_upkchars(data, *count); return;
	case PVM_BYTE: *info = pvm_upkbyte(data, *count, *stride); return;
	case PVM_SHORT: *info = pvm_upkshort(data, *count, *stride); return;
	case PVM_INT: *info = pvm_upkint(data, *count, *stride); return;
	case PVM_FLOAT: *info = pvm_upkfloat(data, *count, *stride); return;
	case PVM_CPLX: *info = pvm_upkcplx(data, *count, *stride); return;
	case PVM_DOUBLE: *info = pvm_upkdouble(data, *count, *stride); return;
	case PVM_DCPLX: *info = pvm_upkdcplx(data, *count, *stride); return;
	case PVM_LONG: *info = pvm_upklong(data, *count, *stride); return;
	default: *info = PvmBadParam;
	}
}

/* Subroutines that are given a name. */

#define NAMED(name, arguments, call)                                                               \
	void name arguments                                                                        \
	{                                                                                          \
		char *string = posse_fpvm_string(text, length);                                    \
                                                                                                   \
		*info = call;                                                                      \
		free(string);                                                                      \
	}

NAMED(pvmfperror_, (char *text, int *info, int length), pvm_perror(string))
NAMED(pvmfarchcode_, (char *text, int *info, int length), pvm_archcode(string))
NAMED(pvmfmstat_, (char *text, int *info, int length), pvm_mstat(string))
NAMED(pvmfjoingroup_, (char *text, int *info, int length), pvm_joingroup(string))
NAMED(pvmflvgroup_, (char *text, int *info, int length), pvm_lvgroup(string))
NAMED(pvmfgsize_, (char *text, int *info, int length), pvm_gsize(string))
NAMED(pvmfgettid_, (char *text, int *a, int *info, int length), pvm_gettid(string, *a))
NAMED(pvmfgetinst_, (char *text, int *a, int *info, int length), pvm_getinst(string, *a))
NAMED(pvmfbarrier_, (char *text, int *a, int *info, int length), pvm_barrier(string, *a))
NAMED(pvmfbcast_, (char *text, int *a, int *info, int length), pvm_bcast(string, *a))
NAMED(pvmffreezegroup_, (char *text, int *a, int *info, int length), pvm_freezegroup(string, *a))
NAMED(pvmfputinfo_, (char *text, int *a, int *b, int *info, int length),
      pvm_putinfo(string, *a, *b))
NAMED(pvmfrecvinfo_, (char *text, int *a, int *b, int *info, int length),
      pvm_recvinfo(string, *a, *b))
NAMED(pvmfdelinfo_, (char *text, int *a, int *b, int *info, int length),
      pvm_delinfo(string, *a, *b))
NAMED(pvmfreduce_,
      (operator* fold, void *data, int *count, int *type, int *tag, char *text, int *root,
       int *info, int length),
      pvm_reduce(fold, data, *count, *type, *tag, string, *root))
NAMED(pvmfgather_,
      (void *result, void *data, int *count, int *type, int *tag, char *text, int *root,
       int *info, int length),
      pvm_gather(result, data, *count, *type, *tag, string, *root))
NAMED(pvmfscatter_,
      (void *result, void *data, int *count, int *type, int *tag, char *text, int *root,
       int *info, int length),
      pvm_scatter(result, data, *count, *type, *tag, string, *root))

/* One host a call: its own error, if there is one. */

NAMED(pvmfaddhost_, (char *text, int *info, int length),
      (pvm_addhosts(&string, 1, info) < 1 && *info == 0) ? PvmSysErr : *info)
NAMED(pvmfdelhost_, (char *text, int *info, int length),
      (pvm_delhosts(&string, 1, info) < 1 && *info == 0) ? PvmSysErr : *info)

/* A place of "*" is anywhere. */
void pvmfspawn_(char *program, int *flags, char *place, int *count, int *tids, int *started,
		int program_length, int place_length)
{
	char *name = posse_fpvm_string(program, program_length);
	char *where = posse_fpvm_string(place, place_length);

	*started = pvm_spawn(name, NULL, *flags, strcmp(where, "*") ? where : NULL, *count, tids);
	free(name);
	free(where);
}

/* The arguments of a daemon would be words of one string; there is no daemon to take them. */
void pvmfstartpvmd_(char *text, int *block, int *info, int length)
{
	(void)text;
	(void)length;
	*info = pvm_start_pvmd(0, NULL, *block);
}

void pvmmax_(int *type, void *x, void *y, int *count, int *info)
{
	PvmMax(type, x, y, count, info);
}

void pvmmin_(int *type, void *x, void *y, int *count, int *info)
{
	PvmMin(type, x, y, count, info);
}

void pvmsum_(int *type, void *x, void *y, int *count, int *info)
{
	PvmSum(type, x, y, count, info);
}

void pvmproduct_(int *type, void *x, void *y, int *count, int *info)
{
	PvmProduct(type, x, y, count, info);
}
