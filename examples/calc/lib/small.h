/* What small programs need. */
#ifndef SMALL_H
#define SMALL_H

#include <stddef.h>

_Noreturn void die(const char *why);
void *memory(size_t bytes);

#endif
