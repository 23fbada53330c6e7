/* Numbers as they are written. */
#include "calc.h"
#include "lib/small.h"
#include <stdlib.h>

long read_number(const char **text)
{
    char *end;
    long value = strtol(*text, &end, 10);

    if (end == *text)
        die("a number is missing");
    *text = end;
    return value;
}
