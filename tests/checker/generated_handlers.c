#include "tests/checker/generated_handlers.h"

#include "tests/checker/generated_job.h"

#include "model/workload.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LATE_MS = 5000,
    SHORT_SLEEP_MS = 4000,
    LONG_SLEEP_MS = 400 * 1000,
    VERY_LATE_MS = 700 * 1000,
    POISON_VERSION = 2
};

/* --- trades: the newest version of each --------------------------------------------------- */

enum refusal { REFUSAL_CAUGHT, REFUSAL_RAISED, REFUSAL_RETURNS };

static void put_versions(struct scripted *run, bool guarded, enum refusal refusal)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool ok = true;
        if (item.is_version && !job_put_version(&job, &item, guarded, &ok))
            return;
        if (!ok && refusal == REFUSAL_RAISED) {
            scripted_raise(run);
            return;
        }
        if (!ok && refusal == REFUSAL_RETURNS)
            break;
    }
}

static void state_right(struct scripted *run) { put_versions(run, true, REFUSAL_CAUGHT); }
static void state_unguarded(struct scripted *run) { put_versions(run, false, REFUSAL_CAUGHT); }
static void state_uncaught(struct scripted *run) { put_versions(run, true, REFUSAL_RAISED); }
static void state_returns(struct scripted *run) { put_versions(run, true, REFUSAL_RETURNS); }

static void state_first_only(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char id[2] = {item.trade, '\0'};
        char attributes[JOB_NAME_SIZE];
        bool ok;
        snprintf(attributes, sizeof attributes, ",'v':{'N':'%" PRId64 "'}", item.version);
        if (item.is_version && !job_put(&job, id, attributes, job_absent, &ok))
            return;
    }
}

static void state_reads_and_writes(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char id[2] = {item.trade, '\0'};
        struct value known;
        bool ok;
        if (!item.is_version)
            continue;
        if (!job_get(&job, job.target, id, &known))
            return;
        if (!value_is_none(known) && job_number(&job, known, "v") >= item.version)
            continue;
        if (!job_put_version(&job, &item, false, &ok))
            return;
    }
}

/* Leaves out what comes too late. */
static void state_looks_at_the_clock(struct scripted *run)
{
    int64_t now_ms;
    if (!scripted_time(run, &now_ms) || now_ms - WORKLOAD_START_MS > LATE_MS)
        return;
    put_versions(run, true, REFUSAL_CAUGHT);
}

/* Never gets over one version. */
static void state_poisoned(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool ok;
        if (item.version == POISON_VERSION) {
            scripted_raise(run);
            return;
        }
        if (item.is_version && !job_put_version(&job, &item, true, &ok))
            return;
    }
}

/* Fails by chance before each put. */
static void state_draws(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool low;
        bool ok;
        if (!scripted_draw(run, &low))
            return;
        if (low) {
            scripted_raise(run);
            return;
        }
        if (item.is_version && !job_put_version(&job, &item, true, &ok))
            return;
    }
}

/* --- rows: a batch's sums ----------------------------------------------------------------- */

static void map_by_position(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok);
}

static void map_unguarded(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "r", job.position, job.a, job.b, "", &ok);
}

static void map_by_content(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "c", job_content(&job), job.a, job.b, job_absent, &ok);
}

static void map_by_size(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "z", job.count, job.a, job.b, job_absent, &ok);
}

static void map_by_chance(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "x", job_random(&job), job.a, job.b, "", &ok);
}

static void map_records(struct scripted *run, enum refusal refusal)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool ok;
        if (!job_put_row(&job, "e", item.position, item.a, item.b, job_absent, &ok))
            return;
        if (!ok && refusal == REFUSAL_RAISED) {
            scripted_raise(run);
            return;
        }
        if (!ok && refusal == REFUSAL_RETURNS)
            break;
    }
}

static void map_each(struct scripted *run) { map_records(run, REFUSAL_CAUGHT); }
static void map_each_raised(struct scripted *run) { map_records(run, REFUSAL_RAISED); }
static void map_each_returns(struct scripted *run) { map_records(run, REFUSAL_RETURNS); }

/* Makes a row only of what is still so upstream. */
static void map_peeks(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char id[2] = {item.trade, '\0'};
        struct value known = VALUE_NONE;
        bool ok;
        if (item.is_version && job.from_table && !job_get(&job, job.source, id, &known))
            return;
        if (!value_is_none(known) && job_number(&job, known, "v") != item.version)
            continue;
        if (!job_put_row(&job, "e", item.position, item.a, item.b, job_absent, &ok))
            return;
    }
}

