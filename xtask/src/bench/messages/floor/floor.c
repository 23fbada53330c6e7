/* What the machine itself needs for what messages do, written by hand: no library, no checks.
 *
 *   floor pingpong BYTES CORE CORE   two processes and shared memory: a word each, and from 4 KiB
 *                                    on a copy into it and a copy out of it
 *   floor barrier COUNT              COUNT processes and a counter, with sched_yield between looks
 *   floor spawn COUNT                posix_spawn of /bin/true, all at once, all awaited
 *
 * One figure a line, as `tests/peers/pvm/bench` prints them. Compiled and called by
 * `cargo xtask bench messages`; nothing else uses it. */

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX (1 << 20)
#define BATCHES 201
/* Figures of a batch: shorter than a time slice, so that most batches are undisturbed. */
#define SMALL_TURNS 50
/* Below this a message is the word itself. */
#define COPIED_MIN 4096

static struct shared {
    _Alignas(256) _Atomic unsigned long there;
    _Alignas(256) _Atomic unsigned long back;
    _Alignas(256) _Atomic unsigned long arrived;
    _Alignas(256) char there_data[BYTES_MAX];
    _Alignas(256) char back_data[BYTES_MAX];
} *shared;

static char own[BYTES_MAX];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int smaller(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *figures, int count) {
    qsort(figures, (size_t)count, sizeof *figures, smaller);
    return figures[count / 2];
}

static void pin(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0) {
        perror("sched_setaffinity");
        exit(1);
    }
}

/* Two on one core give it to each other; on two they look all the time. */
static void until(_Atomic unsigned long *word, unsigned long value, int yields) {
    while (atomic_load_explicit(word, memory_order_acquire) != value)
        if (yields) sched_yield();
#if defined(__x86_64__)
        else __builtin_ia32_pause();
#endif
}

static void say(_Atomic unsigned long *word, char *data, unsigned long value, size_t bytes) {
    if (bytes >= COPIED_MIN) memcpy(data, own, bytes);
    atomic_store_explicit(word, value, memory_order_release);
}

static void hear(_Atomic unsigned long *word, char *data, unsigned long value, size_t bytes,
                 int yields) {
    until(word, value, yields);
    if (bytes >= COPIED_MIN) memcpy(own, data, bytes);
}

static int pingpong(size_t bytes, int core, int other) {
    int yields = core == other, turns = bytes >= COPIED_MIN ? 1 : SMALL_TURNS;
    unsigned long last = (unsigned long)turns * BATCHES;
    if (bytes > BYTES_MAX) return 2;
    memset(own, 7, sizeof own);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(other);
        for (unsigned long turn = 1; turn <= last; turn++) {
            hear(&shared->there, shared->there_data, turn, bytes, yields);
            say(&shared->back, shared->back_data, turn, bytes);
        }
        _exit(0);
    }
    pin(core);
    double figures[BATCHES];
    unsigned long turn = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = now();
        for (int i = 0; i < turns; i++) {
            say(&shared->there, shared->there_data, ++turn, bytes);
            hear(&shared->back, shared->back_data, turn, bytes, yields);
        }
        figures[batch] = (now() - start) / (2 * turns);
    }
    wait(NULL);
    printf("pingpong %zu %.4f us\n", bytes, 1e6 * median(figures, BATCHES));
    return 0;
}

/* Everybody adds one and waits for all of this turn. */
static void meet(unsigned long turn, int count) {
    atomic_fetch_add(&shared->arrived, 1);
    while (atomic_load(&shared->arrived) < turn * (unsigned long)count) sched_yield();
}

static int barrier(int count) {
    double figures[BATCHES];
    for (int i = 1; i < count; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (unsigned long turn = 1; turn <= BATCHES * SMALL_TURNS; turn++) meet(turn, count);
            _exit(0);
        }
    unsigned long turn = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = now();
        for (int i = 0; i < SMALL_TURNS; i++) meet(++turn, count);
        figures[batch] = (now() - start) / SMALL_TURNS;
    }
    while (wait(NULL) > 0) {}
    printf("barrier %d %.3f us\n", count, 1e6 * median(figures, BATCHES));
    return 0;
}

static int spawn(int count) {
    char *words[] = {"true", NULL}, *none[] = {NULL};
    double start = now();
    for (int i = 0; i < count; i++) {
        pid_t child;
        if (posix_spawn(&child, "/bin/true", NULL, NULL, words, none) != 0) return 1;
    }
    int ended = 0, status;
    while (wait(&status) > 0) ended += status == 0;
    if (ended != count) return 1;
    printf("spawn %d %.1f /s\n", count, count / (now() - start));
    return 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[1] : "";
    int flags = MAP_SHARED | MAP_ANONYMOUS;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (shared == MAP_FAILED) return 1;
    if (strcmp(what, "pingpong") == 0 && argc == 5)
        return pingpong((size_t)atol(argv[2]), atoi(argv[3]), atoi(argv[4]));
    if (strcmp(what, "barrier") == 0) return barrier(atoi(argv[2]));
    if (strcmp(what, "spawn") == 0) return spawn(atoi(argv[2]));
    fprintf(stderr, "floor pingpong BYTES CORE CORE | barrier COUNT | spawn COUNT\n");
    return 2;
}
