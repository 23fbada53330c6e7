/* What a child writes comes as messages to the process that PvmOutputTid names, as consoles do it:
 * id, length and bytes; a length below 0 says that one has begun, 0 that one has ended. */

#include "driver.h"

#define CODE 33

/* Listens until `count` processes have ended. */
static void listen_to(int count) {
    char said[4096] = "", piece[1024];
    int id, length, begun = 0, ended = 0, size = 0;
    while (ended < count && receive(-1, CODE) > 0) {
        if (pvm_upkint(&id, 1, 1) < 0 || pvm_upkint(&length, 1, 1) < 0) break;
        if (length > 0 && length < (int)sizeof piece && size + length < (int)sizeof said) {
            pvm_upkbyte(piece, length, 1);
            memcpy(said + size, piece, (size_t)length);
            size += length;
        }
        begun += length < 0;
        ended += length == 0;
    }
    said[size] = 0;
    NOTE("begun %d, ended %d, said <%s>", begun, ended, said);
}

int main(void) {
    int me = begin(), child;
    char *open_end[] = {"say-open", NULL}, *silent[] = {"nothing", NULL};
    CALL(pvm_setopt(PvmOutputTid, me));
    CALL(pvm_setopt(PvmOutputCode, CODE));
    CALL(pvm_getopt(PvmOutputTid) == me);
    CALL(pvm_spawn("driver-child", open_end, PvmTaskDefault, "", 1, &child));
    listen_to(1);
    CALL(pvm_spawn("driver-child", silent, PvmTaskHost, "local2", 1, &child));
    listen_to(1);
    printf("== in a context of its own\n");
    int context = pvm_newcontext();
    CALL(pvm_setopt(PvmOutputContext, context));
    CALL(pvm_spawn("driver-child", open_end, PvmTaskDefault, "", 1, &child));
    CALL(pvm_setcontext(context));
    listen_to(1);
    CALL(pvm_setcontext(0) == context);
    CALL(pvm_nrecv(-1, CODE));
    CALL(pvm_exit());
    return 0;
}
