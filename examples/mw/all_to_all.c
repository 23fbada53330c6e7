/* All to all by `posse mw`: each process prints its port, reads everybody's, connects to all.
 *
 *     cc -o all_to_all examples/mw/all_to_all.c
 *     posse mw ./all_to_all
 *
 * Its stdout is the stdin of all, so what it says to people goes to stderr. Hosts are those of one
 * computer here (loopback addresses); across computers, print a name that the others can reach. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 4096 };

static int number(const char *name) {
    const char *text = getenv(name);
    if (!text) {
        fprintf(stderr, "no %s: run me by `posse mw`\n", name);
        exit(2);
    }
    return atoi(text);
}

static void check(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int met(int *marks, int rank, int size) {
    if (rank < 0 || rank >= size || marks[rank])
        return 0;
    marks[rank] = 1;
    return 1;
}

int main(void) {
    int rank = number("POSSE_RANK"), size = number("POSSE_SIZE");
    static int ports[MOST], known[MOST], heard[MOST], out[MOST];
    if (size > MOST)
        return 2;

    /* A queue as long as there are processes: all may connect before any is accepted. */
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof own;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    check(bind(server, (struct sockaddr *)&own, sizeof own), "bind");
    check(listen(server, size), "listen");
    check(getsockname(server, (struct sockaddr *)&own, &length), "getsockname");
    printf("%d %d\n", rank, ntohs(own.sin_port));
    /* Nothing more to say: when everybody has closed their stdout, stdin ends. */
    fclose(stdout);

    int peer, port, count = 0;
    while (scanf("%d %d", &peer, &port) == 2)
        if (met(known, peer, size)) {
            ports[peer] = port;
            count++;
        }
    if (count != size) {
        fprintf(stderr, "rank %d: heard of %d of %d\n", rank, count, size);
        return 1;
    }
    for (peer = 0; peer < size; peer++) {
        own.sin_port = htons(ports[peer]);
        out[peer] = socket(AF_INET, SOCK_STREAM, 0);
        check(connect(out[peer], (struct sockaddr *)&own, sizeof own), "connect");
        check(write(out[peer], &rank, sizeof rank), "write");
    }
    for (count = 0; count < size; count++) {
        int connection = accept(server, NULL, NULL);
        check(connection, "accept");
        if (recv(connection, &peer, sizeof peer, MSG_WAITALL) != sizeof peer ||
            !met(heard, peer, size)) {
            fprintf(stderr, "rank %d: a stranger connected\n", rank);
            return 1;
        }
        close(connection);
    }
    fprintf(stderr, "rank %d met all %d\n", rank, size);
    return 0;
}
