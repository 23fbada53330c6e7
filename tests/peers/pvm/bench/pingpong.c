/* One-way latency by size between two processes: half the median round trip.
 * `bench-pingpong HOST [ROUTE [CORE CORE [MODE BYTES]]]`: the other process is spawned on HOST (`.`
 * for the same); ROUTE is `default` or `direct`; each of the two keeps to its core; MODE and BYTES
 * are one figure alone. Prints `pingpong MODE ROUTE BYTES US us` for default (XDR), raw, inplace
 * and psend. */

#include "bench.h"

#define TAG 3
#define BYTES_MAX (1 << 20)
/* Round trips of a figure: many where they are short, so that each size takes about as long. */
#define TRIPS_MAX 500
#define BYTES_A_SIZE (32 << 20)

static const int sizes[] = {8, 1024, 4096, 65536, BYTES_MAX};
static const char *const names[] = {"default", "raw", "inplace", "psend"};
static const int encodings[] = {PvmDataDefault, PvmDataRaw, PvmDataInPlace, -1};
static double data[BYTES_MAX / sizeof(double)];

static int trips(int bytes) {
    int count = BYTES_A_SIZE / bytes;
    return count > TRIPS_MAX ? TRIPS_MAX : count < 10 ? 10 : count;
}

static void send_to(int other, int mode, int bytes) {
    if (encodings[mode] < 0) {
        NEED(pvm_psend(other, TAG, data, bytes, PVM_BYTE));
        return;
    }
    NEED(pvm_initsend(encodings[mode]));
    NEED(pvm_pkdouble(data, bytes / (int)sizeof *data, 1));
    NEED(pvm_send(other, TAG));
}

static void receive_from(int other, int mode, int bytes) {
    if (encodings[mode] < 0) {
        NEED(pvm_precv(other, TAG, data, bytes, PVM_BYTE, NULL, NULL, NULL));
        return;
    }
    NEED(pvm_recv(other, TAG));
    NEED(pvm_upkdouble(data, bytes / (int)sizeof *data, 1));
}

/* All figures, or the wanted one. */
static void measure(int parent, int other, const char *route, const char *only, int only_bytes) {
    for (int mode = 0; mode < 4; mode++)
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            double figures[TRIPS_MAX];
            int bytes = sizes[size], count = trips(bytes);
            if (only != NULL && (strcmp(only, names[mode]) != 0 || only_bytes != bytes)) continue;
            for (int i = -1; i < count; i++) {
                double start = now();
                if (parent < 0) send_to(other, mode, bytes);
                receive_from(other, mode, bytes);
                if (parent >= 0) send_to(other, mode, bytes);
                if (i >= 0) figures[i] = (now() - start) / 2;
            }
            if (parent < 0)
                printf("pingpong %s %s %d %.2f us\n", names[mode], route, bytes,
                       1e6 * median(figures, count));
        }
}

int main(int argc, char **argv) {
    int parent = pvm_parent(), other = parent;
    char *host = argc > 1 ? argv[1] : ".", *route = argc > 2 ? argv[2] : "default";
    char *alone[] = {".", "default", NULL}, **words = argc > 2 ? argv + 1 : alone;
    alone[0] = host;
    if (argc > 4) pin(atoi(argv[parent < 0 ? 3 : 4]));
    if (strcmp(route, "direct") == 0) pvm_setopt(PvmRoute, PvmRouteDirect);
    if (parent < 0 && pvm_spawn("bench-pingpong", words, PvmTaskHost, host, 1, &other) != 1) {
        fprintf(stderr, "can not start the other one: %d\n", other);
        pvm_exit();
        return 1;
    }
    measure(parent, other, route, argc > 6 ? argv[5] : NULL, argc > 6 ? atoi(argv[6]) : 0);
    pvm_exit();
    return 0;
}
