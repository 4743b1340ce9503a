/* Search checkpoints of a verification: a file that says how far it has come, and going on from it.
 *
 * The file holds what the verification is of (program, scenario, pipeline, faults, code, options
 * that a result can depend on), all values, the handler trees, what the valuations searched so far
 * have found, and the search under way (checker/search_checkpoint.h). Limits and the number of
 * workers are no part of it: going on with more memory or time is what it is for.
 *
 * Reading is in two steps: the values must come before anything else is made of the run's store,
 * and whether the file fits is known only when the run has been made. */
#ifndef ONCECHECK_CHECKER_VERIFY_CHECKPOINT_H
#define ONCECHECK_CHECKER_VERIFY_CHECKPOINT_H

#include "checker/run.h"
#include "checker/verify.h"
#include "model/base/archive.h"

enum { CHECKPOINT_SUBJECTS_MAX = PIPELINE_FUNCTIONS_MAX + 16, CHECKPOINT_SUBJECT_SIZE = 192 };

/* What the verification is of: a name, and something that is equal where that is the same. */
struct checkpoint_subject {
    char name[CHECKPOINT_SUBJECT_SIZE];
    char value[CHECKPOINT_SUBJECT_SIZE];
};

struct checkpoint_subjects {
    struct checkpoint_subject items[CHECKPOINT_SUBJECTS_MAX];
    uint32_t count;
};

struct verify_checkpoint {
    const char *file;    /* to be written; NULL: none */
    const char *version; /* of the program */
    /* Whether it is time to write; `last` as in search_options.checkpoint. */
    bool (*due)(void *context, bool last);
    /* A search checkpoint that cannot be written does not end the search. */
    void (*warn)(void *context, const char *message);
    void (*done)(void *context); /* one was tried */
    void *context;
    struct archive *resumed;          /* NULL: begin */
    struct checkpoint_subjects found; /* of what is resumed */
    bool values_read;
};

/* Open the file to go on from. Nothing of it but what it is of is read yet. checkpoint->resumed is
 * the caller's to close. */
enum status verify_checkpoint_open(struct verify_checkpoint *checkpoint, struct memory *memory,
                                   const char *file, struct error *error);

/* For run_request.begin_store: the values. */
enum status verify_checkpoint_values(void *checkpoint, struct value_store *store,
                                     struct error *error);

/* STATUS_BAD_INPUT, saying what differs, where the file is of another verification. */
enum status verify_checkpoint_compare(const struct verify_checkpoint *checkpoint,
                                      const struct run *run, const struct verify_options *options,
                                      struct error *error);

/* What the valuations searched so far have found, the facts and the handler trees; *valuation is
 * the one whose search checkpoint->resumed comes to next. */
enum status verify_checkpoint_resume(struct verify_checkpoint *checkpoint,
                                     struct verification *verification, enum valuation *valuation,
                                     struct error *error);

/* For search_options.checkpoint; the context is a struct checkpoint_round. */
struct checkpoint_round {
    const struct verify_options *options;
    struct verification *verification;
    enum valuation valuation;
};
enum status verify_checkpoint_round(void *context, struct search *search, bool last,
                                    struct error *error);

#endif
