/* How many processes can be started and heard to end a second: `bench-spawnrate N [BATCH]`.
 * Prints `spawn /bin/true BATCH RATE /s`. */

#include "bench.h"

#define TAG 4
#define BATCH_MAX 4096

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 256, batch = argc > 2 ? atoi(argv[2]) : 16;
    static int children[BATCH_MAX];
    if (batch < 1 || batch > BATCH_MAX) return 2;
    NEED(pvm_mytid());
    double start = now();
    int done = 0;
    while (done < count) {
        int started = NEED(pvm_spawn("/bin/true", NULL, PvmTaskDefault, "", batch, children));
        if (started < batch) {
            fprintf(stderr, "%d of %d started\n", started, batch);
            break;
        }
        NEED(pvm_notify(PvmTaskExit, TAG, started, children));
        for (int i = 0; i < started; i++) NEED(pvm_recv(-1, TAG));
        done += started;
    }
    printf("spawn /bin/true %d %.1f /s\n", batch, done / (now() - start));
    pvm_exit();
    return 0;
}
