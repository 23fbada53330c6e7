/* Memory that is there, or the program ends. */
#include "small.h"
#include <stdlib.h>

void *memory(size_t bytes)
{
    void *found = calloc(1, bytes);

    if (!found)
        die("no memory");
    return found;
}
