/* Small pipelines to try a search on: up to three stages in a row, one of them perhaps with a
 * second function, each with a handler of generated_handlers.h; a scenario of a few puts and
 * faults.
 *
 *     In{n-1} -> F0 -> T{n-2} -> F1 -> ... -> AggregateTable
 *
 * Webs have more arrows. */
#ifndef ONCECHECK_TESTS_CHECKER_GENERATED_INSTANCE_H
#define ONCECHECK_TESTS_CHECKER_GENERATED_INSTANCE_H

#include "tests/checker/generated_handlers.h"
#include "tests/support/rig.h"

enum { INSTANCE_STAGES_MAX = 3, INSTANCE_PUTS_MAX = 4, INSTANCE_TEXT_SIZE = 8192 };

struct instance_put {
    uint32_t trade; /* 0, 1 */
    uint32_t version;
    uint32_t copies;
    uint32_t salt; /* partition keys with other salts may be on other shards */
};

struct instance {
    uint32_t stages;
    const char *handlers[INSTANCE_STAGES_MAX]; /* by name */
    uint32_t shards[INSTANCE_STAGES_MAX];      /* of what a stage reads */
    uint32_t batch[INSTANCE_STAGES_MAX];
    const char *settings[INSTANCE_STAGES_MAX]; /* of its mappings, as YAML; NULL: none */
    const char *extra;    /* a second function beside one of a stage; NULL: none */
    uint32_t extra_stage; /* reads and writes what that stage does */
    bool joins;           /* one function of a stage follows a second source: that of another */
    uint32_t joining;
    uint32_t joined;
    bool expires;       /* tables have a time to live, the attribute x */
    bool streams;       /* Kinesis streams are between the stages, not tables */
    bool reversed;      /* the template names the last function first */
    bool one_at_a_time; /* the last stage's reserved concurrency is 1 */
    uint32_t on_many;   /* a bit for each stage: its function works on many runs at once */
    uint32_t timeout_s;
    struct instance_put puts[INSTANCE_PUTS_MAX];
    uint32_t put_count;
    bool any_order;
    const char *limit; /* of faults: "any", "0", ... */
    const char *crash; /* "true", "false", a cap */
    const char *random_failure;
    const char *timeout;
    const char *kind; /* another one, in every way it comes; NULL: none */
    const char *cap;
};

/* The same for the same seed. */
void instance_generate(struct instance *instance, uint64_t seed);

/* One in which stages are tied in many ways: functions that follow two sources, two that follow
 * one, tying handlers. */
void instance_generate_web(struct instance *instance, uint64_t seed);

/* Two stages of handlers that tell orders, batches, times and faults apart more than others do. */
void instance_generate_keen(struct instance *instance, uint64_t seed);

/* A short one with another kind of faults than crashes, timeouts and lowest draws. */
void instance_generate_faulty(struct instance *instance, uint64_t seed);

/* One whose mappings split batches, drop them, pass records over (generated_settings.c). */
void instance_generate_with_settings(struct instance *instance, uint64_t seed);

/* Two stages with a Kinesis stream between them, the first of which may put records back into the
 * stream that it reads (generated_streams.c). */
void instance_generate_with_streams(struct instance *instance, uint64_t seed);

/* One whose last stage has several pollers, which may commute (generated_shards.c). */
void instance_generate_shards(struct instance *instance, uint64_t seed);

/* One whose items expire (generated_expiry.c). */
void instance_generate_with_expiry(struct instance *instance, uint64_t seed);

/* For people, on one line. Returns `text` of INSTANCE_TEXT_SIZE bytes. */
const char *instance_describe(const struct instance *instance, char *text);

/* A rig with the instance's pipeline; rig_release is due. */
void instance_rig(const struct instance *instance, struct rig *rig, bool merge_local_steps,
                  bool stage_order);

/* Another world of the same rig: the same store and handler trees. Released by world_destroy. */
struct world *instance_world(struct rig *rig, const struct world_reductions *reductions);

#endif
