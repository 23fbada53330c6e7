/* Sending and receiving: wildcards, order, deadlines, one call for both, many receivers, who is
 * not there. */

#include "driver.h"

#include <sys/select.h>

/* The message in front holds one number. */
static int number(void) {
    int got = -1;
    pvm_upkint(&got, 1, 1);
    return got;
}

static void send_number(int to, int tag, int value) {
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&value, 1, 1);
    pvm_send(to, tag);
}

static void order(int me) {
    struct timeval none = {0, 0}, short_time = {0, 50000}, bad = {-1, 0};
    int length, tag, from;
    printf("== order and wildcards\n");
    CALL(pvm_nrecv(-1, -1));
    CALL(pvm_probe(-1, -1));
    CALL(pvm_trecv(-1, -1, &none));
    CALL(pvm_trecv(-1, -1, &short_time));
    CALL(pvm_trecv(-1, -1, &bad));
    for (int i = 0; i < 6; i++) send_number(me, i % 3, i);
    BUFFER(pvm_recv(me, 2));
    NOTE("%d", number());
    int there = BUFFER(pvm_probe(-1, 1));
    CALL(pvm_bufinfo(there, &length, &tag, &from));
    NOTE("length %d tag %d", length, tag);
    BUFFER(pvm_recv(-1, -1));
    NOTE("%d", number());
    BUFFER(pvm_nrecv(-1, 1));
    NOTE("%d", number());
    BUFFER(pvm_trecv(me, -1, &short_time));
    NOTE("%d", number());
    BUFFER(pvm_trecv(me, -1, NULL));
    NOTE("%d", number());
    CALL(pvm_nrecv(me, 1));
    CALL(pvm_probe(me, 0));
    BUFFER(pvm_recv(me, 2));
    NOTE("%d", number());
    CALL(pvm_nrecv(-1, -1));
}

static void nobody(int me) {
    int none[2] = {0x7fff1, 0x40fff};
    printf("== tags and receivers that are not\n");
    pvm_initsend(PvmDataDefault);
    CALL(pvm_send(me, -1));
    CALL(pvm_send(me, -100));
    CALL(pvm_send(0, 1));
    CALL(pvm_send(-5, 1));
    CALL(pvm_send(none[0], 1));
    CALL(pvm_send(0x40000000, 1));
    /* pvm_recv from one that never was, and with tag -5, waits for ever: left out. */
    CALL(pvm_nrecv(-7, 1));
    CALL(pvm_nrecv(0x7fff1, 1));
    CALL(pvm_nrecv(me, -3));
    CALL(pvm_probe(-7, -2));
    /* PVM takes a reserved tag only where PvmResvTids says so. */
    CALL(pvm_send(me, 2147483647));
    BUFFER(receive(me, 2147483647));
    CALL(pvm_mcast(none, 2, 1));
    CALL(pvm_mcast(none, 0, 1));
    CALL(pvm_mcast(none, -1, 1));
    CALL(pvm_mcast(none, 2, -1));
}

static void at_once(int me) {
    int ints[3] = {1, 2, 3}, got[3] = {0}, from, tag, length;
    double real = 2.5, back = 0;
    char text[16] = "";
    printf("== psend and precv\n");
    CALL(pvm_psend(me, 4, ints, 3, PVM_INT));
    CALL(pvm_psend(me, 5, &real, 1, PVM_DOUBLE));
    CALL(pvm_psend(me, 6, "text", 5, PVM_STR));
    CALL(pvm_psend(me, 7, ints, 12, PVM_BYTE));
    CALL(pvm_psend(me, 8, ints, 1, 99));
    CALL(pvm_psend(me, 8, ints, -1, PVM_INT));
    CALL(pvm_psend(me, -8, ints, 1, PVM_INT));
    CALL(pvm_psend(0, 8, ints, 1, PVM_INT));
    CALL(pvm_precv(-1, 4, got, 3, PVM_INT, &from, &tag, &length));
    NOTE("%d %d %d tag %d length %d from me %d", got[0], got[1], got[2], tag, length, from == me);
    CALL(pvm_precv(me, -1, &back, 1, PVM_DOUBLE, &from, &tag, &length));
    NOTE("%g tag %d length %d", back, tag, length);
    CALL(pvm_precv(me, 6, text, 5, PVM_STR, &from, &tag, &length));
    NOTE("<%.5s> length %d", text, length);
    /* Less room than there is, and more. */
    CALL(pvm_precv(me, 7, got, 8, PVM_BYTE, &from, &tag, &length));
    NOTE("length %d", length);
    pvm_psend(me, 7, ints, 8, PVM_BYTE);
    CALL(pvm_precv(me, 7, got, 12, PVM_BYTE, NULL, NULL, &length));
    NOTE("length %d", length);
    pvm_psend(me, 7, ints, 1, PVM_INT);
    CALL(pvm_precv(me, 7, got, 1, 99, &from, &tag, &length));
    BUFFER(receive(me, 7));
    /* Sent by psend, unpacked by hand; packed, received by precv. */
    CALL(pvm_psend(me, 9, ints, 3, PVM_INT));
    BUFFER(receive(me, 9));
    CALL(pvm_upkint(got, 3, 1));
    NOTE("%d %d %d", got[0], got[1], got[2]);
    pvm_initsend(PvmDataRaw);
    pvm_pkint(ints, 3, 1);
    pvm_send(me, 9);
    CALL(pvm_precv(me, 9, got, 3, PVM_INT, &from, &tag, &length));
    NOTE("%d %d %d length %d", got[0], got[1], got[2], length);
}

