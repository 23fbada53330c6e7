/* What the measuring programs share: a clock, and figures of which the median is printed.
 * One figure a line: WHAT, its parameters, value, unit. Read by the benchmark, not by tests. */

#ifndef BENCH_H
#define BENCH_H

#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pvm3.h>

/* Seconds since some moment. */
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

/* Keeps this process on one core. */
static void pin(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0) perror("sched_setaffinity");
}

/* Ends the program with the reason where a call failed. */
static int need(const char *what, int result) {
    if (result >= 0) return result;
    fprintf(stderr, "%s: %d\n", what, result);
    pvm_exit();
    exit(1);
}
#define NEED(call) need(#call, (call))

#endif
