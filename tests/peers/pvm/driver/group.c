/* Groups: joining and leaving, who is who, the collectives with members on all hosts, static
 * groups, and what can not be. */

#include "driver.h"

#define MEMBERS 4

static void membership(int me) {
    printf("== membership\n");
    CALL(pvm_gsize("alone"));
    CALL(pvm_joingroup("alone"));
    CALL(pvm_joingroup("alone"));
    CALL(pvm_gsize("alone"));
    CALL(pvm_getinst("alone", me));
    CALL(pvm_getinst("alone", 0x40fff));
    CALL(pvm_getinst("none", me));
    CALL(pvm_gettid("alone", 0) == me);
    CALL(pvm_gettid("alone", 1));
    CALL(pvm_gettid("alone", -1));
    CALL(pvm_gettid("none", 0));
    CALL(pvm_barrier("alone", 1));
    CALL(pvm_barrier("alone", 0));
    CALL(pvm_barrier("alone", -5));
    CALL(pvm_barrier("none", 1));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_bcast("alone", 3));
    CALL(pvm_bcast("none", 3));
    CALL(pvm_bcast("alone", -3));
    CALL(pvm_nrecv(-1, 3));
    CALL(pvm_lvgroup("alone"));
    CALL(pvm_lvgroup("alone"));
    CALL(pvm_lvgroup("none"));
    CALL(pvm_gsize("alone"));
    CALL(pvm_joingroup(""));
    CALL(pvm_joingroup(NULL));
    CALL(pvm_lvgroup(""));
    CALL(pvm_gsize(""));
    CALL(pvm_gsize(NULL));
    CALL(pvm_getinst("", me));
    CALL(pvm_gettid("", 0));
    CALL(pvm_barrier("", 1));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_bcast("", 1));
    /* A number is used again by the next that joins. */
    CALL(pvm_joingroup("again"));
    CALL(pvm_lvgroup("again"));
    CALL(pvm_joingroup("again"));
}

/* The members are children on all hosts, and this process, which is number 0. */
static void together(void) {
    int children[MEMBERS - 1], sum[2] = {1, 2}, all[2 * MEMBERS], mine[2];
    char *words[] = {"member", "crew", "4", NULL};
    printf("== together\n");
    CALL(pvm_joingroup("crew"));
    CALL(pvm_spawn("driver-child", words, PvmTaskDefault, "", MEMBERS - 1, children));
    CALL(pvm_barrier("crew", MEMBERS));
    CALL(pvm_gsize("crew"));
    for (int i = 0; i < MEMBERS - 1; i++) NOTE("a number %d", pvm_getinst("crew", children[i]) > 0);
    pvm_initsend(PvmDataDefault);
    CALL(pvm_bcast("crew", 6));
    CALL(pvm_reduce(PvmSum, sum, 2, PVM_INT, 7, "crew", 0));
    NOTE("%d %d", sum[0], sum[1]);
    for (int i = 0; i < 2 * MEMBERS; i++) all[i] = 100 + i;
    CALL(pvm_scatter(mine, all, 2, PVM_INT, 8, "crew", 0));
    NOTE("%d %d", mine[0], mine[1]);
    memset(all, 0, sizeof all);
    CALL(pvm_gather(all, mine, 2, PVM_INT, 9, "crew", 0));
    for (int i = 0; i < 2 * MEMBERS; i++) printf("    %d\n", all[i]);
    printf("== frozen\n");
    CALL(pvm_freezegroup("crew", MEMBERS));
    int most[2] = {-5, 50};
    CALL(pvm_reduce(PvmMax, most, 2, PVM_INT, 10, "crew", 0));
    NOTE("%d %d", most[0], most[1]);
    CALL(pvm_gsize("crew"));
    CALL(pvm_getinst("crew", pvm_mytid()));
    CALL(pvm_notify(PvmTaskExit, 11, MEMBERS - 1, children));
    CALL(pvm_barrier("crew", MEMBERS));
    for (int i = 0; i < MEMBERS - 1; i++) BUFFER(receive(-1, 11));
    CALL(pvm_lvgroup("crew"));
    CALL(pvm_lvgroup("crew"));
}

