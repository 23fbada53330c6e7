/* Part of the driver: sending, receiving, matching, handlers. */

#include "driver.h"

static int match(int id, int tid, int tag)
{
	struct pvmminfo info;

	(void)tid;
	pvm_getminfo(id, &info);
	printf("match: asked %d, got %d in context %d\n", tag, info.tag, info.ctx);
	return info.tag == tag ? tag : info.tag == 13 ? -7 : 0;
}

static int handler(int id)
{
	int value = 0;

	pvm_upkint(&value, 1, 1);
	printf("handler: value %d, its buffer %d, send buffer %d\n", value, pvm_getrbuf() == id,
	       pvm_getsbuf());
	return 0;
}

static void put(int tag, int value)
{
	pvm_initsend(0);
	pvm_pkint(&value, 1, 1);
	pvm_send(pvm_mytid(), tag);
}

static void arguments(void)
{
	int me = pvm_mytid(), values[4] = { 9, 9, 9, 9 }, pair[2] = { 1, 2 };
	int tid = -5, tag = -5, bytes = -5;
	struct timeval most = { 0, 1000 };
	char text[8] = "zzz";

	printf("--- arguments\n");
	pvm_initsend(0);
	P(pvm_send(0, 1));
	P(pvm_send(me, -1));
	P(pvm_send(-1, 1));
	P(pvm_send(0x40000, 1));
	P(pvm_send(0x4fffe, 1));
	P(pvm_mcast(&me, 1, -2));
	P(pvm_mcast(&me, -1, 2));
	P(pvm_mcast(&me, 1, 3));
	P(pvm_nrecv(-1, 3));
	P(pvm_psend(me, -1, pair, 1, PVM_INT));
	P(pvm_psend(me, 1, pair, 1, 55));
	P(pvm_psend(me, 1, "hello", 3, PVM_STR));
	P(pvm_psend(-1, 1, pair, 1, PVM_INT));
	P(pvm_psend(me, 2, pair, 2, PVM_INT));
	P(pvm_precv(me, 2, text, 7, PVM_STR, &tid, &tag, &bytes));
	P(pvm_precv(-1, 2, values, 1, 33, NULL, NULL, NULL));
	P(pvm_precv(-1, 2, values, 1, PVM_INT, &tid, &tag, &bytes));
	P(tid == me);
	P(tag);
	P(bytes);
	P(values[0]);
	P(values[1]);
	P(pvm_nrecv(-1, 77));
	P(pvm_nrecv(0x4fffe, 77));
	P(pvm_nrecv(-7, 77));
	P(pvm_nrecv(-1, -7));
	P(pvm_probe(-1, 77));
	P(pvm_probe(0, 7));
	P(pvm_trecv(-1, 77, &most));
	most.tv_sec = -1;
	P(pvm_trecv(-1, 77, &most));
}

static void matching(void)
{
	int value = 0, probed;

	printf("--- matching\n");
	put(10, 10);
	put(11, 11);
	put(12, 12);
	B(probed = pvm_probe(-1, 11));
	P(pvm_probe(-1, 11) == probed);
	P(pvm_nrecv(-1, 11) == probed);
	P(pvm_upkint(&value, 1, 1));
	P(value);
	put(11, 11);
	P(pvm_recvf(match) != NULL);
	B(pvm_nrecv(-1, 12));
	P(pvm_upkint(&value, 1, 1));
	P(value);
	P(pvm_nrecv(-1, 15));
	B(pvm_probe(-1, 11));
	pvm_setcontext(3);
	put(13, 13);
	pvm_setcontext(0);
	P(pvm_nrecv(-1, 50));
	P(pvm_errno);
	P(pvm_recvf(NULL) == match);
	P(pvm_nrecv(-1, 13));
	pvm_setcontext(3);
	B(pvm_nrecv(-1, 13));
	pvm_setcontext(0);
	B(pvm_recv(-1, -1));
	P(pvm_upkint(&value, 1, 1));
	P(value);
	B(pvm_recv(-1, -1));
	P(pvm_nrecv(-1, -1));
}

static void handlers(void)
{
	int id, me = pvm_mytid();

	printf("--- handlers\n");
	P((id = pvm_addmhf(-1, 20, -1, handler)) >= 0);
	P(pvm_addmhf(-1, 20, -1, handler));
	P(pvm_addmhf(me, 20, 0, handler));
	put(20, 20);
	P(pvm_nrecv(-1, 20));
	put(21, 21);
	B(pvm_nrecv(-1, 21));
	P(pvm_delmhf(id));
	P(pvm_delmhf(id));
	P(pvm_delmhf(5000));
	P(pvm_delmhf(-1));
	put(20, 20);
	B(pvm_nrecv(-1, 20));
}

static void in_place(void)
{
	int values[4] = { 1, 2, 3, 4 }, got[4];

	printf("--- in place\n");
	pvm_initsend(PvmDataInPlace);
	P(pvm_pkint(values, 4, 1));
	P(pvm_pkint(values, 2, 2));
	P(pvm_pkstr("no"));
	values[1] = 99;
	pvm_send(pvm_mytid(), 43);
	values[1] = 100;
	B(pvm_recv(-1, 43));
	P(pvm_upkint(got, 4, 1));
	P(got[1]);
}

void messages(void)
{
	arguments();
	matching();
	handlers();
	in_place();
}
