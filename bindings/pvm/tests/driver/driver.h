/* What the parts of the driver share: each call is printed with what it returned, and with a mark
 * where the library wrote to standard error. See driver.c. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pvm3.h"

extern int pvm_errno;

/* Is there more on standard error than at the last call? */
int spoke(void);

/* A number. */
#define P(call)                                                                                    \
	do {                                                                                       \
		int result_ = (call);                                                              \
		const char *mark_ = spoke() ? " !" : "";                                           \
		printf("%s = %d%s\n", #call, result_, mark_);                                      \
	} while (0)

/* An identifier, of which only the sign is the same everywhere. */
#define B(call)                                                                                    \
	do {                                                                                       \
		int result_ = (call);                                                              \
		const char *mark_ = spoke() ? " !" : "";                                           \
		if (result_ > 0)                                                                   \
			printf("%s = +%s\n", #call, mark_);                                        \
		else                                                                               \
			printf("%s = %d%s\n", #call, result_, mark_);                              \
	} while (0)

/* A text. */
#define S(text) printf("%s = [%s]\n", #text, text)

/* Length of a buffer. */
int length(int id);
/* Send the send buffer to oneself under a tag, and receive it. */
int round_trip(int tag);

void buffers(void);
void messages(void);
void settings(void);
void world(void);
void groups(void);
