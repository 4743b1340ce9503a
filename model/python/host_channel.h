/* Frames between oncecheck and a run: 32 bits of length, big-endian, then that many bytes of JSON.
 *
 * The other side runs a stranger's code and may send anything: a frame longer than
 * PYTHON_HOST_FRAME_MAX is malformed, and nothing waits without a deadline. Deadlines are in ms of
 * host_now_ms. */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_CHANNEL_H
#define ONCECHECK_MODEL_PYTHON_HOST_CHANNEL_H

#include "model/base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct host_channel {
    int fd; /* a stream socket; -1: closed */
    struct text received;
    size_t frame_end; /* bytes of `received` that host_channel_next has handed out */
    pid_t sender;     /* who sent the first bytes, as the kernel tells; 0: none came yet */
};

enum host_receipt {
    HOST_FRAME,     /* a frame is there */
    HOST_PENDING,   /* not yet */
    HOST_CLOSED,    /* the other side is gone */
    HOST_MALFORMED, /* what came is no frame */
    HOST_NO_MEMORY
};

/* Real time for deadlines and statistics, in ms since some start (CLOCK_MONOTONIC). */
int64_t host_now_ms(void);

/* Poll one file for `events` until the deadline; true if it is ready (or hung up). */
bool host_poll(int fd, short events, int64_t deadline_ms);

/* A pair of stream sockets, closed on exec, whose first one is told who sends. False: errno says
 * why not. */
bool host_channel_pair(int sockets[2]);

/* The kernel tells who sends to `socket`. */
bool host_pass_credentials(int socket);

/* Receive without waiting, as recv, and who sent it, by the number that it has for us; files that
 * come along are dropped. `*sender` stays as it is where it is not told. */
ssize_t host_receive_from(int socket, char *bytes, size_t size, pid_t *sender);

/* Send a few bytes with a file (SCM_RIGHTS), which stays the caller's too. */
bool host_send_file(int socket, const char *bytes, size_t length, int fd);

/* Takes over `fd`. */
void host_channel_init(struct host_channel *channel, struct memory *memory, int fd);
void host_channel_release(struct host_channel *channel);

/* Send a frame; false: the other side is gone, or does not read before the deadline. */
bool host_channel_send(const struct host_channel *channel, const char *bytes, size_t length,
                       int64_t deadline_ms);

/* Hand over `fd`, which stays the caller's too, with an empty frame; false: the other side is gone.
 */
bool host_channel_send_file(const struct host_channel *channel, int fd);

/* Read what is there, without waiting, and hand out the next frame. `*frame` stays valid until the
 * next call. */
enum host_receipt host_channel_receive(struct host_channel *channel, const char **frame,
                                       size_t *length);

/* True if a part of a frame has come. */
bool host_channel_is_partial(const struct host_channel *channel);

#endif
