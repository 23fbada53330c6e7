/* Messages there and back, whole and in order: by size around the fragments, in every encoding, to
 * a process on the same host and on another, by both routes; and many at once. */

#include "driver.h"

#define BYTES_MAX (3 << 20)
#define MANY 500

static unsigned char data[BYTES_MAX], back[BYTES_MAX];
static const int sizes[] = {0, 1, 3, 4, 4079, 4080, 4081, 65536, 1 << 20, BYTES_MAX};

static int echo_on(char *host) {
    int child;
    char *words[] = {"echo", NULL};
    CALL(pvm_spawn("driver-child", words, PvmTaskHost, host, 1, &child));
    return child;
}

static void there_and_back(int child, int encoding) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int bytes = sizes[i], length = -1;
        memset(back, 0, sizeof back);
        pvm_initsend(encoding);
        pvm_pkbyte((char *)data, bytes, 1);
        int sent = pvm_send(child, 10), came = receive(child, 11);
        if (came > 0) pvm_bufinfo(came, &length, NULL, NULL);
        int unpacked = pvm_upkbyte((char *)back, bytes, 1);
        NOTE("%d bytes: sent %d, unpacked %d, whole %d, length %d", bytes, sent, unpacked,
             memcmp(data, back, (size_t)bytes) == 0, length);
    }
}

static void by_psend(int child) {
    int length = -1;
    memset(back, 0, sizeof back);
    CALL(pvm_psend(child, 10, data, BYTES_MAX, PVM_BYTE));
    CALL(pvm_precv(child, 11, back, BYTES_MAX, PVM_BYTE, NULL, NULL, &length));
    NOTE("whole %d, length %d", memcmp(data, back, sizeof back) == 0, length);
}

/* All are sent before the first is received. */
static void many(int *children, int count) {
    int wrong = 0, number;
    for (int i = 0; i < MANY; i++)
        for (int n = 0; n < count; n++) {
            pvm_initsend(i % 2 ? PvmDataRaw : PvmDataDefault);
            pvm_pkint(&i, 1, 1);
            pvm_send(children[n], 20);
        }
    for (int n = count - 1; n >= 0; n--)
        for (int i = 0; i < MANY; i++) {
            receive(children[n], 21);
            pvm_upkint(&number, 1, 1);
            wrong += number != i;
        }
    NOTE("%d messages to each of %d, out of order %d", MANY, count, wrong);
}

/* A route of one's own to another process is heard of when it comes and when it goes. */
static void routes_told(void) {
    int child, who = 0;
    printf("== notify of routes\n");
    CALL(pvm_notify(PvmRouteAdd, 30, -1, NULL));
    child = echo_on("local2");
    pvm_initsend(PvmDataDefault);
    CALL(pvm_send(child, 10));
    BUFFER(receive(child, 11));
    BUFFER(receive(-1, 30));
    CALL(pvm_upkint(&who, 1, 1));
    NOTE("to the child %d", who == child);
    CALL(pvm_notify(PvmRouteDelete, 31, 1, &child));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_send(child, 99));
    BUFFER(receive(-1, 31));
    CALL(pvm_upkint(&who, 1, 1));
    NOTE("to the child %d", who == child);
    CALL(pvm_notify(PvmRouteAdd, 30, 0, NULL));
}

int main(void) {
    static const char *const encodings[] = {"default", "raw", "in place"};
    static const char *const routes[] = {"", "not direct", "allow direct", "direct"};
    int children[2];
    begin();
    for (int i = 0; i < BYTES_MAX; i++) data[i] = (unsigned char)(i * 7 + i / 251);
    for (int route = PvmDontRoute; route <= PvmRouteDirect; route += 2) {
        printf("== %s\n", routes[route]);
        pvm_setopt(PvmRoute, route);
        children[0] = echo_on(".");
        children[1] = echo_on("local2");
        for (int n = 0; n < 2; n++)
            for (int encoding = PvmDataDefault; encoding <= PvmDataInPlace; encoding++) {
                printf("== %s, to %s host\n", encodings[encoding], n ? "another" : "the same");
                there_and_back(children[n], encoding);
            }
        by_psend(children[0]);
        by_psend(children[1]);
        many(children, 2);
        pvm_initsend(PvmDataDefault);
        CALL(pvm_mcast(children, 2, 99));
    }
    routes_told();
    CALL(pvm_exit());
    return 0;
}
