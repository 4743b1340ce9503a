#include "checker/command_simulate_trace.h"

#include "checker/command_replay.h"
#include "checker/reduce.h"
#include "model/base/json.h"
#include "reports/result.h"
#include "reports/trace.h"

#include <string.h>

enum { REPLAYS = 2 };

static void append_message(struct text *text, const struct game_trade *trade, uint8_t version,
                           unsigned shard)
{
    text_append_format(text, "      - {trade: T1, version: %u, shard: %u, copies: %u}\n",
                       (unsigned)version, shard, 1U + trade->copies[version]);
}

const char *simulate_scenario(const struct wrong_message *wrong, struct arena *arena)
{
    const struct game_trade *trade = &wrong->state;
    const bool updated = trade->version == 1;
    const bool late = updated && trade->put_ms[0] > trade->put_ms[1];
    struct text text;
    text_init(&text, arena->memory);
    text_append_format(
        &text,
        "scenario: simulate\n"
        "description: >-\n"
        "  The first message that went wrong in a simulation, in minute %u: trade %s\n"
        "  version %u, here T1. A trade T2 stands for the others.\n"
        "workload:\n"
        "  stream: IncomingDataStream\n"
        "  shards: 2\n"
        "  messages:\n",
        (unsigned)wrong->minute, wrong->id, (unsigned)wrong->version);
    if (late) {
        append_message(&text, trade, 1, 0);
        append_message(&text, trade, 0, 1);
    } else {
        append_message(&text, trade, 0, 0);
        if (updated)
            append_message(&text, trade, 1, 1);
    }
    text_append_format(&text,
                       "      - {trade: T2, version: 0, shard: 1}\n"
                       "  order: given\n"
                       "mappings:\n"
                       "  StateLambda: {BatchSize: 3}\n"
                       "  MapLambda: {BatchSize: 3}\n"
                       "  ReduceLambda: {BatchSize: 3}\n"
                       "faults: {limit: any, random_failure: %s%s}\n",
                       wrong->lab == 2 ? "true" : "false",
                       wrong->kind == WRONG_LOST_BEFORE_STATE ? ", timeout: 1" : "");
    const char *copy = text_failed(&text) ? NULL : arena_copy_text(arena, text_string(&text));
    text_release(&text);
    return copy;
}

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the trace");
}

static enum status append_trace(struct verification *found, struct text *trace, struct error *error)
{
    struct run *run = found->run;
    const struct value violation =
        violation_value(run, found->world, &found->counterexample, &found->violation);
    const struct value value = trace_value(run, found->world, &found->counterexample,
                                           found->valuation, violation, &found->violation);
    if (value_store_failed(run->store))
        return no_memory(error);
    json_append_pretty(trace, run->store, value, 0);
    text_append_char(trace, '\n');
    return text_failed(trace) ? no_memory(error) : STATUS_OK;
}

/* A trace that does not come out the same in fresh processes is none. */
static enum status check_replays(const struct run_request *base, const struct text *trace,
                                 bool *same, struct error *error)
{
    *same = true;
    for (int i = 0; i < REPLAYS && *same; i++) {
        struct replay_report report;
        struct run_request request = *base;
        request.solution = NULL;
        request.cache_dir = NULL;
        const enum status status = replay_trace(text_string(trace), trace->length, "the trace",
                                                NULL, &request, &report, error);
        if (status != STATUS_OK)
            return error_wrap(error, "replaying the trace");
        *same = report.violated && report.first_different == SIZE_MAX;
        replay_report_release(&report);
    }
    return STATUS_OK;
}

static const char *tell(struct arena *arena, const struct verification *found, bool replays)
{
    if (!found->violated)
        return found->stop == SEARCH_COMPLETE
                   ? "A search of this trade's messages and one other trade, with the functions' "
                     "own "
                     "failures, finds nothing wrong:\nit takes more than these. There is no trace."
                   : "A search of this trade's messages came to no end. There is no trace.";
    if (!replays)
        return "A search of this trade's messages found a violation that does not replay: a "
               "function depends on something\nthat is not controlled. There is no trace.";
    return arena_format(
        arena,
        "The trace is the shortest execution that a search of this trade's messages "
        "and one other trade finds to go wrong\n(%zu steps, %u faults); the "
        "simulation's own course is far longer.",
        found->counterexample.length, (unsigned)found->violation.faults);
}

enum status simulate_find_trace(const struct wrong_message *wrong, const struct run_request *base,
                                const struct verify_options *options, struct arena *arena,
                                struct text *trace, const char **told, struct error *error)
{
    struct verification found = {.run = NULL};
    struct run_request request = *base;
    struct run *run = NULL;
    bool replays = true;
    *told = "What comes late is not lost, so that a search would find nothing. There is no trace.";
    if (wrong->kind == WRONG_LATE)
        return STATUS_OK;
    request.scenario = "simulate";
    request.scenario_text = simulate_scenario(wrong, arena);
    request.merge_local_steps = request.stage_order = request.drop_dead_data = true;
    request.shards_in_turn = true;
    if (request.scenario_text == NULL)
        return no_memory(error);
    enum status status = run_create(&request, &run, error);
    if (status != STATUS_OK)
        return status;
    status = verify(run, options, &found, error);
    const bool explored = status == STATUS_OK;
    if (explored && found.violated) {
        status = verify_reduce(&found, options, error);
        if (status == STATUS_OK)
            status = verify_refresh_counterexample(&found, error);
        if (status == STATUS_OK)
            status = append_trace(&found, trace, error);
        if (status == STATUS_OK)
            status = check_replays(base, trace, &replays, error);
        if (status == STATUS_OK && !replays)
            text_clear(trace);
    }
    *told = explored ? tell(arena, &found, replays) : NULL;
    if (status == STATUS_OK && *told == NULL)
        status = no_memory(error);
    if (explored)
        verification_release(&found);
    run_destroy(run);
    return status;
}