/* The two in another order in every attempt. */
static void map_in_random_order(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    bool turned = run->run->attempt % 2 == 1;
    for (int i = 0; i < 2; i++) {
        bool first = (i == 0) != turned;
        if (!job_put_row(&job, first ? "a" : "b", job.position, first ? job.a : 0,
                         first ? 0 : job.b, job_absent, &ok))
            return;
    }
}

/* Writes, then fails by chance. */
static void map_draws_afterwards(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    bool low;
    if (!job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok))
        return;
    if (!scripted_draw(run, &low))
        return;
    if (low)
        scripted_raise(run);
}

/* Writes and fails, again and again. */
static void map_always_raises(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    if (!job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok))
        return;
    scripted_raise(run);
}

/* A row that tells how late it is. */
static void map_tells_the_time(struct scripted *run)
{
    struct job job = job_read(run);
    int64_t now_ms;
    bool ok;
    if (!scripted_time(run, &now_ms))
        return;
    (void)job_put_row(&job, now_ms - WORKLOAD_START_MS > LATE_MS ? "late" : "r", job.position,
                      job.a, job.b, job_absent, &ok);
}

/* Sleeps before each row, and tells whether its clock has come past the window of tokens. */
static void map_sleeps(struct scripted *run)
{
    struct job job = job_read(run);
    int64_t now_ms;
    bool ok;
    scripted_sleep(run, LONG_SLEEP_MS);
    if (!scripted_time(run, &now_ms))
        return;
    (void)job_put_row(&job, now_ms - WORKLOAD_START_MS > VERY_LATE_MS ? "late" : "r", job.position,
                      job.a, job.b, job_absent, &ok);
}

/* Sleeps, and leaves out what comes too late then. */
static void map_gives_up(struct scripted *run)
{
    struct job job = job_read(run);
    int64_t now_ms;
    bool ok;
    scripted_sleep(run, SHORT_SLEEP_MS);
    if (!scripted_time(run, &now_ms) || now_ms - WORKLOAD_START_MS > LATE_MS)
        return;
    (void)job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok);
}

/* Puts something into the table it follows. */
static void map_writes_back(struct scripted *run)
{
    struct job job = job_read(run);
    struct job back = job;
    bool ok;
    if (job.from_table) {
        memcpy(back.target, job.source, sizeof back.target);
        if (!job_put(&back, "back", "", job_absent, &ok))
            return;
    }
    (void)job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok);
}

/* --- totals ------------------------------------------------------------------------------- */

static void reduce_plain(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_transact(&job, job.a, job.b, NULL, NULL, &ok);
}

static void reduce_with_token(struct scripted *run, const char *prefix, uint64_t number)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    bool ok;
    if (!job_transact(&job, job.a, job.b, job_named(token, prefix, number), NULL, &ok))
        return;
    if (!ok)
        scripted_raise(run);
}

static void reduce_token(struct scripted *run)
{
    reduce_with_token(run, "t", job_read(run).position);
}

static void reduce_content_token(struct scripted *run)
{
    struct job job = job_read(run);
    reduce_with_token(run, "c", job_content(&job));
}

static void reduce_size_token(struct scripted *run)
{
    reduce_with_token(run, "z", job_read(run).count);
}

static void reduce_random_token(struct scripted *run)
{
    struct job job = job_read(run);
    reduce_with_token(run, "x", job_random(&job));
}

static void reduce_sdk_token(struct scripted *run)
{
    run->fresh_token = true;
    reduce_plain(run);
}

static void reduce_marks_before(struct scripted *run)
{
    struct job job = job_read(run);
    char marker[JOB_NAME_SIZE];
    bool ok;
    if (!job_put(&job, job_named(marker, "m", job.position), "", job_absent, &ok) || !ok)
        return;
    (void)job_transact(&job, job.a, job.b, NULL, NULL, &ok);
}

static void reduce_marks_after(struct scripted *run)
{
    struct job job = job_read(run);
    char marker[JOB_NAME_SIZE];
    struct value known;
    bool ok;
    job_named(marker, "m", job.position);
    if (!job_get(&job, job.target, marker, &known) || !value_is_none(known))
        return;
    if (!job_transact(&job, job.a, job.b, NULL, NULL, &ok))
        return;
    (void)job_put(&job, marker, "", "", &ok);
}

