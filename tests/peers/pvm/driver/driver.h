/* What every driver uses: a call, its result and the data it gave, one line each.
 * Drivers print to one unbuffered stream, so that the library's own complaints stand where they
 * came. Buffers and ids are printed by kind: their numbers are nobody's business. */

#ifndef DRIVER_H
#define DRIVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <pvm3.h>

/* The call as it is written, and its result or the error's name. */
#define CALL(call) said(#call, (call))
/* The same where a result above 0 is a buffer, or an id. */
#define BUFFER(call) said_buffer(#call, (call))
#define ID(call) said_id(#call, (call))
#define NOTE(...) (printf("    " __VA_ARGS__), putchar('\n'))

static const char *error_name(int code) {
    static const struct { int code; const char *name; } known[] = {
        {PvmBadParam, "BadParam"}, {PvmMismatch, "Mismatch"}, {PvmOverflow, "Overflow"},
        {PvmNoData, "NoData"}, {PvmNoHost, "NoHost"}, {PvmNoFile, "NoFile"},
        {PvmDenied, "Denied"}, {PvmNoMem, "NoMem"}, {PvmBadMsg, "BadMsg"},
        {PvmSysErr, "SysErr"}, {PvmNoBuf, "NoBuf"}, {PvmNoSuchBuf, "NoSuchBuf"},
        {PvmNullGroup, "NullGroup"}, {PvmDupGroup, "DupGroup"}, {PvmNoGroup, "NoGroup"},
        {PvmNotInGroup, "NotInGroup"}, {PvmNoInst, "NoInst"}, {PvmHostFail, "HostFail"},
        {PvmNoParent, "NoParent"}, {PvmNotImpl, "NotImpl"}, {PvmDSysErr, "DSysErr"},
        {PvmBadVersion, "BadVersion"}, {PvmOutOfRes, "OutOfRes"}, {PvmDupHost, "DupHost"},
        {PvmCantStart, "CantStart"}, {PvmAlready, "Already"}, {PvmNoTask, "NoTask"},
        {PvmNotFound, "NotFound"}, {PvmExists, "Exists"}, {PvmHostrNMstr, "HostrNMstr"},
        {PvmParentNotSet, "ParentNotSet"}, {PvmIPLoopback, "IPLoopback"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) return known[i].name;
    return "no error of PVM";
}

static int said(const char *call, int result) {
    if (result < 0) printf("%s = %d %s\n", call, result, error_name(result));
    else printf("%s = %d\n", call, result);
    return result;
}

static int said_buffer(const char *call, int result) {
    if (result <= 0) return said(call, result);
    printf("%s = buffer\n", call);
    return result;
}

static int said_id(const char *call, int result) {
    if (result <= 0) return said(call, result);
    printf("%s = t%x\n", call, result);
    return result;
}

/* One stream for all, and into PVM. Returns the own id. */
static int begin(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    dup2(1, 2);
    return pvm_mytid();
}

/* Receives with a deadline that only a loss can pass. */
static int receive(int from, int tag) {
    struct timeval patience = {15, 0};
    int buffer = pvm_trecv(from, tag, &patience);
    if (buffer == 0) printf("    nothing came from t%x with tag %d\n", from, tag);
    return buffer;
}

#endif
