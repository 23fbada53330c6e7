/* Part of the driver: groups, of one member. */

#include "driver.h"

static void collective(void)
{
	int values[3] = { 1, 5, 3 }, got[3] = { 0 };

	P(pvm_reduce(PvmMax, values, 3, PVM_INT, 4, "g", 0));
	P(values[1]);
	P(pvm_scatter(got, values, 3, PVM_INT, 4, "g", 0));
	P(got[1]);
	P(pvm_gather(got, values, 3, PVM_INT, 4, "g", 0));
	P(got[2]);
	P(pvm_gather(got, values, 3, PVM_INT, 4, "g", 2));
	P(pvm_reduce(PvmMax, values, 3, 77, 4, "g", 0));
	P(pvm_reduce(PvmMax, values, -3, PVM_INT, 4, "g", 0));
	P(pvm_reduce(PvmMax, values, 0, PVM_INT, 4, "g", 0));
	P(pvm_gather(got, values, 3, 55, 4, "g", 0));
	P(pvm_scatter(got, values, 3, 55, 4, "g", 0));
}

static void operators(void)
{
	double x[2] = { 1.5, 2 }, y[2] = { 2.5, -3 };
	int type = PVM_DOUBLE, count = 2, info = 0;

	PvmMax(&type, x, y, &count, &info);
	P((int)(x[0] * 2));
	PvmSum(&type, x, y, &count, &info);
	P((int)(x[0] * 2));
	PvmProduct(&type, x, y, &count, &info);
	P((int)(x[1] * 2));
	PvmMin(&type, x, y, &count, &info);
	P((int)(x[0] * 2));
	P(info);
}

void groups(void)
{
	int me = pvm_mytid();

	printf("--- groups\n");
	P(pvm_lvgroup("g"));
	P(pvm_gsize("g"));
	P(pvm_gettid("g", 0));
	P(pvm_getinst("g", me));
	P(pvm_barrier("g", 1));
	P(pvm_bcast("g", 1));
	P(pvm_joingroup("g"));
	P(pvm_joingroup("g"));
	P(pvm_joingroup(""));
	P(pvm_gsize("g"));
	P(pvm_gettid("g", 0) == me);
	P(pvm_gettid("g", 1));
	P(pvm_gettid("g", -1));
	P(pvm_getinst("g", me));
	P(pvm_getinst("g", 12345));
	P(pvm_getinst("g", 0));
	P(pvm_barrier("g", 1));
	P(pvm_barrier("g", 0));
	pvm_initsend(0);
	P(pvm_bcast("g", 3));
	P(pvm_probe(-1, 3));
	collective();
	operators();
	P(pvm_freezegroup("g", 1));
	P(pvm_gsize("g"));
	P(pvm_joingroup("g"));
	P(pvm_lvgroup("g"));
	P(pvm_freezegroup("h", 2));
	P(pvm_gsize("g"));
	P(pvm_lvgroup("g"));
}
