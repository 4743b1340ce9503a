#include "reports/result.h"

#include "reports/sampling.h"

#include <stdio.h>
#include <string.h>

struct verdict_row {
    const char *name;
    int exit_code;
};

static const struct verdict_row verdicts[] = {
#define VERDICT_ROW(verdict, name, exit_code) [verdict] = {name, exit_code},
    VERDICTS(VERDICT_ROW)
#undef VERDICT_ROW
};

const char *verdict_name(enum verdict verdict) { return verdicts[verdict].name; }

int verdict_exit_code(enum verdict verdict) { return verdicts[verdict].exit_code; }

enum verdict verification_verdict(const struct verification *verification)
{
    if (verification->violated)
        return VERDICT_VIOLATED;
    bool complete =
        verification->stop == SEARCH_COMPLETE || verification->stop == SEARCH_FAULT_LIMIT;
    if (!complete)
        return VERDICT_INCONCLUSIVE;
    if (verification->unreached_count > 0)
        return VERDICT_VACUOUS;
    return verification->sampling.used ? VERDICT_SAMPLED : VERDICT_HOLDS;
}

static struct value count_value(struct value_store *store, uint64_t count)
{
    return value_integer(store, (int64_t)count);
}

/* The decimal of a number's text; figures for people only. */
static struct value decimal_value(struct value_store *store, const char *text)
{
    struct decimal decimal = {0};
    if (decimal_parse(text, strlen(text), &decimal) != DECIMAL_OK)
        decimal = decimal_from_integer(0);
    return value_number(store, &decimal);
}

static struct value real_value(struct value_store *store, double number)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.3f", number);
    return decimal_value(store, text);
}

static struct value small_value(struct value_store *store, double number)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.3e", number);
    return decimal_value(store, text);
}

static struct value kinds_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value kinds = value_map(store, NULL, 0);
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        kinds = value_put_text(store, kinds, fault_kind_name((enum fault_kind)i),
                               run->faults.cap[i] == FAULT_UNLIMITED
                                   ? value_null(store)
                                   : count_value(store, run->faults.cap[i]));
    }
    return kinds;
}

static struct value placement_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value tables = value_map(store, NULL, 0);
    for (size_t i = 0; i < run->pipeline.table_count; i++) {
        const struct table_config *table = &run->pipeline.tables[i];
        if (table->places_by_key)
            tables = value_put_text(store, tables, table->name, value_text(store, "by_key"));
        if (table->place_count == 0)
            continue;
        struct value places = value_map(store, NULL, 0);
        for (size_t j = 0; j < table->place_count; j++)
            places = value_put_text(store, places, table->places[j].key,
                                    count_value(store, table->places[j].shard));
        tables = value_put_text(store, tables, table->name, places);
    }
    return tables;
}

size_t result_put_count(const struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < run->scenario.message_count; i++)
        count += run->scenario.messages[i].copies;
    return count;
}

/* The largest number of faults for which the verdict is known; NULL: any number. */
static struct value fault_bound(const struct verification *verification)
{
    struct value_store *store = verification->run->store;
    bool goes_on = verification->listed_count > 0; /* after the first violation */
    if ((verification->violated && !goes_on) || verification->levels >= UINT32_MAX - 1)
        return verification->run->faults.limit == FAULT_UNLIMITED
                   ? value_null(store)
                   : count_value(store, verification->run->faults.limit);
    if (verification->saturated)
        return value_null(store);
    return count_value(store, verification->levels);
}

/* The functions that kinds of faults are confined to. */
static struct value confined_kinds_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value kinds = value_map(store, NULL, 0);
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        const struct fault_places *places = &run->faults.places[i];
        struct value names = value_list(store, NULL, 0);
        for (uint32_t k = 0; k < places->count; k++)
            names = value_append(store, names, value_text(store, places->names[k]));
        if (run->faults.enabled[i] && places->count > 0)
            kinds = value_put_text(store, kinds, fault_kind_name((enum fault_kind)i), names);
    }
    return kinds;
}

