/* Values for people. */
#include "calc.h"
#include <stdio.h>

void print(long value)
{
    printf("%ld\n", value);
}
