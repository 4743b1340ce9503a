#include "reports/diagnosis_text.h"

/* Parts that multiply by less say nothing: the counts are estimates, too. */
static const double factor_shown_min = 1.05;

static void append_parts(struct text *text, const struct pipeline *pipeline,
                         const struct diagnosis *diagnosis)
{
    struct diagnosis_part parts[DIAGNOSIS_PARTS_MAX];
    char name[DIAGNOSIS_PART_NAME_SIZE];
    size_t count = diagnosis_parts(diagnosis, parts);
    text_append_format(
        text,
        "  what multiplies the %llu states: values of a part for each combination of "
        "the rest\n",
        (unsigned long long)diagnosis_states(diagnosis));
    if (count == 0 || parts[0].factor < factor_shown_min)
        text_append_string(text, "    no part alone does\n");
    for (size_t i = 0; i < count && parts[i].factor >= factor_shown_min; i++)
        text_append_format(text, "    x%-7.2f %s\n", parts[i].factor,
                           diagnosis_part_name(pipeline, &parts[i], name));
}

/* "ReduceLambda 1: 14637, 2: 6877", for functions whose batches differ in size. */
static void append_batches(struct text *text, const struct pipeline *pipeline,
                           const struct diagnosis *diagnosis)
{
    for (uint32_t function = 0; function < pipeline->function_count; function++) {
        uint32_t largest = DIAGNOSIS_BATCH_MAX;
        while (largest > 0 &&
               diagnosis_steps_by_batch(diagnosis, function, largest).transitions == 0)
            largest--;
        if (largest < 2)
            continue;
        text_append_format(text, "  new states by %s's batches of",
                           pipeline->functions[function].name);
        for (uint32_t records = 1; records <= largest; records++) {
            struct diagnosis_steps steps = diagnosis_steps_by_batch(diagnosis, function, records);
            if (steps.transitions > 0)
                text_append_format(text, "%s %u%s: %llu", records > 1 ? "," : "", records,
                                   records == DIAGNOSIS_BATCH_MAX ? " and more" : "",
                                   (unsigned long long)steps.found);
        }
        text_append_char(text, '\n');
    }
}

static void append_faults(struct text *text, const struct diagnosis *diagnosis)
{
    uint32_t most = DIAGNOSIS_LEVEL_MAX;
    while (most > 0 && diagnosis_states_at(diagnosis, most) == 0)
        most--;
    text_append_string(text, "  new states with faults:");
    for (uint32_t faults = 0; faults <= most; faults++)
        text_append_format(text, "%s %u%s: %llu", faults > 0 ? "," : "", faults,
                           faults == DIAGNOSIS_LEVEL_MAX ? " and more" : "",
                           (unsigned long long)diagnosis_states_at(diagnosis, faults));
    const char *before = "; by kind: ";
    for (uint32_t i = 0; i < FAULT_KIND_COUNT; i++) {
        struct diagnosis_steps steps = diagnosis_steps_by_fault(diagnosis, (enum fault_kind)i);
        if (steps.transitions == 0)
            continue;
        text_append_format(text, "%s%s %llu", before, fault_kind_name((enum fault_kind)i),
                           (unsigned long long)steps.found);
        before = ", ";
    }
    text_append_char(text, '\n');
}

void append_diagnosis(struct text *text, const struct pipeline *pipeline,
                      const struct diagnosis *diagnosis)
{
    append_parts(text, pipeline, diagnosis);
    append_batches(text, pipeline, diagnosis);
    append_faults(text, diagnosis);
}

/* What was lowered, and how to write it. */
static void append_what(struct text *text, const struct run *run, const struct lowering *lowering)
{
    const struct pipeline *pipeline = &run->pipeline;
    unsigned value = lowering->value;
    switch (lowering->kind) {
    case LOWER_PUTS: {
        const struct scenario_message *message = &run->messages[lowering->index];
        if (value == 0)
            text_append_format(text, "%s version %lld left out", message->trade,
                               (long long)message->version);
        else
            text_append_format(text, "%s version %lld put once less: copies: %u", message->trade,
                               (long long)message->version, value);
        break;
    }
    case LOWER_BATCH: {
        uint32_t function = pipeline->mappings[lowering->index].function;
        const char *name = pipeline->functions[function].name;
        text_append_format(text, "batches of at most %u for %s: mappings: {%s: {BatchSize: %u}}",
                           value, name, name, value);
        break;
    }
    case LOWER_STREAM_SHARDS:
        text_append_format(text, "%u shard%s for %s: workload: {shards: %u}", value,
                           value == 1 ? "" : "s", pipeline->streams[lowering->index].name, value);
        break;
    case LOWER_TABLE_SHARDS: {
        const char *name = pipeline->tables[lowering->index].name;
        text_append_format(text,
                           "%u shard%s for the stream of %s: tables: {%s: {stream_shards: %u}}",
                           value, value == 1 ? "" : "s", name, name, value);
        break;
    }
    case LOWER_FAULT_KIND: {
        const char *name = fault_kind_name((enum fault_kind)lowering->index);
        text_append_format(text, "without %s: --fault %s=0", name, name);
        break;
    }
    case LOWER_FAULT_LIMIT:
        text_append_format(text, "at most %u fault%s: --faults %u", value, value == 1 ? "" : "s",
                           value);
        break;
    }
}

void append_lowerings(struct text *text, const struct run *run, uint64_t states,
                      const struct lowering *lowerings, size_t count)
{
    if (count == 0)
        return;
    text_append_string(text, "  what to lower: the states of the same search with\n");
    for (size_t i = 0; i < count; i++) {
        text_append_format(text, "    %9llu (1/%.1f)  ", (unsigned long long)lowerings[i].states,
                           (double)states / (double)lowerings[i].states);
        append_what(text, run, &lowerings[i]);
        text_append_char(text, '\n');
    }
}