static void alone(void) {
    int i[2] = {3, 4}, got[2] = {0};
    short s[2] = {3, 4};
    long l[2] = {3, 4};
    float f[4] = {3, 4, 5, 6};
    double d[4] = {3, 4, 5, 6};
    printf("== collectives of one, and bad ones\n");
    CALL(pvm_joingroup("one"));
    CALL(pvm_reduce(PvmSum, i, 2, PVM_INT, 1, "one", 0));
    CALL(pvm_reduce(PvmMin, s, 2, PVM_SHORT, 1, "one", 0));
    CALL(pvm_reduce(PvmMax, l, 2, PVM_LONG, 1, "one", 0));
    CALL(pvm_reduce(PvmProduct, f, 2, PVM_CPLX, 1, "one", 0));
    CALL(pvm_reduce(PvmProduct, d, 2, PVM_DCPLX, 1, "one", 0));
    CALL(pvm_reduce(PvmSum, i, 2, 99, 1, "one", 0));
    CALL(pvm_reduce(PvmSum, i, 2, PVM_INT, -1, "one", 0));
    CALL(pvm_reduce(PvmSum, i, 2, PVM_INT, 1, "none", 0));
    CALL(pvm_reduce(PvmSum, i, 2, PVM_INT, 1, "one", 5));
    CALL(pvm_reduce(PvmSum, i, -2, PVM_INT, 1, "one", 0));
    CALL(pvm_scatter(got, i, 2, PVM_INT, 2, "one", 0));
    NOTE("%d %d", got[0], got[1]);
    CALL(pvm_scatter(got, i, 2, PVM_INT, 2, "none", 0));
    CALL(pvm_scatter(got, i, 2, PVM_INT, 2, "one", 7));
    CALL(pvm_scatter(got, i, 2, 99, 2, "one", 0));
    CALL(pvm_gather(got, i, 2, PVM_INT, 2, "one", 0));
    CALL(pvm_gather(got, i, 2, PVM_INT, 2, "none", 0));
    CALL(pvm_gather(got, i, 2, PVM_INT, 2, "one", 7));
    CALL(pvm_gather(got, i, -2, PVM_INT, 2, "one", 0));
    CALL(pvm_freezegroup("none", 1));
    CALL(pvm_freezegroup("", 1));
    CALL(pvm_lvgroup("one"));
    CALL(pvm_reduce(PvmSum, i, 2, PVM_INT, 1, "one", 0));
}

/* The operators by themselves, on every type. */
static void operators(void) {
    typedef void operator(int *, void *, void *, int *, int *);
    static operator *const all[] = {PvmMax, PvmMin, PvmSum, PvmProduct};
    static const char *const names[] = {"max", "min", "sum", "product"};
    printf("== operators\n");
    for (int n = 0; n < 4; n++) {
        unsigned char b[2] = {3, 200}, b2[2] = {5, 100};
        short s[2] = {-3, 4}, s2[2] = {2, 5};
        int i[2] = {-3, 4}, i2[2] = {2, 5}, count = 2, info = 0, type;
        long l[2] = {-3, 4}, l2[2] = {2, 5};
        float f[2] = {-3, 4}, f2[2] = {2, 5}, c[4] = {1, 2, 3, 4}, c2[4] = {2, 1, 0, 1};
        double d[2] = {-3, 4}, d2[2] = {2, 5}, z[4] = {1, 2, 3, 4}, z2[4] = {2, 1, 0, 1};
        type = PVM_BYTE, all[n](&type, b, b2, &count, &info);
        NOTE("%s byte %d %d info %d", names[n], b[0], b[1], info);
        type = PVM_SHORT, all[n](&type, s, s2, &count, &info);
        NOTE("%s short %d %d info %d", names[n], s[0], s[1], info);
        type = PVM_INT, all[n](&type, i, i2, &count, &info);
        NOTE("%s int %d %d info %d", names[n], i[0], i[1], info);
        type = PVM_LONG, all[n](&type, l, l2, &count, &info);
        NOTE("%s long %ld %ld info %d", names[n], l[0], l[1], info);
        type = PVM_FLOAT, all[n](&type, f, f2, &count, &info);
        NOTE("%s float %g %g info %d", names[n], f[0], f[1], info);
        type = PVM_DOUBLE, all[n](&type, d, d2, &count, &info);
        NOTE("%s double %g %g info %d", names[n], d[0], d[1], info);
        type = PVM_CPLX, all[n](&type, c, c2, &count, &info);
        NOTE("%s cplx %g %g %g %g info %d", names[n], c[0], c[1], c[2], c[3], info);
        type = PVM_DCPLX, all[n](&type, z, z2, &count, &info);
        NOTE("%s dcplx %g %g %g %g info %d", names[n], z[0], z[1], z[2], z[3], info);
        type = PVM_STR, all[n](&type, b, b2, &count, &info);
        NOTE("%s str info %d", names[n], info);
        type = 99, all[n](&type, b, b2, &count, &info);
        NOTE("%s 99 info %d", names[n], info);
    }
}

int main(void) {
    int me = begin();
    membership(me);
    together();
    alone();
    operators();
    CALL(pvm_exit());
    return 0;
}
