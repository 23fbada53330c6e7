/* All options, their defaults and bounds; errors in words; what is left of debugging. */

#include "driver.h"

/* Exported and documented, without a declaration in the header. */
extern int pvm_errno;
int pvm_settmask(int, char *);
int pvm_gettmask(int, char *);

static const struct { int option; const char *name; int other; } options[] = {
    {PvmRoute, "Route", PvmRouteDirect},
    {PvmDebugMask, "DebugMask", 0},
    {PvmAutoErr, "AutoErr", 2},
    {PvmOutputTid, "OutputTid", 0},
    {PvmOutputCode, "OutputCode", 33},
    {PvmTraceTid, "TraceTid", 0},
    {PvmTraceCode, "TraceCode", 34},
    {PvmTraceBuffer, "TraceBuffer", 1000},
    {PvmTraceOptions, "TraceOptions", PvmTraceTime},
    {PvmFragSize, "FragSize", 8000},
    {PvmResvTids, "ResvTids", 1},
    {PvmSelfOutputTid, "SelfOutputTid", 0},
    {PvmSelfOutputCode, "SelfOutputCode", 35},
    {PvmSelfTraceTid, "SelfTraceTid", 0},
    {PvmSelfTraceCode, "SelfTraceCode", 36},
    {PvmSelfTraceBuffer, "SelfTraceBuffer", 2000},
    {PvmSelfTraceOptions, "SelfTraceOptions", PvmTraceCount},
    {PvmShowTids, "ShowTids", 0},
    {PvmPollType, "PollType", PvmPollSleep},
    {PvmPollTime, "PollTime", 10},
    {PvmOutputContext, "OutputContext", 0},
    {PvmTraceContext, "TraceContext", 0},
    {PvmSelfOutputContext, "SelfOutputContext", 0},
    {PvmSelfTraceContext, "SelfTraceContext", 0},
    {PvmNoReset, "NoReset", 1},
};
#define COUNT ((int)(sizeof options / sizeof *options))

static void each(void) {
    printf("== options: before, set, after, set back, what can not be\n");
    for (int i = 0; i < COUNT; i++) {
        int which = options[i].option, before = pvm_getopt(which);
        int set = pvm_setopt(which, options[i].other), now = pvm_getopt(which);
        int back = pvm_setopt(which, before);
        printf("%s = %d, set %d, now %d, back %d\n", options[i].name, before, set, now, back);
        CALL(pvm_setopt(which, -7));
        pvm_setopt(which, before);
    }
    /* Set to what it must not be, -7 above, some stay so: that is PVM's answer. */
    for (int i = 0; i < COUNT; i++) NOTE("%s %d", options[i].name, pvm_getopt(options[i].option));
}

static void bounds(void) {
    printf("== bounds\n");
    CALL(pvm_getopt(0));
    CALL(pvm_getopt(26));
    CALL(pvm_getopt(-1));
    CALL(pvm_setopt(0, 1));
    CALL(pvm_setopt(26, 1));
    CALL(pvm_setopt(PvmRoute, 0));
    CALL(pvm_setopt(PvmRoute, 4));
    CALL(pvm_setopt(PvmFragSize, 0));
    CALL(pvm_setopt(PvmFragSize, 10));
    CALL(pvm_setopt(PvmFragSize, 1000000));
    CALL(pvm_getopt(PvmFragSize));
    CALL(pvm_setopt(PvmFragSize, 4080));
    CALL(pvm_setopt(PvmPollType, 9));
    CALL(pvm_setopt(PvmOutputTid, 0x7fff1));
    CALL(pvm_setopt(PvmAutoErr, 0));
    CALL(pvm_setopt(PvmAutoErr, 1));
}

static void words(void) {
    printf("== errors in words\n");
    CALL(pvm_setopt(PvmAutoErr, 0));
    for (int error = 0; error >= -37; error--) {
        pvm_errno = error;
        printf("%d <%s>\n", error, pvm_strerror());
    }
    CALL(pvm_send(0, 0));
    CALL(pvm_errno);
    CALL(pvm_perror("the driver"));
    CALL(pvm_perror(""));
    CALL(pvm_bufinfo(-1, NULL, NULL, NULL));
    CALL(pvm_perror("again"));
    CALL(pvm_setopt(PvmAutoErr, 1));
}

static void rest(int me) {
    int *ids, count = -1, arguments[4] = {0}, results[10] = {0}, results_count = 10;
    char mask[64] = "";
    printf("== no resets, tickle, trace masks\n");
    CALL(pvm_setopt(PvmNoReset, 1));
    CALL(pvm_getnoresets(&ids, &count));
    NOTE("%d", count);
    if (count > 0) NOTE("me %d", ids[0] == me);
    CALL(pvm_setopt(PvmNoReset, 0));
    CALL(pvm_getnoresets(&ids, &count));
    NOTE("%d", count);
    CALL(pvm_tickle(1, arguments, &results_count, results));
    CALL(pvm_tickle(0, arguments, &results_count, results));
    CALL(pvm_tickle(11, arguments, &results_count, results));
    CALL(pvm_settmask(PvmTaskChild, ""));
    CALL(pvm_gettmask(PvmTaskChild, mask));
    NOTE("<%s>", mask);
    CALL(pvm_settmask(9, ""));
    CALL(pvm_gettmask(9, mask));
}

int main(void) {
    int me = begin();
    each();
    bounds();
    words();
    rest(me);
    CALL(pvm_exit());
    return 0;
}
