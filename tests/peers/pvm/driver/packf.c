/* The printf-like forms, and messages packed into messages. */

#include "driver.h"

static void forms(int me) {
    signed char c = -3, gc = 0;
    short h = -300, gh = 0;
    int d = -70000, gd = 0, array[4] = {1, 2, 3, 4}, got[4] = {0}, count = 2;
    unsigned int u = 3000000000u, gu = 0;
    long l = 123456789L, gl = 0;
    float f = 1.5f, gf = 0, x[2] = {1, 2}, gx[2] = {0};
    double lf = 2.25, glf = 0;
    char text[32] = "";
    printf("== all forms\n");
    const char *form = "%+ %c %hd %d %ud %ld %f %lf %s";
    CALL(pvm_packf(form, PvmDataRaw, c, h, d, u, l, f, lf, "text"));
    CALL(pvm_packf("%4d %*d %2.2d %1x", array, count, array, array, x));
    CALL(pvm_send(me, 1));
    receive(me, 1);
    const char *back = "%c %hd %d %ud %ld %f %lf %s";
    CALL(pvm_unpackf(back, &gc, &gh, &gd, &gu, &gl, &gf, &glf, text));
    NOTE("%d %d %d %u %ld %g %g <%s>", gc, gh, gd, gu, gl, gf, glf, text);
    CALL(pvm_unpackf("%4d", got));
    NOTE("%d %d %d %d", got[0], got[1], got[2], got[3]);
    memset(got, 0, sizeof got);
    CALL(pvm_unpackf("%*d", count, got));
    NOTE("%d %d", got[0], got[1]);
    memset(got, 0, sizeof got);
    CALL(pvm_unpackf("%2.2d", got));
    NOTE("%d %d %d %d", got[0], got[1], got[2], got[3]);
    CALL(pvm_unpackf("%1x", gx));
    NOTE("%g %g", gx[0], gx[1]);
    CALL(pvm_unpackf("%d", &gd));
    printf("== bad forms\n");
    CALL(pvm_packf("%+", PvmDataDefault));
    CALL(pvm_packf("%+", 77));
    CALL(pvm_packf("%q", 1));
    CALL(pvm_packf(""));
    CALL(pvm_packf("no form at all"));
    CALL(pvm_unpackf("%q", &gd));
}

static void messages(int me) {
    int number = 5, got = 0, length;
    printf("== a message in a message\n");
    int inner = pvm_mkbuf(PvmDataDefault);
    pvm_setsbuf(inner);
    pvm_pkint(&number, 1, 1);
    pvm_pkstr("inner");
    /* Else initsend would free it. */
    CALL(pvm_setsbuf(0) == inner);
    BUFFER(pvm_initsend(PvmDataDefault));
    CALL(pvm_pkmesg(inner));
    CALL(pvm_pkmesg(99999));
    CALL(pvm_pkmesg(0));
    CALL(pvm_pkint(&number, 1, 1));
    CALL(pvm_send(me, 2));
    int outer = BUFFER(receive(me, 2));
    int opened = BUFFER(pvm_upkmesg());
    CALL(pvm_bufinfo(opened, &length, NULL, NULL));
    NOTE("length %d", length);
    CALL(pvm_upkint(&got, 1, 1));
    NOTE("%d", got);
    CALL(pvm_setrbuf(opened) == outer);
    char text[16] = "";
    CALL(pvm_upkint(&got, 1, 1));
    CALL(pvm_upkstr(text));
    NOTE("%d <%s>", got, text);
    CALL(pvm_upkmesg());
    CALL(pvm_setrbuf(0) == opened);
    CALL(pvm_upkmesg());
    printf("== a body in a message\n");
    pvm_initsend(PvmDataDefault);
    CALL(pvm_pkmesgbody(inner));
    CALL(pvm_pkmesgbody(99999));
    CALL(pvm_send(me, 3));
    receive(me, 3);
    CALL(pvm_upkint(&got, 1, 1));
    CALL(pvm_upkstr(text));
    NOTE("%d <%s>", got, text);
}

int main(void) {
    int me = begin();
    forms(me);
    messages(me);
    CALL(pvm_exit());
    return 0;
}
