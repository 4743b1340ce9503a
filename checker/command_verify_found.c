/* The counterexamples of `oncecheck verify`: explained, with as few puts as they need, replayed. */
#include "checker/command_replay.h"
#include "checker/command_verify.h"
#include "checker/reduce.h"
#include "model/base/json.h"
#include "reports/run_database.h"
#include "reports/sampling.h"
#include "reports/trace.h"

#include <string.h>

enum { REPLAYS_BEFORE_PRINTING = 2 };

/* Searching again for fewer puts, whose cause must stay the same. */
struct cause_wanted {
    struct verify_command *command;
    const char *key;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
}

static struct value explained(const struct verification *found)
{
    return violation_value(found->run, found->world, &found->counterexample, &found->violation);
}

/* The key of a violation, in the run's arena; NULL: no memory. */
static const char *key_of(struct run *run, struct value violation)
{
    struct text text;
    text_init(&text, run->memory);
    run_database_append_key(&text, run->store, violation);
    const char *key = text_failed(&text) ? NULL : arena_copy_text(&run->arena, text_string(&text));
    text_release(&text);
    return key;
}

static bool has_cause(void *context, const struct verification *found)
{
    const struct cause_wanted *wanted = context;
    struct value violation = explained(found);
    const char *key = value_is_none(violation) ? NULL : key_of(found->run, violation);
    return key != NULL && strcmp(key, wanted->key) == 0;
}

static enum search_stop poll_reduction(void *context, const struct search_progress *progress)
{
    const struct cause_wanted *wanted = context;
    return verify_poll(wanted->command, progress);
}

/* Fewer puts. Where all violations are wanted, each for its own cause. */
static enum status reduce(struct verify_command *command, const struct verify_options *search,
                          const char *key, struct error *error)
{
    struct cause_wanted wanted = {.command = command, .key = key};
    struct verify_options options = *search;
    if (search->all_violations) {
        options.same_cause = has_cause;
        options.poll = poll_reduction;
        options.context = &wanted;
    }
    enum status status = search->random != NULL
                             ? STATUS_OK /* it has been shrunk */
                             : verify_reduce(&command->verification, &options, error);
    return status == STATUS_OK ? verify_refresh_counterexample(&command->verification, error)
                               : status;
}

/* A counterexample that does not come out the same in fresh processes is none: either the functions
 * depend on something that is not controlled, or it is our own mistake. */
static enum status replay(const struct verify_command *command, const char *trace,
                          struct error *error)
{
    const int replays = command->replay_once ? 1 : REPLAYS_BEFORE_PRINTING;
    for (int i = 0; i < replays; i++) {
        struct replay_report report;
        struct run_request base = command->request;
        base.solution = NULL;
        base.cache_dir = command->replay_cache;
        if (command->run->python[0] != '\0') {
            base.python = command->run->python;
            base.known_to_load = command->replay_cache == NULL;
        }
        enum status status =
            replay_trace(trace, strlen(trace), "the counterexample", NULL, &base, &report, error);
        if (status != STATUS_OK)
            return error_wrap(error, "replaying the counterexample");
        size_t different = report.first_different;
        bool violated = report.violated;
        bool python = command->request.handlers == RUN_PYTHON;
        replay_report_release(&report);
        if (violated && different == SIZE_MAX)
            continue;
        CHECK(python);
        return error_set(error, STATUS_NONDETERMINISTIC,
                         "a counterexample was found, but on replay in a fresh process step %zu "
                         "came out differently: a function depends on something that oncecheck "
                         "does not control",
                         different == SIZE_MAX ? 0 : different + 1);
    }
    return STATUS_OK;
}

/* The verification's counterexample as it is now, as a trace that has been replayed. */
static enum status add_found(struct verify_command *command, struct error *error)
{
    struct verification *verification = &command->verification;
    struct run *run = command->run;
    struct found_violation *found = &command->found[command->found_count];
    struct text text;
    *found = (struct found_violation){.puts = result_put_count(run), .value = VALUE_NONE};
    found->value = explained(verification);
    struct value trace =
        trace_value(run, verification->world, &verification->counterexample,
                    verification->valuation, found->value, &verification->violation);
    trace = value_put_text(run->store, trace, "seed",
                           sampling_seed_value(run, verification->sampling.used));
    trace = value_put_text(run->store, trace, "sampling", sampling_value(verification));
    if (value_store_failed(run->store) || value_is_none(trace) || value_is_none(found->value))
        return no_memory(error);
    found->steps = value_get_text(run->store, trace, "steps");
    found->key = key_of(run, found->value);
    text_init(&text, run->memory);
    json_append_pretty(&text, run->store, trace, 0);
    text_append_char(&text, '\n');
    found->trace = text_failed(&text) ? NULL : arena_copy_text(&run->arena, text_string(&text));
    text_release(&text);
    if (found->key == NULL || found->trace == NULL)
        return no_memory(error);
    enum status status = replay(command, found->trace, error);
    if (status == STATUS_OK)
        command->found_count++;
    return status;
}

static bool is_known(const struct verify_command *command, const char *key)
{
    for (size_t i = 0; i < command->found_count; i++) {
        if (strcmp(command->found[i].key, key) == 0)
            return true;
    }
    return false;
}

/* The listed violation `index`, if its cause is none of those there are. The run's messages are as
 * the scenario has them, before and after. */
static enum status collect_listed(struct verify_command *command, size_t index,
                                  const struct verify_options *search, struct error *error)
{
    struct run *run = command->run;
    uint32_t copies[SCENARIO_MESSAGES_MAX];
    enum status status = verify_select(&command->verification, index, error);
    if (status != STATUS_OK)
        return status;
    struct value violation = explained(&command->verification);
    const char *key = value_is_none(violation) ? NULL : key_of(run, violation);
    if (key == NULL)
        return no_memory(error);
    if (is_known(command, key))
        return STATUS_OK;
    if (command->found_count == VIOLATIONS_FOUND_MAX) {
        command->verification.listed_all = false;
        return STATUS_OK;
    }
    for (size_t i = 0; i < run->scenario.message_count; i++)
        copies[i] = run->messages[i].copies;
    status = reduce(command, search, key, error);
    if (status == STATUS_OK)
        status = add_found(command, error);
    for (size_t i = 0; i < run->scenario.message_count; i++)
        run->messages[i].copies = copies[i];
    return status;
}

enum status verify_collect(struct verify_command *command, const struct verify_options *search,
                           struct error *error)
{
    struct verification *verification = &command->verification;
    enum status status = STATUS_OK;
    if (!search->all_violations) {
        status = reduce(command, search, NULL, error);
        return status == STATUS_OK ? add_found(command, error) : status;
    }
    const struct search_violation best = verification->violation;
    for (size_t i = 0; status == STATUS_OK && i < verification->listed_count; i++) {
        const struct search_progress progress = {.faults = best.faults};
        if (i > 0 && verify_poll(command, &progress) != SEARCH_COMPLETE) {
            verification->listed_all = false;
            break;
        }
        status = collect_listed(command, i, search, error);
    }
    verification->violation = best;
    return status;
}
