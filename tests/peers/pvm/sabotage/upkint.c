/* A library that is wrong in one thing: every number that pvm_upkint gives is one too large.
 * Preloaded before a program, it must make rows of the table fail. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

int pvm_upkint(int *to, int count, int stride) {
    static int (*right)(int *, int, int);
    if (right == NULL) right = (int (*)(int *, int, int))dlsym(RTLD_NEXT, "pvm_upkint");
    int result = right(to, count, stride);
    for (int i = 0; result >= 0 && i < count; i++) to[i * stride]++;
    return result;
}