/* Some function depends on its attempt, of which so many differ. */
static bool attempts_differ(const struct verification *verification)
{
    for (size_t i = 0; i < verification->run->pipeline.function_count; i++) {
        if (verification->facts.attempts_shown[i])
            return true;
    }
    return false;
}

/* Some function keeps something in its containers, of which no third invocation is tried. */
static bool containers_differ(const struct verification *verification)
{
    for (size_t i = 0; i < verification->run->pipeline.function_count; i++) {
        if (verification->facts.remembers[i])
            return true;
    }
    return false;
}

static struct value bound_value(const struct verification *verification, size_t puts)
{
    const struct run *run = verification->run;
    struct value_store *store = run->store;
    bool proved =
        !verification->violated && verification->saturated && verification->stop == SEARCH_COMPLETE;
    struct value bound = value_map(store, NULL, 0);
    bound = value_put_text(store, bound, "faults", fault_bound(verification));
    bound = value_put_text(store, bound, "any_number_proved", value_bool(store, proved));
    bound = value_put_text(store, bound, "kinds", kinds_value(run));
    bound = value_put_text(store, bound, "functions", confined_kinds_value(run));
    if (run->faults.enabled[FAULT_DELAY])
        bound = value_put_text(store, bound, "longest_delay",
                               count_value(store, run->faults.longest_delay_s));
    if (attempts_differ(verification))
        bound = value_put_text(store, bound, "attempts", count_value(store, WORLD_ATTEMPTS_MAX));
    bound = value_put_text(store, bound, "messages", count_value(store, puts));
    return value_put_text(store, bound, "placement", placement_value(run));
}

static struct value statistics_value(const struct verification *verification,
                                     const struct result_runtime *runtime)
{
    struct value_store *store = verification->run->store;
    struct value valuations = value_map(store, NULL, 0);
    uint64_t states = 0;
    uint64_t transitions = 0;
    uint64_t ends = 0;
    uint32_t depth = 0;
    for (int i = 0; i < VALUATION_COUNT; i++) {
        const struct valuation_statistics *part = &verification->valuations[i];
        if (!part->explored)
            continue;
        states += part->states;
        transitions += part->transitions;
        ends += part->ends;
        depth = part->depth > depth ? part->depth : depth;
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "states", count_value(store, part->states));
        entry = value_put_text(store, entry, "transitions", count_value(store, part->transitions));
        valuations = value_put_text(store, valuations, valuation_name((enum valuation)i), entry);
    }
    struct value reductions = value_list(store, NULL, 0);
    reductions = value_append(store, reductions, value_text(store, "fewest_faults_first"));
    if (verification->run->stage_order)
        reductions = value_append(store, reductions, value_text(store, "stage_order"));
    if (verification->run->shards_in_turn)
        reductions = value_append(store, reductions, value_text(store, "shards_in_turn"));
    if (verification->run->merge_local_steps)
        reductions = value_append(store, reductions, value_text(store, "local_steps"));
    if (verification->run->drop_dead_data)
        reductions = value_append(store, reductions, value_text(store, "dead_data"));
    struct value statistics = value_map(store, NULL, 0);
    statistics = value_put_text(store, statistics, "states", count_value(store, states));
    statistics = value_put_text(store, statistics, "transitions", count_value(store, transitions));
    statistics = value_put_text(store, statistics, "ends", count_value(store, ends));
    statistics = value_put_text(store, statistics, "depth", count_value(store, depth));
    statistics = value_put_text(store, statistics, "valuations", valuations);
    statistics = value_put_text(store, statistics, "reductions", reductions);
    statistics = value_put_text(store, statistics, "miss_probability",
                                verification->fingerprints
                                    ? small_value(store, verification->miss_probability)
                                    : value_null(store));
    return value_put_text(store, statistics, "handler_events",
                          count_value(store, runtime->handlers.handler_events));
}

