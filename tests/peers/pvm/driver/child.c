/* What the drivers spawn. Its first word says what it does; it ends by itself or with its
 * parent's message of tag 99. Called as `driver-child WORD [ARG]`. */

#include "driver.h"

/* Sends back what comes, with the tag plus one, until tag 99. */
static void echo(void) {
    for (;;) {
        int length, tag, from;
        int buffer = pvm_recv(-1, -1);
        if (buffer < 0 || pvm_bufinfo(buffer, &length, &tag, &from) < 0 || tag == 99) return;
        pvm_setsbuf(pvm_setrbuf(0));
        pvm_send(from, tag + 1);
        pvm_freebuf(pvm_setsbuf(0));
    }
}

/* Says where it is: id, parent, context, number of siblings. */
static void report(void) {
    int *all, parent = pvm_parent(), context = pvm_getcontext();
    int siblings = pvm_siblings(&all);
    pvm_initsend(PvmDataDefault);
    pvm_packf("%d %d %d %d", pvm_mytid(), parent, context, siblings);
    pvm_send(parent, 5);
}

/* A member of a group: joins, meets the others, takes part, leaves. */
static void member(char *group, int count) {
    int one[2] = {1, 2}, all[32], sum[2] = {10, 20};
    pvm_joingroup(group);
    pvm_barrier(group, count);
    pvm_recv(-1, 6);
    pvm_reduce(PvmSum, sum, 2, PVM_INT, 7, group, 0);
    pvm_scatter(one, all, 2, PVM_INT, 8, group, 0);
    pvm_gather(all, one, 2, PVM_INT, 9, group, 0);
    pvm_freezegroup(group, count);
    pvm_reduce(PvmMax, one, 2, PVM_INT, 10, group, 0);
    pvm_barrier(group, count);
}

/* Puts entries into the mailbox and stays until it is told to go. */
static void put(void) {
    static const struct { char *name; int flags; } entries[] = {
        {"late", PvmMboxDefault},
        {"late-over", PvmMboxOverWritable},
        {"late-many", PvmMboxMultiInstance},
    };
    for (int i = 0; i < 3; i++) {
        int value = 60 + i, buffer = pvm_initsend(PvmDataDefault);
        pvm_pkint(&value, 1, 1);
        pvm_putinfo(entries[i].name, buffer, entries[i].flags);
    }
    pvm_recv(-1, 99);
}

/* Has a child that says something, and stays until that is over. */
static void parent(void) {
    int child;
    char *words[] = {"say", NULL};
    pvm_spawn("driver-child", words, PvmTaskDefault, "", 1, &child);
    pvm_notify(PvmTaskExit, 9, 1, &child);
    pvm_recv(-1, 9);
    printf("its child is over\n");
}

int main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (pvm_mytid() < 0) return 1;
    if (strcmp(word, "echo") == 0) echo();
    if (strcmp(word, "report") == 0) report();
    if (strcmp(word, "say") == 0) printf("said by a child\nand more\n");
    if (strcmp(word, "say-open") == 0) printf("said by a child\nno line end");
    if (strcmp(word, "variable") == 0) {
        const char *value = getenv("DRIVER_VARIABLE");
        pvm_initsend(PvmDataDefault);
        pvm_pkstr((char *)(value ? value : "not set"));
        pvm_send(pvm_parent(), 5);
    }
    if (strcmp(word, "member") == 0) member(argv[2], atoi(argv[3]));
    if (strcmp(word, "put") == 0) put();
    if (strcmp(word, "parent") == 0) parent();
    if (strcmp(word, "wait") == 0) pvm_recv(-1, 99);
    fflush(stdout);
    pvm_exit();
    return 0;
}
