/* Hosts: what is known of them, adding and deleting, hearing of both. */

#include "driver.h"

static void known(int me) {
    struct pvmhostinfo *hosts;
    int count, formats;
    printf("== config\n");
    CALL(pvm_config(&count, &formats, &hosts));
    NOTE("%d hosts, %d formats", count, formats);
    for (int i = 0; i < count; i++)
        NOTE("0x%x %s %s %d", hosts[i].hi_tid, hosts[i].hi_name, hosts[i].hi_arch,
             hosts[i].hi_speed);
    CALL(pvm_config(NULL, NULL, NULL));
    CALL(pvm_config(&count, NULL, NULL));
    CALL(pvm_mstat("local1"));
    CALL(pvm_mstat("local4"));
    CALL(pvm_mstat("no-such-host"));
    CALL(pvm_mstat(""));
    CALL(pvm_tidtohost(me) == 0x40000);
    CALL(pvm_tidtohost(0));
    CALL(pvm_tidtohost(-1));
    CALL(pvm_tidtohost(0x40fff) == 0x40000);
    CALL(pvm_archcode("LINUX64") >= 0);
    CALL(pvm_archcode("NOSUCH"));
    printf("%s\n", pvm_version());
}

static void clocks(void) {
    struct timeval there, difference;
    printf("== hostsync\n");
    CALL(pvm_hostsync(0x80000, &there, &difference));
    NOTE("within ten seconds %d", difference.tv_sec > -10 && difference.tv_sec < 10);
    CALL(pvm_hostsync(0x80000, NULL, NULL));
    CALL(pvm_hostsync(0x7fff1, &there, &difference));
    CALL(pvm_hostsync(0, &there, &difference));
    CALL(pvm_hostsync(-2, &there, &difference));
}

static void none(void) {
    char *names[] = {"no-such-host", "nor-this-one"};
    char *there[] = {"local2"}, *bad[] = {""};
    int infos[2] = {0};
    printf("== hosts that are not\n");
    CALL(pvm_addhosts(names, 2, infos));
    NOTE("%s %s", error_name(infos[0]), error_name(infos[1]));
    CALL(pvm_addhosts(there, 1, infos));
    NOTE("%s", error_name(infos[0]));
    CALL(pvm_addhosts(bad, 1, infos));
    NOTE("%s", error_name(infos[0]));
    CALL(pvm_addhosts(names, 0, infos));
    CALL(pvm_addhosts(names, -1, infos));
    CALL(pvm_delhosts(names, 2, infos));
    NOTE("%s %s", error_name(infos[0]), error_name(infos[1]));
    CALL(pvm_delhosts(names, 0, infos));
    CALL(pvm_delhosts(names, -1, infos));
}

static void gone_and_back(void) {
    char *last[] = {"local4"}, *twice[] = {"local4", "local4"}, *again[] = {"local4 id=44"};
    int infos[2] = {0}, child, host = 0, added = 0, watched;
    char *words[] = {"wait", NULL};
    printf("== a host is deleted\n");
    CALL(pvm_spawn("driver-child", words, PvmTaskHost, "local4", 1, &child));
    watched = pvm_tidtohost(child);
    CALL(pvm_notify(PvmHostDelete, 70, 1, &watched));
    CALL(pvm_notify(PvmTaskExit, 71, 1, &child));
    CALL(pvm_notify(PvmHostAdd, 72, -1, NULL));
    CALL(pvm_delhosts(last, 1, infos));
    CALL(infos[0]);
    BUFFER(receive(-1, 70));
    CALL(pvm_upkint(&host, 1, 1));
    NOTE("that host %d", host == watched);
    BUFFER(receive(-1, 71));
    CALL(pvm_upkint(&host, 1, 1));
    NOTE("that child %d", host == child);
    CALL(pvm_mstat("local4"));
    CALL(pvm_pstat(child));
    CALL(pvm_delhosts(last, 1, infos));
    CALL(infos[0]);
    CALL(pvm_notify(PvmHostDelete, 73, 1, &watched));
    BUFFER(receive(-1, 73));
    printf("== and comes back\n");
    CALL(pvm_addhosts(again, 1, infos));
    CALL(infos[0] > 0);
    CALL(infos[0] == watched);
    BUFFER(receive(-1, 72));
    CALL(pvm_upkint(&added, 1, 1));
    NOTE("added %d", added);
    CALL(pvm_upkint(&host, 1, 1));
    NOTE("that host %d", host == infos[0]);
    CALL(pvm_mstat("local4"));
    CALL(pvm_notify(PvmHostAdd, 72, 0, NULL));
    CALL(pvm_notify(PvmHostAdd | PvmNotifyCancel, 72, 0, NULL));
    CALL(pvm_delhosts(twice, 2, infos));
    NOTE("%d %d", infos[0], infos[1]);
}

int main(void) {
    int me = begin();
    char *words[] = {"-nlocal1", NULL};
    known(me);
    clocks();
    none();
    gone_and_back();
    printf("== a daemon that is there already\n");
    CALL(pvm_start_pvmd(1, words, 1));
    CALL(pvm_exit());
    return 0;
}
