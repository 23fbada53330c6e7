/* Contexts, and handlers that take messages out of the library's receiving. */

#include "driver.h"

static void send_number(int to, int tag, int value) {
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&value, 1, 1);
    pvm_send(to, tag);
}

static void contexts(int me) {
    int child, got[4];
    char *words[] = {"report", NULL};
    printf("== contexts\n");
    CALL(pvm_getcontext());
    int one = pvm_newcontext(), two = pvm_newcontext();
    CALL(one > 0 && two > 0 && one != two);
    CALL(pvm_getcontext());
    send_number(me, 1, 100);
    CALL(pvm_setcontext(one));
    CALL(pvm_getcontext() == one);
    /* Neither sees the other's. */
    CALL(pvm_nrecv(-1, -1));
    send_number(me, 1, 101);
    CALL(pvm_setcontext(two) == one);
    CALL(pvm_nrecv(me, 1));
    CALL(pvm_probe(-1, -1));
    CALL(pvm_setcontext(one) == two);
    BUFFER(receive(me, 1));
    CALL(pvm_upkint(got, 1, 1));
    NOTE("%d", got[0]);
    printf("== a child has its parent's\n");
    CALL(pvm_spawn("driver-child", words, PvmTaskDefault, "", 1, &child));
    receive(child, 5);
    CALL(pvm_unpackf("%d %d %d %d", got, got + 1, got + 2, got + 3));
    NOTE("the same %d", got[2] == one);
    CALL(pvm_setcontext(0) == one);
    BUFFER(receive(me, 1));
    CALL(pvm_upkint(got, 1, 1));
    NOTE("%d", got[0]);
    printf("== freed, and what can not be\n");
    CALL(pvm_freecontext(one));
    CALL(pvm_freecontext(one));
    CALL(pvm_freecontext(0) >= 0);
    CALL(pvm_freecontext(-1));
    CALL(pvm_freecontext(999999));
    CALL(pvm_setcontext(-1));
    CALL(pvm_getcontext());
    CALL(pvm_setcontext(two));
    CALL(pvm_freecontext(two));
    CALL(pvm_setcontext(0) >= 0);
    CALL(pvm_getcontext());
}

static int taken(int buffer) {
    int value = -1, tag = -1, before = pvm_setrbuf(buffer);
    pvm_upkint(&value, 1, 1);
    pvm_bufinfo(buffer, NULL, &tag, NULL);
    pvm_freebuf(pvm_setrbuf(before));
    NOTE("taken: %d with tag %d", value, tag);
    return 0;
}

static int other(int buffer) {
    pvm_freebuf(buffer);
    NOTE("taken by the other");
    return 0;
}

static void handlers(int me) {
    printf("== handlers\n");
    int first = pvm_addmhf(me, 7, 0, taken);
    CALL(first >= 0);
    CALL(pvm_addmhf(me, 7, 0, taken));
    CALL(pvm_addmhf(me, 7, 0, other));
    int any = pvm_addmhf(-1, 8, 0, other);
    CALL(any >= 0);
    CALL(pvm_addmhf(-1, -1, 5, other) >= 0);
    send_number(me, 7, 1);
    send_number(me, 8, 2);
    send_number(me, 7, 3);
    send_number(me, 9, 4);
    BUFFER(receive(me, 9));
    CALL(pvm_nrecv(me, 7));
    CALL(pvm_nrecv(me, 8));
    CALL(pvm_delmhf(first));
    CALL(pvm_delmhf(first));
    CALL(pvm_delmhf(any));
    CALL(pvm_delmhf(-1));
    CALL(pvm_delmhf(999));
    send_number(me, 7, 5);
    BUFFER(receive(me, 7));
    CALL(pvm_addmhf(me, 7, 0, taken) >= 0);
}

int main(void) {
    int me = begin();
    contexts(me);
    handlers(me);
    CALL(pvm_exit());
    return 0;
}
