/* What the two files of libfpvm3.a share: strings of the two languages. Not installed. */

#include <stdio.h>

#include "pvm3.h"

typedef void operator(int *, void *, void *, int *, int *);

int pvmsleep(int seconds);

char *posse_fpvm_string(const char *text, int length);
void posse_fpvm_characters(char *to, int room, const char *text);
