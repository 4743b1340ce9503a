/* A verification in a process of its own, of which nothing can go wrong but itself: what it writes
 * is read up to a limit, and at its deadline its process group is ended. */
#ifndef ONCECHECK_CHECKER_VERIFY_PROCESS_H
#define ONCECHECK_CHECKER_VERIFY_PROCESS_H

#include "model/base/error.h"
#include "model/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
    VERIFY_OUTPUT_MAX = 1 << 24,   /* bytes of standard output kept */
    VERIFY_MESSAGES_MAX = 1 << 16, /* and of standard error */
    VERIFY_GRACE_S = 5             /* between being asked to end and being killed */
};

struct verify_process {
    pid_t pid; /* 0: not running */
    int output;
    int messages;
    struct text output_text;
    struct text messages_text;
    double deadline_s; /* of command_seconds' clock */
    bool asked;        /* to end */
    bool overdue;
    bool flooded; /* more than VERIFY_OUTPUT_MAX bytes came */
    int status;   /* of waitpid, once it has ended */
};

/* Run `arguments`, the first of which is the program. Release what it got even on failure. */
enum status verify_process_start(struct verify_process *child, char *const arguments[],
                                 struct memory *memory, double deadline_s, struct error *error);

/* Read what there is of all `count` children, waiting for at most `wait_ms`. */
void verify_processes_read(struct verify_process *const *children, size_t count, int wait_ms);

/* Whether it has ended, with all that belongs to it; ends it where it is time to. */
bool verify_process_ended(struct verify_process *child, double now_s);

/* Ask it to end at once: it has VERIFY_GRACE_S to do so. */
void verify_process_stop(struct verify_process *child, double now_s);

/* Ends a child that runs. */
void verify_process_release(struct verify_process *child);

#endif
