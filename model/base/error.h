/* Errors as values.
 *
 * oncecheck knows three kinds of failure and never mixes them. A violated property is data (a
 * verdict). Bad input or a failing system call is a status with a `struct error`. A bug of our own
 * is CHECK(), which aborts with a message that says so and stays on in release builds.
 *
 * Functions that can fail return `enum status`, take a `struct error *` as their last parameter and
 * leave it untouched on success. Callers pass a valid pointer, never NULL. */
#ifndef ONCECHECK_MODEL_BASE_ERROR_H
#define ONCECHECK_MODEL_BASE_ERROR_H

#include <stdint.h>

enum {
    ERROR_MESSAGE_SIZE =
        2048, /* bytes, the terminating NUL included; longer messages end in "..." */
    ERROR_FILE_SIZE = 512
};

enum status {
    STATUS_OK = 0,
    STATUS_BAD_INPUT,        /* a file, an option, a solution is wrong: exit code 2 */
    STATUS_UNSUPPORTED,      /* valid on AWS, not simulated: exit code 2, the message names it */
    STATUS_SYSTEM,           /* a system call or library failed: exit code 2 */
    STATUS_NO_MEMORY,        /* an allocation failed or --max-memory is reached */
    STATUS_LIMIT,            /* a named limit is exceeded */
    STATUS_INTERRUPTED,      /* SIGINT or a time limit */
    STATUS_NONDETERMINISTIC, /* a handler behaves in a way the search cannot control: exit code 4 */
    STATUS_DEFERRED /* no failure: a handler tree collects (handler_tree_collect.h); no message */
};

struct error {
    enum status status;
    char message[ERROR_MESSAGE_SIZE]; /* without file, line and column; no trailing newline */
    char file[ERROR_FILE_SIZE];       /* "" where no input file is concerned */
    uint32_t line;                    /* from 1; 0: unknown */
    uint32_t column;                  /* from 1; 0: unknown */
};

#define ERROR_INIT                                                                                 \
    {                                                                                              \
        .status = STATUS_OK, .message = "", .file = "", .line = 0, .column = 0                     \
    }

/* Fill `error` and return `status`, so that callers can write `return error_set(...)`. */
__attribute__((format(printf, 3, 4))) enum status error_set(struct error *error, enum status status,
                                                            const char *format, ...);

/* The same with a place in an input file. `file` may be NULL. */
__attribute__((format(printf, 6, 7))) enum status error_at(struct error *error, enum status status,
                                                           const char *file, uint32_t line,
                                                           uint32_t column, const char *format,
                                                           ...);

/* Append " (while ...)" to the message of an error that is already set; returns its status. */
__attribute__((format(printf, 2, 3))) enum status error_wrap(struct error *error,
                                                             const char *format, ...);

/* Write "file:line:column: message" (parts that are unknown left out) into `buffer` of `size`
 * bytes, always terminated; returns `buffer`. */
const char *error_format(const struct error *error, char *buffer, uint32_t size);

/* A broken invariant is a bug of oncecheck: say so and abort. Stays on in release builds. */
#define CHECK(condition)                                                                           \
    ((condition) ? (void)0                                                                         \
                 : check_failed(#condition " does not hold", __FILE__, __LINE__, __func__))

/* For places that cannot be reached; does not return. `what` says why not. */
#define BUG(what) check_failed(what, __FILE__, __LINE__, __func__)

_Noreturn void check_failed(const char *what, const char *file, int line, const char *function);

#endif
