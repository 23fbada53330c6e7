/* Part of the driver: what is known of tasks and hosts, notices, the mailbox. */

#include "driver.h"

static void tasks(void)
{
	int me = pvm_mytid(), tids[2] = { 0, 0 }, *list;
	struct pvmtaskinfo *info;
	int count;

	printf("--- tasks\n");
	P(pvm_parent());
	P(pvm_siblings(&list));
	P(list[0] == me);
	P(pvm_kill(0));
	P(pvm_kill(me + 100));
	P(pvm_sendsig(0, 9));
	P(pvm_pstat(me));
	P(pvm_pstat(0));
	P(pvm_pstat(me + 100));
	P(pvm_spawn("nosuch", NULL, 0, NULL, 2, tids));
	P(tids[0]);
	P(tids[1]);
	P(pvm_spawn("nosuch", NULL, 0, NULL, 0, tids));
	P(pvm_tasks(me, &count, &info));
	P(count);
	P(info[0].ti_tid == me);
	P(info[0].ti_host == pvm_tidtohost(me));
	P(pvm_tasks(0, NULL, NULL));
	P(pvm_tasks(-5, NULL, NULL));
}

static void hosts(void)
{
	struct pvmhostinfo *info;
	struct timeval clock, delta;
	int count, formats, *list;

	printf("--- hosts\n");
	P(pvm_tidtohost(pvm_mytid()));
	P(pvm_tidtohost(0));
	P(pvm_tidtohost(-1));
	P(pvm_tidtohost(0x7ffff));
	P(pvm_config(&count, &formats, &info));
	P(count);
	P(formats);
	P(info[0].hi_tid);
	S(info[0].hi_arch);
	P(info[0].hi_speed);
	P(info[0].hi_dsig);
	P(pvm_config(NULL, NULL, NULL));
	P(pvm_archcode("LINUX64"));
	P(pvm_archcode("foo"));
	P(pvm_mstat("nohost"));
	P(pvm_hostsync(0x40000, &clock, &delta));
	P(pvm_addhosts(NULL, 0, NULL));
	P(pvm_delhosts(NULL, 0, NULL));
	P(pvm_getnoresets(&list, &count));
	P(count);
	P(pvm_tickle(0, NULL, NULL, NULL));
}

static void notices(void)
{
	int me = pvm_mytid(), other = me + 200, zero = 0, value = 0;
	struct timeval most = { 5, 0 };
	struct pvmminfo info;

	printf("--- notices\n");
	P(pvm_notify(0, 1, 1, &me));
	P(pvm_notify(PvmTaskExit, -1, 1, &me));
	P(pvm_notify(PvmTaskExit, 1, -2, &me));
	P(pvm_notify(PvmTaskExit, 1, 1, &zero));
	P(pvm_notify(PvmTaskExit, 60, 1, &me));
	P(pvm_notify(PvmTaskExit | PvmNotifyCancel, 60, 1, &me));
	B(pvm_trecv(-1, 60, &most));
	P(pvm_upkint(&value, 1, 1));
	P(value == me);
	P(pvm_notify(PvmTaskExit, 61, 1, &other));
	B(pvm_trecv(-1, 61, &most));
	P(pvm_upkint(&value, 1, 1));
	P(value == other);
	P(pvm_getminfo(pvm_getrbuf(), &info));
	P(info.src);
	P(info.enc);
	P(info.ctx);
	P(info.len);
	P(pvm_notify(PvmHostAdd, 62, -1, NULL));
	P(pvm_notify(PvmHostAdd, 62, 0, NULL));
}

static void mailbox(void)
{
	struct pvmmboxinfo *classes;
	int id, value = 1, count, at, entry;

	printf("--- mailbox\n");
	id = pvm_initsend(0);
	pvm_pkint(&value, 1, 1);
	P(pvm_putinfo("k", id, PvmMboxDefault));
	P(pvm_putinfo("k", id, PvmMboxDefault));
	P(pvm_putinfo("m", id, PvmMboxMultiInstance));
	P(pvm_putinfo("m", id, PvmMboxMultiInstance));
	P(pvm_putinfo("m", id, PvmMboxDefault));
	B(pvm_recvinfo("k", 0, PvmMboxDefault));
	P(pvm_upkint(&value, 1, 1));
	P(pvm_recvinfo("k", 1, PvmMboxDefault));
	P(pvm_recvinfo("k", -1, PvmMboxDefault));
	P(pvm_recvinfo("no", 0, PvmMboxDefault));
	B(pvm_recvinfo("m", 1, PvmMboxFirstAvail));
	P(pvm_delinfo("m", 0, 0));
	P(pvm_delinfo("m", 0, 0));
	P(pvm_delinfo("m", -1, 0));
	B(pvm_recvinfo("m", 0, PvmMboxFirstAvail));
	B(pvm_recvinfo("m", 1, PvmMboxReadAndDelete));
	P(pvm_recvinfo("m", 1, PvmMboxDefault));
	P(pvm_putinfo("c", id, PvmMboxMultiInstance | PvmMboxOverWritable));
	P(pvm_putinfo("c", id, PvmMboxMultiInstance | PvmMboxOverWritable));
	P(pvm_putinfo("c", id,
		      PvmMboxMultiInstance | PvmMboxOverWritable | PvmMboxDirectIndex(5)));
	P(pvm_putinfo("c", id, PvmMboxMultiInstance));
	P(pvm_delinfo("c", 1, 0));
	P(pvm_getmboxinfo("c", &count, &classes));
	for (at = 0; at < count; at++)
		for (entry = 0; entry < classes[at].mi_nentries; entry++) {
			S(classes[at].mi_name);
			P(classes[at].mi_indices[entry]);
			P(classes[at].mi_owners[entry] == pvm_mytid());
			P(classes[at].mi_flags[entry]);
		}
	P(pvm_getmboxinfo("nothing", &count, &classes));
	P(count);
	P(pvm_insert("old", -1, 42));
	P(pvm_lookup("old", -1, &value));
	P(value);
	P(pvm_insert("old", 0, 43));
	P(pvm_insert("old", 5, 43));
	P(pvm_lookup("old", 5, &value));
	P(value);
	P(pvm_lookup("old", 6, &value));
	P(pvm_delete("old", 0));
	P(pvm_delete("old", 0));
	P(pvm_delete("none", 0));
	P(pvm_delete("old", 5));
}

void world(void)
{
	tasks();
	hosts();
	notices();
	mailbox();
}
