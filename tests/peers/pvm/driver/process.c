/* Processes: starting, knowing, signalling, ending them, and hearing of their end. */

#include "driver.h"

#include <signal.h>

static char *words(const char *one) {
    static char *list[2];
    list[0] = (char *)one;
    list[1] = NULL;
    return (char *)list;
}
#define WORDS(one) ((char **)words(one))

static void started(int me) {
    int children[4], got[4], *all;
    printf("== spawn\n");
    CALL(pvm_parent());
    CALL(pvm_siblings(&all));
    CALL(pvm_spawn("driver-child", WORDS("report"), PvmTaskDefault, "", 2, children));
    for (int i = 0; i < 2; i++) {
        receive(children[i], 5);
        CALL(pvm_unpackf("%d %d %d %d", got, got + 1, got + 2, got + 3));
        NOTE("its id %d its parent is me %d context %d siblings %d", got[0] == children[i],
             got[1] == me, got[2], got[3]);
    }
    CALL(pvm_spawn("driver-child", WORDS("report"), PvmTaskHost, "local2", 1, children));
    receive(children[0], 5);
    CALL(pvm_tidtohost(children[0]) == 0x80000);
    CALL(pvm_spawn("driver-child", WORDS("report"), PvmTaskHost, ".", 1, children));
    receive(children[0], 5);
    CALL(pvm_tidtohost(children[0]) == pvm_tidtohost(me));
    CALL(pvm_spawn("driver-child", WORDS("report"), PvmTaskArch, "LINUX64", 1, children));
    receive(children[0], 5);
    CALL(pvm_spawn("driver-child", WORDS("report"), PvmTaskHost | PvmHostCompl, "local1", 3,
                   children));
    for (int i = 0; i < 3; i++) {
        receive(children[i], 5);
        NOTE("here %d", pvm_tidtohost(children[i]) == pvm_tidtohost(me));
    }
    /* A child that is not ours has no parent to report to: it waits. */
    CALL(pvm_spawn("driver-child", WORDS("wait"), PvmNoSpawnParent, "", 1, children));
    CALL(pvm_kill(children[0]));
}

static void not_started(void) {
    int none[4] = {0};
    printf("== spawn of what can not be\n");
    CALL(pvm_spawn("no-such-program", NULL, PvmTaskDefault, "", 2, none));
    NOTE("%s %s", error_name(none[0]), error_name(none[1]));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskHost, "no-such-host", 1, none));
    NOTE("%s", error_name(none[0]));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskArch, "NOSUCH", 1, none));
    NOTE("%s", error_name(none[0]));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskHost, "local2:/no/such/directory", 1, none));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskDefault, "", 0, none));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskDefault, "", -1, none));
    CALL(pvm_spawn("", NULL, PvmTaskDefault, "", 1, none));
    CALL(pvm_spawn("driver-child", NULL, PvmTaskHost, NULL, 1, none));
    CALL(pvm_spawn("/no/such/path", NULL, PvmTaskDefault, "", 1, none));
    NOTE("%s", error_name(none[0]));
}

static void known(int me) {
    struct pvmtaskinfo *tasks;
    int count, child, found = 0;
    printf("== tasks and pstat\n");
    CALL(pvm_spawn("driver-child", WORDS("wait"), PvmTaskHost, "local3", 1, &child));
    CALL(pvm_pstat(me));
    CALL(pvm_pstat(child));
    CALL(pvm_pstat(0x40fff));
    CALL(pvm_pstat(0));
    CALL(pvm_pstat(-3));
    CALL(pvm_pstat(0x7fff1));
    CALL(pvm_tasks(0, &count, &tasks));
    for (int i = 0; i < count; i++)
        if (tasks[i].ti_tid == child) {
            found = 1;
            NOTE("parent is me %d host 0x%x name <%s> has a pid %d", tasks[i].ti_ptid == me,
                 tasks[i].ti_host, tasks[i].ti_a_out, tasks[i].ti_pid > 0);
        }
    NOTE("found %d", found);
    CALL(pvm_tasks(child, &count, &tasks));
    NOTE("%d", count);
    CALL(pvm_tasks(pvm_tidtohost(child), &count, &tasks));
    NOTE("some %d", count > 0);
    CALL(pvm_tasks(0x40fff, &count, &tasks));
    NOTE("%d", count);
    CALL(pvm_tasks(0x7fff1, &count, &tasks));
    CALL(pvm_tasks(-1, &count, &tasks));
    CALL(pvm_kill(child));
}

static void told(int child, int tag) {
    int who = 0;
    BUFFER(receive(-1, tag));
    CALL(pvm_upkint(&who, 1, 1));
    NOTE("the child %d", who == child);
}