static struct value runtime_value(const struct verification *verification,
                                  const struct result_runtime *runtime)
{
    struct value_store *store = verification->run->store;
    uint64_t states = 0;
    for (int i = 0; i < VALUATION_COUNT; i++)
        states += verification->valuations[i].states;
    double bytes = verification->visited_states == 0
                       ? 0
                       : (double)verification->visited_bytes / (double)verification->visited_states;
    double rate = runtime->seconds > 0 ? (double)states / runtime->seconds : 0;
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "seconds", real_value(store, runtime->seconds));
    value = value_put_text(store, value, "states_per_second", real_value(store, rate));
    value = value_put_text(store, value, "bytes_per_state", real_value(store, bytes));
    value = value_put_text(store, value, "peak_memory_bytes",
                           count_value(store, runtime->peak_memory_bytes));
    value = value_put_text(store, value, "workers", count_value(store, runtime->workers));
    value = value_put_text(store, value, "handler_runs",
                           count_value(store, runtime->handlers.handler_runs));
    value = value_put_text(store, value, "handler_cache_hits",
                           count_value(store, runtime->handlers.handler_cache_hits));
    value = value_put_text(store, value, "handler_seconds",
                           real_value(store, runtime->handlers.handler_seconds));
    return value_put_text(store, value, "run",
                          runtime->run == 0 ? value_null(store)
                                            : value_integer(store, runtime->run));
}

static struct value properties_value(const struct run *run)
{
    struct value list = value_list(run->store, NULL, 0);
    for (int i = 0; i < PROPERTY_COUNT; i++) {
        if (run->scenario.properties[i])
            list = value_append(run->store, list,
                                value_text(run->store, property_name((enum property)i)));
    }
    return list;
}

static struct value findings_value(const struct verification *verification)
{
    struct value_store *store = verification->run->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < verification->findings->count; i++) {
        const struct finding *finding = &verification->findings->items[i];
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "severity",
                               value_text(store, finding->note ? "note" : "error"));
        entry = value_put_text(store, entry, "file", value_text(store, finding->file));
        entry = value_put_text(store, entry, "line", count_value(store, finding->line));
        entry = value_put_text(store, entry, "message", value_text(store, finding->message));
        entry = value_put_text(store, entry, "remedy", value_text(store, finding->remedy));
        list = value_append(store, list, entry);
    }
    return list;
}

struct value result_value(const struct verification *verification, size_t puts,
                          struct value violation, const char *trace_file,
                          const struct result_runtime *runtime)
{
    const struct run *run = verification->run;
    struct value_store *store = run->store;
    enum verdict verdict = verification_verdict(verification);
    struct value result = value_map(store, NULL, 0);
    result = value_put_text(store, result, "format", value_text(store, RESULT_FORMAT));
    result = value_put_text(store, result, "verdict", value_text(store, verdict_name(verdict)));
    result = value_put_text(store, result, "exit_code",
                            value_integer(store, verdict_exit_code(verdict)));
    struct value unreached = value_list(store, NULL, 0);
    for (size_t i = 0; i < verification->unreached_count; i++)
        unreached = value_append(store, unreached, value_text(store, verification->unreached[i]));
    result = value_put_text(store, result, "unreached", unreached);
    result = value_put_text(store, result, "scenario", value_text(store, run->scenario.name));
    result =
        value_put_text(store, result, "solution",
                       run->request->solution == NULL ? value_null(store)
                                                      : value_text(store, run->request->solution));
    result = value_put_text(store, result, "properties", properties_value(run));
    bool sampled = verification->sampling.used;
    result = value_put_text(store, result, "search",
                            value_text(store, sampled ? "random" : "exhaustive"));
    result = value_put_text(store, result, "seed", sampling_seed_value(run, sampled));
    result = value_put_text(store, result, "sampling", sampling_value(verification));
    result = value_put_text(store, result, "bound", bound_value(verification, puts));
    result = value_put_text(store, result, "stopped_by",
                            verdict == VERDICT_INCONCLUSIVE
                                ? value_text(store, search_stop_text(verification->stop))
                                : value_null(store));
    result = value_put_text(store, result, "violation",
                            value_is_none(violation) ? value_null(store) : violation);
    result = value_put_text(store, result, "findings", findings_value(verification));
    result = value_put_text(store, result, "statistics", statistics_value(verification, runtime));
    result = value_put_text(store, result, "trace",
                            trace_file == NULL ? value_null(store) : value_text(store, trace_file));
    return value_put_text(store, result, "runtime", runtime_value(verification, runtime));
}

