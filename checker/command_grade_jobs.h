/* The verifications of a class: which there are, what each is given, what came of it. */
#ifndef ONCECHECK_CHECKER_COMMAND_GRADE_JOBS_H
#define ONCECHECK_CHECKER_COMMAND_GRADE_JOBS_H

#include "checker/command.h"
#include "checker/grade_cache.h"
#include "checker/grade_find.h"
#include "checker/verify_process.h"
#include "reports/grade.h"

enum { GRADE_TIME_LIMIT_S = 600, GRADE_OVERTIME_S = 60 };

/* What all verifications of one kind have in common. */
struct grade_kind {
    const char *name;     /* of the check, for people */
    const char *scenario; /* NAME or FILE */
    const char *focus;    /* the function that it is about; NULL: all */
};

struct grade_jobs {
    const struct options *options;
    const struct environment *environment;
    struct memory *memory;
    struct arena *arena;
    struct value_store *store;
    struct grade_cache *cache; /* NULL: none */
    struct hash128 program;
    const char *scratch;   /* a folder for traces */
    const char *cache_dir; /* NULL: none */
    unsigned slots;
    struct grade_kind kinds[GRADE_CHECKS_MAX];
    size_t kind_count;
    struct grade_row *rows;
    size_t row_count;
};

/* A verification that runs. */
struct grade_job {
    struct verify_process child;
    size_t row;
    size_t kind;
    struct hash128 key;
    bool known;
    double started_s;
};

/* Look whether it needs to be run, and start it. *started false: the check is done. */
enum status grade_job_begin(struct grade_jobs *jobs, size_t row, size_t kind, struct grade_job *job,
                            bool *started, struct error *error);

/* The child has ended: fill in the check, keep the verdict. */
enum status grade_job_end(struct grade_jobs *jobs, struct grade_job *job, struct error *error);

#endif
