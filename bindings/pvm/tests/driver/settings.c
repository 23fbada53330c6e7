/* Part of the driver: options, contexts, errors, exported variables. */

#include "driver.h"

extern int pvm_nerr;
extern char *pvm_errlist[];

static void options(void)
{
	static const int settings[][2] = {
		{ 1, 3 },	{ 1, 0 },	 { 1, 4 },   { 3, 0 },	 { 3, 1 },   { 2, 7 },
		{ 2, 0 },	{ 4, 0 },	 { 4, -1 },  { 4, 0x4fffe }, { 5, 9 }, { 5, -1 },
		{ 5, 0 },	{ 6, -1 },	 { 7, -1 },  { 8, -1 },	 { 8, 100 }, { 9, 0 },
		{ 9, 4 },	{ 9, 1 },	 { 10, 10 }, { 10, 1000000 }, { 10, 2000000 },
		{ 10, 4080 },	{ 11, 2 },	 { 11, 0 },  { 12, -5 }, { 13, -5 }, { 18, 5 },
		{ 18, 0 },	{ 19, 0 },	 { 20, 5 },  { 21, -1 }, { 21, 3 },  { 23, 5 },
		{ 25, 1 },	{ 25, 0 },	 { 0, 0 },   { 26, 1 },
	};
	size_t at;
	int opt;

	printf("--- options\n");
	for (opt = 0; opt < 28; opt++) {
		printf("%d: ", opt);
		P(pvm_getopt(opt));
	}
	for (at = 0; at < sizeof settings / sizeof settings[0]; at++) {
		printf("%d, %d: ", settings[at][0], settings[at][1]);
		P(pvm_setopt(settings[at][0], settings[at][1]));
		printf("%d: ", settings[at][0]);
		P(pvm_getopt(settings[at][0]));
	}
	pvm_setopt(PvmOutputContext, 0);
}

static void contexts(void)
{
	int context;

	printf("--- contexts\n");
	P(pvm_getcontext());
	P(pvm_setcontext(5));
	P(pvm_getcontext());
	P(pvm_setcontext(0));
	P((context = pvm_newcontext()) > 0);
	P(pvm_newcontext() - context);
	P(pvm_freecontext(context));
	P(pvm_freecontext(context));
	P(pvm_freecontext(-3));
}

static void errors(void)
{
	int at;

	printf("--- errors\n");
	pvm_errno = PvmNotFound;
	P(pvm_perror("x"));
	S(pvm_strerror());
	P(pvm_nerr);
	for (at = 0; at < pvm_nerr; at++)
		S(pvm_errlist[at]);
	S(pvm_version());
}

static void exports(void)
{
	printf("--- exports\n");
	P(pvm_export("FOO"));
	S(getenv("PVM_EXPORT"));
	P(pvm_export("BAR"));
	S(getenv("PVM_EXPORT"));
	P(pvm_export("FOO"));
	S(getenv("PVM_EXPORT"));
	P(pvm_unexport("FOO"));
	S(getenv("PVM_EXPORT"));
	P(pvm_unexport("BAR"));
	S(getenv("PVM_EXPORT"));
	P(pvm_unexport("NO"));
	P(pvm_export(""));
}

void settings(void)
{
	options();
	contexts();
	errors();
	exports();
}
