/* Generated pipelines with the settings of event source mappings that change what becomes of a
 * batch. */
#include "tests/checker/generated_choice.h"
#include "tests/checker/generated_instance.h"

#include "model/base/random.h"

#include <string.h>

#define REPORT "FunctionResponseTypes: [ReportBatchItemFailures]"

/* Fits some of the puts (version 0, or trade 1), new items and changes to other versions. */
#define FILTER                                                                                     \
    "FilterCriteria: {Filters: [{Pattern: '{\"partitionKey\": [{\"prefix\": \"0-0\"}, "            \
    "{\"prefix\": \"1-\"}]}'}, {Pattern: '{\"eventName\": [\"INSERT\"]}'}, "                       \
    "{Pattern: '{\"dynamodb\": {\"NewImage\": {\"v\": {\"N\": [{\"anything-but\": "                \
    "[\"1\"]}]}}}}'}]}"

static const char *choose(struct random *random, const char *const *texts, uint32_t count)
{
    return texts[random_below(random, count)];
}

/* Handlers that fail by themselves show more of these settings than others do. */
static const char *choose_failing(struct random *random, const char *handler)
{
    const enum generated_role role = generated_handler_find(handler)->role;
    if (generated_chance(random, 60))
        return handler;
    if (role == ROLE_STATE)
        return generated_chance(random, 50) ? "state_poisoned" : "state_draws";
    if (role == ROLE_MAP)
        return generated_chance(random, 50) ? "map_always_raises" : "map_each_raised";
    return handler;
}

static const char *choose_reporting(struct random *random, const char *handler)
{
    const enum generated_role role = generated_handler_find(handler)->role;
    for (;;) {
        const struct generated_handler *other =
            &reporting_handlers[random_below(random, (uint32_t)reporting_handler_count)];
        if (other->role == role)
            return other->name;
    }
}

void instance_generate_with_settings(struct instance *instance, uint64_t seed)
{
    static const char *const settings[] = {
        "BisectBatchOnFunctionError: true",
        "MaximumRetryAttempts: 0",
        "MaximumRetryAttempts: 1",
        "MaximumRetryAttempts: 2",
        "MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true",
        "MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true",
        "MaximumRecordAgeInSeconds: 60",
        "MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: 1",
        "MaximumRecordAgeInSeconds: 300, BisectBatchOnFunctionError: true",
        "MaximumRecordAgeInSeconds: 60, " REPORT,
        FILTER,
        FILTER ", BisectBatchOnFunctionError: true",
        FILTER ", MaximumRetryAttempts: 0, " REPORT,
        "ParallelizationFactor: 2",
        "ParallelizationFactor: 2",
        "ParallelizationFactor: 2, BisectBatchOnFunctionError: true",
        "ParallelizationFactor: 3, MaximumRetryAttempts: 0, " REPORT,
        REPORT,
        "MaximumRetryAttempts: 0, " REPORT,
        "MaximumRetryAttempts: 1, " REPORT,
        "BisectBatchOnFunctionError: true, " REPORT,
        "MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true, " REPORT,
    };
    static const char *const others[] = {"redeliver", "rebatch", "delay", "throttle"};
    struct random random;
    random_init(&random, seed, 9);
    if (generated_chance(&random, 20))
        instance_generate_keen(instance, seed);
    else if (generated_chance(&random, 40))
        instance_generate_web(instance, seed);
    else
        instance_generate(instance, seed);
    for (uint32_t i = 0; i < instance->stages; i++) {
        instance->handlers[i] = choose_failing(&random, instance->handlers[i]);
        if (generated_chance(&random, 65))
            instance->settings[i] = choose(&random, settings, sizeof settings / sizeof *settings);
        if (instance->settings[i] != NULL && strstr(instance->settings[i], REPORT) != NULL &&
            generated_chance(&random, 80))
            instance->handlers[i] = choose_reporting(&random, instance->handlers[i]);
    }
    if (instance->put_count > 2 && generated_chance(&random, 60))
        instance->put_count = 2;
    if (generated_chance(&random, 20))
        instance->timeout = "1";
    if (generated_chance(&random, 20)) {
        instance->kind = choose(&random, others, sizeof others / sizeof *others);
        instance->cap = "1";
        instance->limit = "1";
    }
}