static void ends(void) {
    int child, gone, both[2];
    printf("== notify of an end\n");
    CALL(pvm_spawn("driver-child", WORDS("wait"), PvmTaskDefault, "", 1, &child));
    CALL(pvm_notify(PvmTaskExit, 60, 1, &child));
    CALL(pvm_nrecv(-1, 60));
    CALL(pvm_kill(child));
    told(child, 60);
    CALL(pvm_pstat(child));
    /* Of one that is gone already: at once. */
    gone = child;
    CALL(pvm_notify(PvmTaskExit, 61, 1, &gone));
    told(gone, 61);
    CALL(pvm_kill(gone));
    CALL(pvm_sendsig(gone, SIGTERM));
    CALL(pvm_spawn("driver-child", WORDS("wait"), PvmTaskHost, "local2", 1, &child));
    CALL(pvm_notify(PvmTaskExit, 62, 1, &child));
    CALL(pvm_sendsig(child, SIGKILL));
    told(child, 62);
    printf("== cancelled\n");
    CALL(pvm_spawn("driver-child", WORDS("wait"), PvmTaskDefault, "", 2, both));
    CALL(pvm_notify(PvmTaskExit, 63, 2, both));
    CALL(pvm_notify(PvmTaskExit | PvmNotifyCancel, 63, 1, both));
    told(both[0], 63);
    CALL(pvm_kill(both[0]));
    CALL(pvm_kill(both[1]));
    told(both[1], 63);
    CALL(pvm_nrecv(-1, 63));
    printf("== notify of what can not be\n");
    CALL(pvm_notify(PvmTaskExit, 64, 0, both));
    CALL(pvm_notify(PvmTaskExit, 64, -1, both));
    CALL(pvm_notify(PvmTaskExit, -64, 1, both));
    CALL(pvm_notify(99, 64, 1, both));
    /* pvm_notify of ids at NULL ends the program with SIGSEGV: left out. */
    both[0] = 0;
    CALL(pvm_notify(PvmTaskExit, 64, 1, both));
    CALL(pvm_kill(0));
    CALL(pvm_kill(-1));
    CALL(pvm_sendsig(0, SIGTERM));
    CALL(pvm_sendsig(-1, SIGTERM));
    CALL(pvm_sendsig(0x7fff1, SIGTERM));
}

/* What children said, which is all there only after one's own exit. */
static void output(void) {
    int child;
    char line[64];
    FILE *to = tmpfile();
    printf("== catchout to a file\n");
    CALL(pvm_catchout(to));
    CALL(pvm_spawn("driver-child", WORDS("say-open"), PvmTaskDefault, "", 1, &child));
    CALL(pvm_exit());
    rewind(to);
    while (fgets(line, sizeof line, to)) printf("    %s", line);
    printf("== catchout to stdout, without ids\n");
    CALL(pvm_mytid() > 0);
    CALL(pvm_catchout(stdout));
    CALL(pvm_setopt(PvmShowTids, 0));
    CALL(pvm_spawn("driver-child", WORDS("say-open"), PvmTaskDefault, "", 1, &child));
    CALL(pvm_exit());
    CALL(pvm_mytid() > 0);
    CALL(pvm_catchout(NULL));
}

static void variables(void) {
    int child;
    char text[64];
    printf("== export\n");
    setenv("DRIVER_VARIABLE", "exported", 1);
    for (int i = 0; i < 3; i++) {
        if (i == 1) CALL(pvm_export("DRIVER_VARIABLE"));
        if (i == 2) CALL(pvm_unexport("DRIVER_VARIABLE"));
        CALL(pvm_spawn("driver-child", WORDS("variable"), PvmTaskDefault, "", 1, &child));
        receive(child, 5);
        CALL(pvm_upkstr(text));
        NOTE("<%s>", text);
    }
    CALL(pvm_export("NO_SUCH_VARIABLE"));
    CALL(pvm_export("DRIVER_VARIABLE"));
    CALL(pvm_export("DRIVER_VARIABLE"));
    CALL(pvm_unexport("NO_SUCH_VARIABLE"));
    NOTE("PVM_EXPORT <%s>", getenv("PVM_EXPORT") ? getenv("PVM_EXPORT") : "");
}

int main(void) {
    int me = begin();
    started(me);
    not_started();
    known(me);
    ends();
    output();
    variables();
    CALL(pvm_exit());
    CALL(pvm_exit());
    /* Enrolled anew by the next call, under another id. */
    CALL(pvm_mytid() > 0);
    /* It ends here, by SIGTERM. */
    CALL(pvm_kill(pvm_mytid()));
    CALL(pvm_recv(-1, -1));
    return 0;
}
