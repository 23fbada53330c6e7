/* Collective figures with N processes besides this one: `bench-collect N [mcast|group]`.
 * Prints `mcast N BYTES MS ms` (and all answers), `barrier N MS ms`, `reduce N MS ms`, dynamic
 * group and frozen one. */

#include "bench.h"

#define ROUNDS 15
#define BYTES_MAX (1 << 20)
#define GO 20
#define DONE 21
#define OVER 22

static char data[BYTES_MAX];
static char *const group = "bench";

/* Answers each mcast until it is over. */
static void answer(int parent) {
    for (;;) {
        int tag;
        NEED(pvm_bufinfo(NEED(pvm_recv(parent, -1)), NULL, &tag, NULL));
        if (tag == OVER) return;
        NEED(pvm_initsend(PvmDataRaw));
        NEED(pvm_send(parent, DONE));
    }
}

static void multicast(int *others, int count, int most) {
    for (int bytes = 8; bytes <= most; bytes = bytes == 8 ? 8192 : bytes * 128) {
        double figures[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            double start = now();
            NEED(pvm_initsend(PvmDataRaw));
            NEED(pvm_pkbyte(data, bytes, 1));
            NEED(pvm_mcast(others, count, GO));
            for (int i = 0; i < count; i++) NEED(pvm_recv(-1, DONE));
            figures[round] = now() - start;
        }
        printf("mcast %d %d %.3f ms\n", count, bytes, 1e3 * median(figures, ROUNDS));
    }
    NEED(pvm_initsend(PvmDataRaw));
    NEED(pvm_mcast(others, count, OVER));
}

static void together(int count, const char *kind, int speaks) {
    double barriers[ROUNDS], reduces[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double start = now(), sums[8] = {1};
        NEED(pvm_barrier(group, count + 1));
        barriers[round] = now() - start;
        start = now();
        NEED(pvm_reduce(PvmSum, sums, 8, PVM_DOUBLE, 5, group, 0));
        reduces[round] = now() - start;
    }
    NEED(pvm_barrier(group, count + 1));
    if (!speaks) return;
    printf("barrier %s %d %.3f ms\n", kind, count, 1e3 * median(barriers, ROUNDS));
    printf("reduce %s %d %.3f ms\n", kind, count, 1e3 * median(reduces, ROUNDS));
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 4, parent = pvm_parent();
    const char *only = argc > 2 ? argv[2] : "";
    int *others = calloc((size_t)(count > 0 ? count : 1), sizeof *others);
    if (parent < 0) {
        /* Instance 0 is the root of the reduce: it joins before there are others. */
        NEED(pvm_joingroup(group));
        if (pvm_spawn("bench-collect", argv + 1, PvmTaskDefault, "", count, others) != count) {
            fprintf(stderr, "can not start %d\n", count);
            pvm_halt();
            return 1;
        }
        multicast(others, count, strcmp(only, "group") == 0 ? 0 : BYTES_MAX);
    } else {
        answer(parent);
        if (strcmp(only, "mcast") != 0) NEED(pvm_joingroup(group));
    }
    if (strcmp(only, "mcast") == 0) {
        pvm_exit();
        return 0;
    }
    NEED(pvm_barrier(group, count + 1));
    together(count, "dynamic", parent < 0);
    NEED(pvm_freezegroup(group, count + 1));
    together(count, "static", parent < 0);
    pvm_exit();
    return 0;
}
