/* A library that is wrong in one thing: pvm_recv takes the first message whatever its tag is.
 * Preloaded before a program, it must make rows of the table fail. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

int pvm_recv(int from, int tag) {
    static int (*right)(int, int);
    (void)tag;
    if (right == NULL) right = (int (*)(int, int))dlsym(RTLD_NEXT, "pvm_recv");
    return right(from, -1);
}