static void reduce_marks_within(struct scripted *run)
{
    struct job job = job_read(run);
    char marker[JOB_NAME_SIZE];
    bool ok;
    (void)job_transact(&job, job.a, job.b, NULL, job_named(marker, "m", job.position), &ok);
}

static void reduce_marks_by_size(struct scripted *run)
{
    struct job job = job_read(run);
    char marker[JOB_NAME_SIZE];
    bool ok;
    (void)job_transact(&job, job.a, job.b, NULL, job_named(marker, "z", job.count), &ok);
}

static void reduce_each(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool ok;
        if (!job_transact(&job, item.a, item.b, NULL, NULL, &ok))
            return;
    }
}

static void reduce_each_token(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char token[JOB_NAME_SIZE];
        bool ok;
        if (!job_transact(&job, item.a, item.b, job_named(token, "t", item.position), NULL, &ok))
            return;
    }
}

static void reduce_each_marked(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char marker[JOB_NAME_SIZE];
        bool ok;
        if (!job_transact(&job, item.a, item.b, NULL, job_named(marker, "m", item.position), &ok))
            return;
    }
}

static void reduce_reads_and_writes(struct scripted *run)
{
    struct job job = job_read(run);
    struct value known;
    char attributes[JOB_NAME_SIZE];
    bool ok;
    if (job.a + job.b == 0 || !job_get(&job, job.target, "sum", &known))
        return;
    snprintf(attributes, sizeof attributes, ",'s':{'N':'%" PRId64 "'}",
             job_number(&job, known, "s") + job.a + job.b);
    (void)job_put(&job, "sum", attributes, "", &ok);
}

/* Remembers the last batch only. */
static void reduce_remembers_the_last(struct scripted *run)
{
    struct job job = job_read(run);
    struct value known;
    char attributes[JOB_NAME_SIZE];
    bool ok;
    int64_t position = (int64_t)(job.position >> 1);
    if (!job_get(&job, job.target, "last", &known) || job_number(&job, known, "p") == position)
        return;
    snprintf(attributes, sizeof attributes, ",'p':{'N':'%" PRId64 "'}", position);
    if (!job_put(&job, "last", attributes, "", &ok))
        return;
    (void)job_transact(&job, job.a, job.b, NULL, NULL, &ok);
}

static void reduce_peeks(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char id[2] = {item.trade, '\0'};
        char marker[JOB_NAME_SIZE];
        struct value known = VALUE_NONE;
        bool ok;
        if (item.is_version && job.from_table && !job_get(&job, job.source, id, &known))
            return;
        if (!value_is_none(known) && job_number(&job, known, "v") != item.version)
            continue;
        if (!job_transact(&job, item.a, item.b, NULL, job_named(marker, "m", item.position), &ok))
            return;
    }
}

/* The first call commutes with those of other shards, the next does not. */
static void reduce_twice(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    struct value known;
    bool ok;
    if (!job_transact(&job, job.a, job.b, job_named(token, "t", job.position), NULL, &ok))
        return;
    if (!job_get(&job, job.target, "open", &known))
        return;
    if (value_is_none(known))
        (void)job_put(&job, "open", "", job_absent, &ok);
    else
        (void)job_transact(&job, 0, 1, job_named(token, "b", job.position), NULL, &ok);
}

/* Sleeps after its transaction: timeouts and sleeps take its token past the window. */
static void reduce_sleeps(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    struct value known;
    bool ok;
    if (!job_transact(&job, job.a, job.b, job_named(token, "t", job.position), NULL, &ok))
        return;
    scripted_sleep(run, LONG_SLEEP_MS);
    (void)job_get(&job, job.target, "sum0", &known);
}

/* Sleeps between local steps, and counts elsewhere where it is late. */
static void reduce_sleeps_between_draws(struct scripted *run)
{
    struct job job = job_read(run);
    bool low;
    bool ok;
    int64_t now_ms;
    if (!scripted_time(run, &now_ms))
        return;
    bool late = now_ms - WORKLOAD_START_MS > LATE_MS;
    if (!job_transact(&job, late ? 0 : job.a + job.b, late ? 1 : 0, NULL, NULL, &ok))
        return;
    if (!scripted_draw(run, &low))
        return;
    scripted_sleep(run, low ? SHORT_SLEEP_MS : 2 * SHORT_SLEEP_MS);
    if (!scripted_draw(run, &low))
        return;
    if (low)
        scripted_raise(run);
}