static int wanted;

/* Takes messages whose number is the wanted one, best with the highest tag. */
static int match(int buffer, int from, int tag) {
    int its_tag, its_number = -1, before = pvm_setrbuf(buffer);
    (void)from;
    pvm_bufinfo(buffer, NULL, &its_tag, NULL);
    pvm_upkint(&its_number, 1, 1);
    pvm_setrbuf(before);
    return its_number == wanted ? 2 + its_tag : (tag == 77 ? -4 : 0);
}

/* A message that was looked into by the matcher is unpacked anew by bufid only after a rewind,
 * which PVM has none of; so the tag is what is compared. */
static void own_match(int me) {
    int tag = -1;
    printf("== recvf\n");
    send_number(me, 1, 4);
    send_number(me, 2, 5);
    send_number(me, 3, 5);
    /* Behind this one, all of them are there. */
    send_number(me, 50, 6);
    BUFFER(receive(me, 50));
    CALL(pvm_recvf(match) == NULL);
    wanted = 5;
    int came = BUFFER(pvm_nrecv(me, 1));
    CALL(pvm_bufinfo(came, NULL, &tag, NULL));
    NOTE("tag %d", tag);
    wanted = 1000;
    CALL(pvm_nrecv(me, 77));
    CALL(pvm_recvf(NULL) == match);
    CALL(pvm_recvf(NULL) == NULL);
    while (pvm_nrecv(-1, -1) > 0) continue;
}

/* select() on the library's descriptors wakes for a message from another process. */
static void descriptors(void) {
    int *fds, child, count = CALL(pvm_getfds(&fds) > 0);
    char *words[] = {"echo", NULL};
    printf("== getfds and select\n");
    CALL(pvm_spawn("driver-child", words, PvmTaskDefault, "", 1, &child));
    send_number(child, 10, 42);
    for (int looks = 0; looks < 1000; looks++) {
        struct timeval patience = {0, 100000};
        fd_set ready;
        FD_ZERO(&ready);
        int top = 0;
        count = pvm_getfds(&fds);
        for (int i = 0; i < count; i++) {
            FD_SET(fds[i], &ready);
            top = fds[i] > top ? fds[i] : top;
        }
        if (select(top + 1, &ready, NULL, NULL, &patience) > 0 && pvm_nrecv(child, 11) > 0) break;
    }
    CALL(number());
    send_number(child, 99, 0);
}

static void many(int me) {
    int children[3], again[4];
    char *words[] = {"echo", NULL};
    printf("== mcast\n");
    CALL(pvm_spawn("driver-child", words, PvmTaskDefault, "", 3, children));
    pvm_initsend(PvmDataDefault);
    int value = 7;
    pvm_pkint(&value, 1, 1);
    CALL(pvm_mcast(children, 3, 20));
    for (int i = 0; i < 3; i++) {
        receive(children[i], 21);
        NOTE("%d", number());
    }
    /* The sender itself and a double are in the list. */
    again[0] = me;
    again[1] = again[2] = children[0];
    again[3] = children[1];
    CALL(pvm_mcast(again, 4, 20));
    BUFFER(receive(children[0], 21));
    BUFFER(receive(children[1], 21));
    CALL(pvm_nrecv(me, 20));
    CALL(pvm_mcast(children, 3, 99));
}

int main(void) {
    int me = begin();
    order(me);
    nobody(me);
    at_once(me);
    own_match(me);
    descriptors();
    many(me);
    CALL(pvm_exit());
    return 0;
}
