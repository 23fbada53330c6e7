/* Packing and unpacking: every type in every encoding, strides, ends, and what is not there. */

#include "driver.h"

#define COUNT 4

static unsigned char bytes[COUNT * 2] = {0, 1, 127, 128, 200, 254, 255, 7};
static short shorts[COUNT * 2] = {0, -1, 32767, -32768, 5, 6, 7, 8};
static unsigned short ushorts[COUNT * 2] = {0, 1, 65535, 32768, 5, 6, 7, 8};
static int ints[COUNT * 2] = {0, -1, 2147483647, -2147483647 - 1, 5, 6, 7, 8};
static unsigned int uints[COUNT * 2] = {0, 1, 4294967295u, 2147483648u, 5, 6, 7, 8};
static long longs[COUNT * 2] = {0, -1, 2147483647L, -2147483648L, 5, 6, 7, 8};
static unsigned long ulongs[COUNT * 2] = {0, 1, 4294967295uL, 2147483648uL, 5, 6, 7, 8};
static float floats[COUNT * 4] = {0, -1.5f, 3e38f, 1e-38f, 5, 6, 7, 8, 9, 10, 11, 12};
static double doubles[COUNT * 4] = {0, -1.5, 1e308, 1e-308, 5, 6, 7, 8, 9, 10, 11, 12};

/* All types with this stride. */
static void pack_all(int stride) {
    CALL(pvm_pkbyte((char *)bytes, COUNT, stride));
    CALL(pvm_pkshort(shorts, COUNT, stride));
    CALL(pvm_pkushort(ushorts, COUNT, stride));
    CALL(pvm_pkint(ints, COUNT, stride));
    CALL(pvm_pkuint(uints, COUNT, stride));
    CALL(pvm_pklong(longs, COUNT, stride));
    CALL(pvm_pkulong(ulongs, COUNT, stride));
    CALL(pvm_pkfloat(floats, COUNT, stride));
    CALL(pvm_pkdouble(doubles, COUNT, stride));
    CALL(pvm_pkcplx(floats, COUNT, stride));
    CALL(pvm_pkdcplx(doubles, COUNT, stride));
    CALL(pvm_pkstr("a string of text"));
    CALL(pvm_pkstr(""));
}

static void show_bytes(const char *what, const void *from, size_t count) {
    printf("    %s", what);
    for (size_t i = 0; i < count; i++) printf(" %02x", ((const unsigned char *)from)[i]);
    putchar('\n');
}