/* Hangs on one batch size, having written. (With a token instead of the marker it would never come
 * to rest: every ten minutes the token is forgotten and all is added again.) */
static void reduce_hangs(struct scripted *run)
{
    struct job job = job_read(run);
    char marker[JOB_NAME_SIZE];
    bool ok;
    if (!job_transact(&job, job.a, job.b, NULL, job_named(marker, "m", job.position), &ok))
        return;
    if (job.count == 2)
        scripted_hang(run);
}

#define HANDLER(role, function)                                                                    \
    {                                                                                              \
#function, role, function                                                                  \
    }

const struct generated_handler generated_handlers[] = {
    HANDLER(ROLE_STATE, state_right),
    HANDLER(ROLE_STATE, state_unguarded),
    HANDLER(ROLE_STATE, state_uncaught),
    HANDLER(ROLE_STATE, state_returns),
    HANDLER(ROLE_STATE, state_first_only),
    HANDLER(ROLE_STATE, state_reads_and_writes),
    HANDLER(ROLE_STATE, state_looks_at_the_clock),
    HANDLER(ROLE_STATE, state_poisoned),
    HANDLER(ROLE_STATE, state_draws),
    HANDLER(ROLE_MAP, map_by_position),
    HANDLER(ROLE_MAP, map_unguarded),
    HANDLER(ROLE_MAP, map_by_content),
    HANDLER(ROLE_MAP, map_by_size),
    HANDLER(ROLE_MAP, map_by_chance),
    HANDLER(ROLE_MAP, map_each),
    HANDLER(ROLE_MAP, map_each_raised),
    HANDLER(ROLE_MAP, map_each_returns),
    HANDLER(ROLE_MAP, map_peeks),
    HANDLER(ROLE_MAP, map_in_random_order),
    HANDLER(ROLE_MAP, map_draws_afterwards),
    HANDLER(ROLE_MAP, map_always_raises),
    HANDLER(ROLE_MAP, map_tells_the_time),
    HANDLER(ROLE_MAP, map_sleeps),
    HANDLER(ROLE_MAP, map_gives_up),
    HANDLER(ROLE_MAP, map_writes_back),
    HANDLER(ROLE_MAP, map_never_empties),
    HANDLER(ROLE_REDUCE, reduce_plain),
    HANDLER(ROLE_REDUCE, reduce_token),
    HANDLER(ROLE_REDUCE, reduce_content_token),
    HANDLER(ROLE_REDUCE, reduce_size_token),
    HANDLER(ROLE_REDUCE, reduce_random_token),
    HANDLER(ROLE_REDUCE, reduce_sdk_token),
    HANDLER(ROLE_REDUCE, reduce_marks_before),
    HANDLER(ROLE_REDUCE, reduce_marks_after),
    HANDLER(ROLE_REDUCE, reduce_marks_within),
    HANDLER(ROLE_REDUCE, reduce_marks_by_size),
    HANDLER(ROLE_REDUCE, reduce_each),
    HANDLER(ROLE_REDUCE, reduce_each_token),
    HANDLER(ROLE_REDUCE, reduce_each_marked),
    HANDLER(ROLE_REDUCE, reduce_reads_and_writes),
    HANDLER(ROLE_REDUCE, reduce_remembers_the_last),
    HANDLER(ROLE_REDUCE, reduce_peeks),
    HANDLER(ROLE_REDUCE, reduce_twice),
    HANDLER(ROLE_REDUCE, reduce_sleeps),
    HANDLER(ROLE_REDUCE, reduce_sleeps_between_draws),
    HANDLER(ROLE_REDUCE, reduce_hangs),
    HANDLER(ROLE_REDUCE, reduce_only_when_new),
};

const size_t generated_handler_count = sizeof generated_handlers / sizeof generated_handlers[0];

static const struct generated_handler *find(const struct generated_handler *handlers, size_t count,
                                            const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(handlers[i].name, name) == 0)
            return &handlers[i];
    }
    return NULL;
}

const struct generated_handler *generated_handler_find(const char *name)
{
    const struct generated_handler *found = find(generated_handlers, generated_handler_count, name);
    found = found == NULL ? find(tying_handlers, tying_handler_count, name) : found;
    if (found == NULL)
        found = find(reporting_handlers, reporting_handler_count, name);
    if (found == NULL)
        found = find(expiring_handlers, expiring_handler_count, name);
    found = found == NULL ? find(&looping_handler, 1, name) : found;
    cr_assert_not_null(found, "no handler %s", name);
    return found;
}
