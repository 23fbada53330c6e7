/* The mailbox with all its flags, and the names of 3.3 that stand for it. */

#include "driver.h"

/* A buffer that holds one number. */
static int holding(int value) {
    int buffer = pvm_initsend(PvmDataDefault);
    pvm_pkint(&value, 1, 1);
    return buffer;
}

/* What an entry holds, looked at and freed. */
static void look(const char *call, int buffer) {
    int value = -1;
    if (buffer <= 0) {
        said(call, buffer);
        return;
    }
    int before = pvm_setrbuf(buffer);
    pvm_upkint(&value, 1, 1);
    pvm_freebuf(pvm_setrbuf(before));
    printf("%s: %d\n", call, value);
}
#define LOOK(call) look(#call, (call))

static void flags(void) {
    printf("== put\n");
    CALL(pvm_putinfo("one", holding(1), PvmMboxDefault));
    CALL(pvm_putinfo("one", holding(2), PvmMboxDefault));
    CALL(pvm_putinfo("many", holding(10), PvmMboxMultiInstance));
    CALL(pvm_putinfo("many", holding(11), PvmMboxMultiInstance));
    CALL(pvm_putinfo("many", holding(12), PvmMboxMultiInstance | PvmMboxOverWritable));
    CALL(pvm_putinfo("many", holding(13), PvmMboxDefault));
    CALL(pvm_putinfo("over", holding(20), PvmMboxOverWritable));
    CALL(pvm_putinfo("over", holding(21), PvmMboxOverWritable));
    CALL(pvm_putinfo("stays", holding(30), PvmMboxPersistent));
    CALL(pvm_putinfo("direct", holding(40), PvmMboxMultiInstance | PvmMboxDirectIndex(7)));
    CALL(pvm_putinfo("direct", holding(41), PvmMboxMultiInstance | PvmMboxDirectIndex(7)));
    CALL(pvm_putinfo("direct", holding(42), PvmMboxMultiInstance));
    printf("== put what can not be\n");
    CALL(pvm_putinfo("", holding(0), PvmMboxDefault));
    CALL(pvm_putinfo(NULL, holding(0), PvmMboxDefault));
    /* pvm_putinfo of a buffer that is not waits for ever: left out. */
    CALL(pvm_putinfo("flag", holding(0), 256));
    CALL(pvm_putinfo("flag", holding(0), -1));
}

