/* The commands: what checker/main.c calls. Only the command line prints and reads the environment;
 * it stands above reports/ and may include it. Each command returns an exit code of
 * docs/interface.md. */
#ifndef ONCECHECK_CHECKER_COMMAND_H
#define ONCECHECK_CHECKER_COMMAND_H

#include "checker/options.h"
#include "checker/process_memory.h"
#include "model/base/arena.h"
#include "model/base/text.h"
#include "model/base/value.h"

#include <signal.h>

enum { PATH_TEXT_SIZE = 4096 };

/* What a command gets from its surroundings. */
struct environment {
    char data_dir[PATH_TEXT_SIZE];      /* holds scenarios/ */
    char runtime_dir[PATH_TEXT_SIZE];   /* the Python host's files */
    char run_database[PATH_TEXT_SIZE];  /* the default one; "": there is no place for it */
    char cache_dir[PATH_TEXT_SIZE];     /* the default one; "": there is no place for it */
    char unpack_dir[PATH_TEXT_SIZE];    /* code in archives is unpacked below it */
    const char *python;                 /* $ONCECHECK_PYTHON, or NULL */
    unsigned workers;                   /* --workers resolved */
    bool stdout_color;                  /* --color resolved */
    bool stderr_progress;               /* --progress resolved */
    volatile sig_atomic_t *interrupted; /* set by SIGINT and SIGTERM */
};

int command_verify(const struct options *options, const struct environment *environment);
int command_replay(const struct options *options, const struct environment *environment);
int command_scenarios(const struct options *options, const struct environment *environment);

/* Print "oncecheck: file:line:column: message" to standard error; returns the exit code of the
 * status. */
int command_report_error(const struct error *error);

/* Write `length` bytes to a file, or to standard output for "-". Files are written beside and
 * renamed. */
enum status command_write_file(const char *file, const char *bytes, size_t length,
                               struct error *error);

/* The same for a text. Errors: NO_MEMORY where there was none for all of it. */
enum status command_write_text(const char *file, const struct text *text, struct error *error);

/* The same for a value as JSON, pretty and with a newline at its end; `value` may be VALUE_NONE
 * where there was no memory for it. */
enum status command_write_json(const char *file, const struct value_store *store,
                               struct value value, struct error *error);

/* The request that the options make, for run_create. */
void command_fill_request(const struct options *options, const struct environment *environment,
                          struct memory *memory, struct run_request *request);

/* The folder of the caches, as --cache and --no-cache say; NULL: none is kept. */
const char *command_cache_dir(const struct options *options, const struct environment *environment);

/* What keeps a cache from being used is printed as a warning: it saves time, and stops nothing. */
void command_warn(void *context, const char *message);

/* Take the line of progress away from the terminal. */
void command_clear_progress(void);

/* Where the request keeps what functions do. */
void command_choose_cache(const struct options *options, const struct environment *environment,
                          struct run_request *request);

/* Bytes that --max-memory allows: as given, or three quarters of what the machine or cgroup has
 * free. */
size_t command_memory_limit(const struct options *options);

/* What of it is left to an allocator made now: the program itself counts too. */
size_t command_search_memory_limit(const struct options *options);

/* The processes of functions have taken what `memory`, or each of `memories` like it, has left, or
 * will with `more` bytes; looked at where that may be. */
bool command_hosts_exceed(struct process_memory_watch *watch, struct memory *memory,
                          unsigned memories, size_t more);

/* Monotonic seconds, for progress, time limits and figures. */
double command_seconds(void);

/* "bug.json" with the tag "step-1" is "bug-step-1.json". NULL: standard output, or no memory. */
const char *command_tagged_file(struct arena *arena, const char *file, const char *tag);

/* The name of the file for counterexample `number` (from 1) of several: the first has the name that
 * was asked for, "bug.json", the second "bug-2.json". NULL: standard output, which is for the
 * first alone; or no memory. */
const char *command_numbered_file(struct arena *arena, const char *file, size_t number);

#endif