static void unpack_all(void) {
    unsigned char b[COUNT] = {0};
    short s[COUNT] = {0};
    unsigned short us[COUNT] = {0};
    int i[COUNT] = {0};
    unsigned int u[COUNT] = {0};
    long l[COUNT] = {0};
    unsigned long ul[COUNT] = {0};
    float f[COUNT] = {0}, c[COUNT * 2] = {0};
    double d[COUNT] = {0}, dc[COUNT * 2] = {0};
    char text[64] = "";
    CALL(pvm_upkbyte((char *)b, COUNT, 1));
    show_bytes("bytes", b, sizeof b);
    CALL(pvm_upkshort(s, COUNT, 1));
    NOTE("%d %d %d %d", s[0], s[1], s[2], s[3]);
    CALL(pvm_upkushort(us, COUNT, 1));
    NOTE("%u %u %u %u", us[0], us[1], us[2], us[3]);
    CALL(pvm_upkint(i, COUNT, 1));
    NOTE("%d %d %d %d", i[0], i[1], i[2], i[3]);
    CALL(pvm_upkuint(u, COUNT, 1));
    NOTE("%u %u %u %u", u[0], u[1], u[2], u[3]);
    CALL(pvm_upklong(l, COUNT, 1));
    NOTE("%ld %ld %ld %ld", l[0], l[1], l[2], l[3]);
    CALL(pvm_upkulong(ul, COUNT, 1));
    NOTE("%lu %lu %lu %lu", ul[0], ul[1], ul[2], ul[3]);
    CALL(pvm_upkfloat(f, COUNT, 1));
    NOTE("%g %g %g %g", f[0], f[1], f[2], f[3]);
    CALL(pvm_upkdouble(d, COUNT, 1));
    NOTE("%g %g %g %g", d[0], d[1], d[2], d[3]);
    CALL(pvm_upkcplx(c, COUNT, 1));
    NOTE("%g %g %g %g %g %g %g %g", c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
    CALL(pvm_upkdcplx(dc, COUNT, 1));
    NOTE("%g %g %g %g %g %g %g %g", dc[0], dc[1], dc[2], dc[3], dc[4], dc[5], dc[6], dc[7]);
    CALL(pvm_upkstr(text));
    NOTE("<%s>", text);
    CALL(pvm_upkstr(text));
    NOTE("<%s>", text);
    CALL(pvm_upkint(i, 1, 1));
    CALL(pvm_upkstr(text));
    CALL(pvm_upkbyte((char *)b, 1, 1));
}

static void through(int me, const char *name, int encoding, int stride) {
    int length;
    printf("== %s, stride %d\n", name, stride);
    pvm_initsend(encoding);
    pack_all(stride);
    CALL(pvm_send(me, 1));
    int came = BUFFER(receive(me, 1));
    CALL(pvm_bufinfo(came, &length, NULL, NULL));
    NOTE("length %d", length);
    unpack_all();
}

/* Unpacked with a stride, into places between others. */
static void scattered(int me) {
    int to[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    printf("== unpacking with a stride\n");
    pvm_initsend(PvmDataDefault);
    CALL(pvm_pkint(ints, 3, 2));
    pvm_send(me, 2);
    receive(me, 2);
    CALL(pvm_upkint(to, 3, 3));
    NOTE("%d %d %d %d %d %d %d %d", to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7]);
}

static void bad(int me) {
    int number = 1, many[8] = {0};
    double real = 0;
    char text[32] = "";
    printf("== what can not be\n");
    pvm_initsend(PvmDataDefault);
    CALL(pvm_pkint(&number, -1, 1));
    CALL(pvm_pkint(&number, 0, 1));
    CALL(pvm_pkdouble(&real, -2, 1));
    CALL(pvm_pkbyte(text, -1, 1));
    /* pvm_pkstr(NULL) and null arrays end the program with SIGSEGV in PVM: left out. */
    CALL(pvm_pkint(&number, 1, 1));
    pvm_send(me, 3);
    receive(me, 3);
    CALL(pvm_upkint(many, -1, 1));
    CALL(pvm_upkint(many, 0, 1));
    CALL(pvm_upkint(many, 8, 1));
    /* What was there is used up by the attempt, or not: the next call tells. */
    CALL(pvm_upkint(many, 1, 1));
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&number, 1, 1);
    pvm_send(me, 3);
    receive(me, 3);
    CALL(pvm_upkdouble(&real, 1, 1));
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&number, 1, 1);
    pvm_send(me, 3);
    receive(me, 3);
    CALL(pvm_upkstr(text));
    printf("== packing into what was received, unpacking what is packed\n");
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&number, 1, 1);
    pvm_send(me, 4);
    int came = receive(me, 4);
    pvm_setrbuf(0);
    pvm_setsbuf(came);
    CALL(pvm_pkint(&number, 1, 1));
    int made = pvm_mkbuf(PvmDataDefault);
    pvm_setsbuf(made);
    pvm_pkint(&number, 1, 1);
    pvm_setsbuf(0);
    CALL(pvm_setrbuf(made));
    CALL(pvm_upkint(&number, 1, 1));
}

/* 64-bit numbers: XDR carries 32 bits of a long. */
static void wide(int me, int encoding) {
    long number = 1L << 40, got = 0;
    pvm_initsend(encoding);
    CALL(pvm_pklong(&number, 1, 1));
    pvm_send(me, 6);
    receive(me, 6);
    CALL(pvm_upklong(&got, 1, 1));
    NOTE("%ld", got);
}

/* In place: what counts is what the array holds when it is sent. */
static void in_place(int me) {
    int array[3] = {1, 2, 3}, got[3] = {0};
    printf("== in place\n");
    BUFFER(pvm_initsend(PvmDataInPlace));
    CALL(pvm_pkint(array, 3, 1));
    CALL(pvm_pkstr("a string too"));
    array[1] = 22;
    CALL(pvm_send(me, 5));
    array[1] = 222;
    CALL(pvm_send(me, 5));
    for (int i = 0; i < 2; i++) {
        receive(me, 5);
        CALL(pvm_upkint(got, 3, 1));
        NOTE("%d %d %d", got[0], got[1], got[2]);
    }
}

int main(void) {
    int me = begin();
    for (int stride = 1; stride <= 2; stride++) {
        through(me, "default", PvmDataDefault, stride);
        through(me, "raw", PvmDataRaw, stride);
    }
    through(me, "in place", PvmDataInPlace, 1);
    through(me, "in place", PvmDataInPlace, 2);
    printf("== a long of 2^40, default and raw\n");
    wide(me, PvmDataDefault);
    wide(me, PvmDataRaw);
    scattered(me);
    bad(me);
    in_place(me);
    CALL(pvm_exit());
    return 0;
}
