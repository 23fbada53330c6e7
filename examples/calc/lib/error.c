/* The end of a program that can not go on. */
#include "small.h"
#include <stdio.h>
#include <stdlib.h>

_Noreturn void die(const char *why)
{
    fprintf(stderr, "calc: %s\n", why);
    exit(2);
}