static void received(void) {
    printf("== receive\n");
    LOOK(pvm_recvinfo("one", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("one", 1, PvmMboxDefault));
    LOOK(pvm_recvinfo("one", -1, PvmMboxDefault));
    LOOK(pvm_recvinfo("many", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("many", 2, PvmMboxDefault));
    LOOK(pvm_recvinfo("many", 1, PvmMboxFirstAvail));
    LOOK(pvm_recvinfo("many", 5, PvmMboxFirstAvail));
    LOOK(pvm_recvinfo("over", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("direct", 7, PvmMboxDefault));
    LOOK(pvm_recvinfo("direct", 0, PvmMboxFirstAvail));
    LOOK(pvm_recvinfo("direct", 1, PvmMboxFirstAvail));
    LOOK(pvm_recvinfo("none", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo(NULL, 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("many", 1, PvmMboxReadAndDelete));
    LOOK(pvm_recvinfo("many", 1, PvmMboxDefault));
    LOOK(pvm_recvinfo("many", 1, PvmMboxFirstAvail | PvmMboxReadAndDelete));
    LOOK(pvm_recvinfo("many", 1, PvmMboxFirstAvail));
    CALL(pvm_putinfo("many", holding(14), PvmMboxMultiInstance));
    LOOK(pvm_recvinfo("one", 0, PvmMboxWaitForInfo));
    LOOK(pvm_recvinfo("one", 0, 256));
}

static void listed(char *pattern) {
    struct pvmmboxinfo *classes;
    int count = -1;
    said(pattern, pvm_getmboxinfo(pattern, &count, &classes));
    for (int i = 0; i < count; i++) {
        printf("    %s:", classes[i].mi_name);
        for (int n = 0; n < classes[i].mi_nentries; n++)
            printf(" index %d flags %d mine %d;", classes[i].mi_indices[n],
                   classes[i].mi_flags[n] & 511, classes[i].mi_owners[n] == pvm_mytid());
        putchar('\n');
    }
}

static void deleted(void) {
    printf("== delete\n");
    CALL(pvm_delinfo("one", 1, PvmMboxDefault));
    CALL(pvm_delinfo("one", 0, PvmMboxDefault));
    CALL(pvm_delinfo("one", 0, PvmMboxDefault));
    CALL(pvm_delinfo("none", 0, PvmMboxDefault));
    CALL(pvm_delinfo("", 0, PvmMboxDefault));
    CALL(pvm_delinfo("over", -1, PvmMboxDefault));
    CALL(pvm_delinfo("direct", 7, PvmMboxDefault));
    CALL(pvm_delinfo("over", 0, 256));
}

static void old_names(void) {
    int data = 0;
    printf("== insert, lookup, delete\n");
    CALL(pvm_insert("old", 0, 5));
    CALL(pvm_insert("old", 0, 6));
    CALL(pvm_insert("old", -1, 7));
    CALL(pvm_insert("old", 9, 8));
    CALL(pvm_lookup("old", 0, &data));
    NOTE("%d", data);
    CALL(pvm_lookup("old", -1, &data));
    NOTE("%d", data);
    CALL(pvm_lookup("old", 9, &data));
    NOTE("%d", data);
    CALL(pvm_lookup("old", 5, &data));
    CALL(pvm_lookup("none", 0, &data));
    CALL(pvm_delete("old", 9));
    CALL(pvm_delete("old", 9));
    CALL(pvm_delete("none", 0));
}

/* Entries of another process: waited for, not ours to change, gone with it. */
static void of_another(void) {
    int child;
    char *words[] = {"put", NULL};
    printf("== of another\n");
    CALL(pvm_spawn("driver-child", words, PvmTaskDefault, "", 1, &child));
    LOOK(pvm_recvinfo("late", 0, PvmMboxWaitForInfo));
    LOOK(pvm_recvinfo("late-many", 0, PvmMboxWaitForInfo));
    CALL(pvm_putinfo("late", holding(50), PvmMboxDefault));
    CALL(pvm_putinfo("late-over", holding(51), PvmMboxOverWritable));
    LOOK(pvm_recvinfo("late-over", 0, PvmMboxDefault));
    CALL(pvm_putinfo("late-many", holding(52), PvmMboxMultiInstance));
    CALL(pvm_putinfo("late-many", holding(53), PvmMboxMultiInstance | PvmMboxDirectIndex(0)));
    CALL(pvm_delinfo("late", 0, PvmMboxDefault));
    CALL(pvm_delinfo("late-many", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("late", 0, PvmMboxReadAndDelete));
    CALL(pvm_insert("late", 0, 5));
    CALL(pvm_notify(PvmTaskExit, 9, 1, &child));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_send(child, 99));
    BUFFER(receive(-1, 9));
    LOOK(pvm_recvinfo("late", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("late-over", 0, PvmMboxDefault));
    LOOK(pvm_recvinfo("late-many", 0, PvmMboxFirstAvail));
}

/* What one leaves when it exits: the persistent entry alone. */
static void left(void) {
    printf("== after an exit\n");
    CALL(pvm_exit());
    listed("*");
    CALL(pvm_delinfo("stays", 0, PvmMboxDefault));
    CALL(pvm_delinfo("flag", 0, PvmMboxDefault));
    listed("*");
}

int main(void) {
    begin();
    listed("*");
    flags();
    received();
    listed("*");
    listed("many");
    listed("m*");
    listed("nothing like it");
    deleted();
    listed("*");
    old_names();
    of_another();
    left();
    CALL(pvm_exit());
    return 0;
}
