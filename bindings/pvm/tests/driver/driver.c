/* Calls every function of libpvm3 and libgpvm3 that one task alone can call, with good and bad
 * arguments. It runs twice: on the real PVM, where what it prints was recorded (recorded.txt), and
 * over our library within tests/conformance.rs, which compares line by line. To record:
 *
 *   cc -w -I ../../include *.c -DRECORD -lgpvm3 -lpvm3 -o driver && ./driver > recorded.txt
 *
 * in a vm of PVM 3.4.6 of one host, with pvmgs in its search path. */

#include <sys/stat.h>

#include "driver.h"

int spoke(void)
{
	static off_t before;
	struct stat now;
	int more;

	fflush(stderr);
	if (fstat(2, &now) != 0)
		return 0;
	more = now.st_size > before;
	before = now.st_size;
	return more;
}

int length(int id)
{
	int bytes = -99;
	int info = pvm_bufinfo(id, &bytes, NULL, NULL);

	return info < 0 ? info : bytes;
}

int round_trip(int tag)
{
	pvm_send(pvm_mytid(), tag);
	return pvm_recv(pvm_mytid(), tag);
}

void posse_pvm_drive(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	buffers();
	messages();
	settings();
	world();
	groups();
	P(pvm_exit());
	P(pvm_exit());
}

#ifdef RECORD
int main(void)
{
	char name[] = "/tmp/driverXXXXXX";

	dup2(mkstemp(name), 2);
	unlink(name);
	posse_pvm_drive();
	return 0;
}
#endif