struct value result_put_violations(struct value_store *store, struct value result,
                                   const struct found_violation *found, size_t count, bool all)
{
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        struct value entry =
            value_put_text(store, found[i].value, "key", value_text(store, found[i].key));
        entry =
            value_put_text(store, entry, "trace",
                           found[i].trace_file == NULL ? value_null(store)
                                                       : value_text(store, found[i].trace_file));
        list = value_append(store, list, entry);
    }
    result = value_put_text(store, result, "violations", list);
    return value_put_text(store, result, "all_violations", value_bool(store, all));
}

void append_error_result(struct text *text, const struct error *error, int exit_code)
{
    enum verdict verdict =
        error->status == STATUS_NONDETERMINISTIC ? VERDICT_NONDETERMINISTIC : VERDICT_ERROR;
    text_append_format(text,
                       "{\n  \"format\": \"" RESULT_FORMAT "\",\n  \"verdict\": \"%s\",\n"
                       "  \"exit_code\": %d,\n  \"violation\": null,\n  \"error\": {\n"
                       "    \"message\": ",
                       verdict_name(verdict), exit_code);
    text_append_json_string(text, error->message, strlen(error->message));
    text_append_string(text, ",\n    \"file\": ");
    text_append_json_string(text, error->file, strlen(error->file));
    text_append_format(text, ",\n    \"line\": %u,\n    \"column\": %u\n  }\n}\n",
                       (unsigned)error->line, (unsigned)error->column);
}

/* "crash, timeout (at most 1)" */
static void append_kinds(struct text *text, const struct run *run, const char *last_joint)
{
    size_t total = 0;
    size_t done = 0;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        total += run->faults.enabled[i] ? 1 : 0;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        if (done > 0)
            text_append_string(text, done + 1 == total ? last_joint : ", ");
        fault_config_append(text, &run->faults, (enum fault_kind)i, "");
        done++;
    }
}

void append_bound(struct text *text, const struct verification *verification)
{
    const struct run *run = verification->run;
    bool kinds = false;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        kinds = kinds || run->faults.enabled[i];
    text_append_format(text, "for the %zu puts of '%s' in %s", result_put_count(run),
                       run->scenario.name,
                       run->scenario.order == PUT_ORDER_GIVEN ? "the given order" : "any order");
    if (!kinds || run->faults.limit == 0)
        text_append_string(text, ", without faults");
    else if (verification->saturated) {
        text_append_string(text, ", for any number of faults of the kinds ");
        append_kinds(text, run, " and ");
    } else if (verification->levels < UINT32_MAX - 1) {
        text_append_format(text, ", for up to %u fault%s of the kinds ",
                           (unsigned)verification->levels, verification->levels == 1 ? "" : "s");
        append_kinds(text, run, " and ");
    }
    if (attempts_differ(verification))
        text_append_format(text, ", up to %d different attempts at a batch", WORLD_ATTEMPTS_MAX);
    if (containers_differ(verification))
        text_append_string(text, ", containers that serve at most two invocations");
    text_append_string(text, ", every order of deliveries and every batch size, values");
    for (int i = 0, first = 1; i < VALUATION_COUNT; i++) {
        if (!run->scenario.valuations[i])
            continue;
        text_append_format(text, "%s %s", first ? "" : ",", valuation_name((enum valuation)i));
        first = 0;
    }
}
