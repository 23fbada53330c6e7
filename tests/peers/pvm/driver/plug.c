/* The places where a program takes a part of the machine over: starter of daemons, starter of
 * tasks, resource manager, tracer. Its argument is which; `spawn`, `end`, `add` and `ask` are what
 * another process does meanwhile. What a message holds is in the man pages of pvm_reg_*. */

#include "driver.h"

#include <sys/wait.h>

/* Tags of the system's own messages, of pvmproto.h. */
#define SM_FIRST ((int)0x80040001)
#define SM_CONFIG (SM_FIRST + 4)
#define SM_TASKX (SM_FIRST + 10)
#define SM_STHOST (SM_FIRST + 14)
#define SM_STHOSTACK (SM_FIRST + 15)
#define SM_STTASK (SM_FIRST + 16)

#define PATIENCE_SECONDS 15

/* Waits for a message of the system. */
static int asked(const char *name, int tag) {
    struct timeval patience = {PATIENCE_SECONDS, 0};
    int buffer = pvm_trecv(-1, tag, &patience);
    printf("    %s %s\n", name, buffer > 0 ? "came" : "did not come");
    return buffer;
}

static char *text(void) {
    static char pool[64][512];
    static int used;
    char *one = pool[used++ % 64];
    pvm_upkstr(one);
    return one;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Asked to start daemons, it says that it can not. */
static void hoster(void) {
    struct pvmminfo info;
    int count = 0, id = 0, from = 0;
    CALL(pvm_reg_hoster());
    CALL(pvm_setopt(PvmResvTids, 1));
    NOTE("ready");
    int request = asked("SM_STHOST", SM_STHOST);
    pvm_bufinfo(request, NULL, NULL, &from);
    pvm_getminfo(request, &info);
    int wait = info.wid;
    CALL(pvm_upkint(&count, 1, 1));
    NOTE("%d", count);
    pvm_upkint(&id, 1, 1);
    NOTE("options <%s>", text());
    NOTE("login <%s>", text());
    NOTE("a command %d", strstr(text(), "pvmd") != NULL);
    int answer = pvm_initsend(PvmDataDefault);
    pvm_pkint(&id, 1, 1);
    pvm_pkstr("PvmCantStart");
    pvm_getminfo(answer, &info);
    info.wid = wait;
    CALL(pvm_setminfo(answer, &info));
    CALL(pvm_send(from, SM_STHOSTACK));
}

/* Asked to start a task, it does, and says when it has ended. */
static void tasker(void) {
    int id, flags, count, status, from, zero[4] = {0};
    char *path, *arguments[8] = {0};
    CALL(pvm_reg_tasker());
    CALL(pvm_setopt(PvmResvTids, 1));
    NOTE("ready");
    int request = asked("SM_STTASK", SM_STTASK);
    pvm_bufinfo(request, NULL, NULL, &from);
    pvm_upkint(&id, 1, 1);
    CALL(pvm_upkint(&flags, 1, 1));
    NOTE("flags %d", flags);
    path = text();
    NOTE("program %s", last_part(path));
    pvm_upkint(&count, 1, 1);
    NOTE("%d words", count);
    for (int i = 0; i < count && i < 7; i++) NOTE("<%s>", last_part(arguments[i] = text()));
    pvm_upkint(&count, 1, 1);
    NOTE("some environment %d", count > 0);
    /* Only what PVM adds is in the message. */
    for (int i = 0; i < count && i < 48; i++) putenv(text());
    pid_t child = fork();
    if (child == 0) {
        execv(path, arguments);
        _exit(127);
    }
    waitpid(child, &status, 0);
    NOTE("ended by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    pvm_initsend(PvmDataDefault);
    pvm_pkint(&id, 1, 1);
    pvm_pkint(&status, 1, 1);
    pvm_pkint(zero, 4, 1);
    CALL(pvm_send(from, SM_TASKX));
}

/* Gets the hosts, and the questions of who comes later. It does not answer. */
static void manager(void) {
    struct pvmhostinfo *host = NULL;
    CALL(pvm_reg_rm(&host));
    if (host) NOTE("0x%x %s %s", host->hi_tid, host->hi_name, host->hi_arch);
    CALL(pvm_reg_rm(&host) >= 0);
    CALL(pvm_setopt(PvmResvTids, 1));
    NOTE("ready");
    asked("SM_CONFIG", SM_CONFIG);
}

static void tracer(void) {
    CALL(pvm_reg_tracer(0, 666, 0, 667, "", 0, 0));
    CALL(pvm_reg_tracer(0, 666, 0, 667, "", 0, 0));
}

static void start(void) {
    int child, got[4], who = 0;
    char *words[] = {"report", NULL};
    CALL(pvm_spawn("driver-child", words, PvmTaskHost, ".", 1, &child));
    CALL(pvm_notify(PvmTaskExit, 9, 1, &child));
    BUFFER(receive(child, 5));
    CALL(pvm_unpackf("%d %d %d %d", got, got + 1, got + 2, got + 3));
    NOTE("its id %d its parent is me %d", got[0] == child, got[1] == pvm_mytid());
    BUFFER(receive(-1, 9));
    CALL(pvm_upkint(&who, 1, 1));
    NOTE("the child %d", who == child);
}

/* One that a tasker has started is ended as any other. */
static void end(void) {
    int child, who = 0;
    char *words[] = {"echo", NULL};
    CALL(pvm_spawn("driver-child", words, PvmTaskHost, ".", 1, &child));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_send(child, 10));
    BUFFER(receive(child, 11));
    CALL(pvm_notify(PvmTaskExit, 9, 1, &child));
    CALL(pvm_kill(child));
    BUFFER(receive(-1, 9));
    CALL(pvm_upkint(&who, 1, 1));
    NOTE("the child %d", who == child);
}

static void add(void) {
    char *last[] = {"local4"};
    int info = 0, id = 0x100000;
    CALL(pvm_notify(PvmHostDelete, 8, 1, &id));
    CALL(pvm_delhosts(last, 1, &info));
    BUFFER(receive(-1, 8));
    CALL(pvm_addhosts(last, 1, &info));
    NOTE("%s", error_name(info));
}

static void ask(void) {
    int count = 0;
    CALL(pvm_config(&count, NULL, NULL));
    NOTE("%d", count);
}

/* Ends the machine, and with it every process on it, this one by SIGTERM. */
static void halt(void) {
    CALL(pvm_halt());
    NOTE("still here");
}

int main(int argc, char **argv) {
    static const struct { const char *name; void (*act)(void); } all[] = {
        {"hoster", hoster}, {"tasker", tasker}, {"manager", manager}, {"tracer", tracer},
        {"spawn", start}, {"end", end}, {"add", add}, {"ask", ask}, {"halt", halt},
    };
    begin();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (argc < 2 || strcmp(argv[1], all[i].name) != 0) continue;
        printf("== %s\n", all[i].name);
        all[i].act();
    }
    CALL(pvm_exit());
    return 0;
}
