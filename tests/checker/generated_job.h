/* What generated handlers are written in: their event as sums, and the requests they make.
 *
 * Functions that make a request return false where the handler ends for now (see
 * scripted_handler.h). */
#ifndef ONCECHECK_TESTS_CHECKER_GENERATED_JOB_H
#define ONCECHECK_TESTS_CHECKER_GENERATED_JOB_H

#include "tests/support/scripted_handler.h"

enum { JOB_NAME_SIZE = 64, JOB_RECORDS_MAX = 8 };

/* What a handler knows of its invocation. */
struct job {
    struct scripted *run;
    char source[JOB_NAME_SIZE]; /* the table upstream, or the stream */
    char target[JOB_NAME_SIZE]; /* the table it writes */
    bool from_table;
    bool to_stream; /* the target is a stream */
    size_t count;
    uint64_t position; /* of the batch: hash of its sequence numbers */
    int64_t a;         /* sums of all records, of trade 0 and of the other */
    int64_t b;
};

/* One record of the batch. */
struct item {
    bool is_version; /* of a trade */
    char trade;
    int64_t version;
    int64_t a;
    int64_t b;
    uint64_t position;
};

struct job job_read(struct scripted *run);
struct item job_item(const struct job *job, size_t index);

extern const char job_absent[]; /* a condition: there is no such item */

/* Put an item; attributes and condition are JSON that begins with a comma, or empty. *ok: it was
 * not refused. */
bool job_put(struct job *job, const char *id, const char *attributes, const char *condition,
             bool *ok);
/* The same into a stream: a record with this partition key, and the attributes as its data. */
bool job_put_record(struct job *job, const char *stream, const char *key, const char *attributes,
                    bool *ok);
/* A trade's version; guarded: only over an older one. */
bool job_put_version(struct job *job, const struct item *item, bool guarded, bool *ok);
/* A row of sums under the key prefix + number. */
bool job_put_row(struct job *job, const char *prefix, uint64_t key, int64_t a, int64_t b,
                 const char *condition, bool *ok);

/* *item is VALUE_NONE where there is none. */
bool job_get(struct job *job, const char *table, const char *id, struct value *item);

/* Add sums to the totals in one transaction; token and marker (an item that must not be there yet)
 * may be NULL. Nothing to do is done. */
bool job_transact(struct job *job, int64_t a, int64_t b, const char *token, const char *marker,
                  bool *ok);

const char *job_named(char text[JOB_NAME_SIZE], const char *prefix, uint64_t number);

/* A number attribute of an item or image (VALUE_NONE: 0). */
int64_t job_number(const struct job *job, struct value item, const char *name);

uint64_t job_content(const struct job *job); /* equal for equal sums */
uint64_t job_random(const struct job *job);  /* another in every attempt */

#endif
