#include "reports/simulation_report.h"

#include "model/simulation_latency.h"

#include <string.h>

static void append_name(struct text *text, const char *name, const char *value)
{
    text_append_format(text, "\"%s\": ", name);
    text_append_json_string(text, value, strlen(value));
}

static void append_number(struct text *text, const char *name, uint64_t number)
{
    text_append_format(text, ", \"%s\": %llu", name, (unsigned long long)number);
}

static void append_rates(struct text *text, const struct simulation_options *options)
{
    const struct {
        const char *name;
        uint32_t rate;
    } rows[] = {{"load", options->rates.load},
                {"duplicates", options->rates.duplicates},
                {"modifications", options->rates.modifications},
#define RATE_ROW(id, name, parameter, percent) {name, options->failures[id]},
                GAME_FAILURES(RATE_ROW)
#undef RATE_ROW
    };
    text_append_string(text, "  \"rates\": {");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        text_append_format(text, "%s\"%s\": %.10g", i == 0 ? "" : ", ", rows[i].name,
                           100.0 * rows[i].rate / GAME_PERCENT);
    text_append_string(text, "},\n");
}

static void append_assumptions(struct text *text)
{
    text_append_string(text, "  \"assumptions\": [\n");
    for (int i = 0; i < LATENCY_COUNT; i++) {
        const struct latency_row *row = latency_row((enum latency)i);
        text_append_string(text, "    {");
        append_name(text, "name", row->name);
        text_append_string(text, ", \"quantiles_us\": [");
        for (int j = 0; j < LATENCY_QUANTILES; j++)
            text_append_format(text, "%s%lld", j == 0 ? "" : ", ", (long long)row->quantiles_us[j]);
        text_append_string(text, "], ");
        append_name(text, "what", row->what);
        text_append_string(text, ", ");
        append_name(text, "source", row->source);
        text_append_string(text, i + 1 < LATENCY_COUNT ? "},\n" : "}\n");
    }
    text_append_string(text, "  ],\n");
}

static void append_latencies(struct text *text, const struct minute_figures *minute)
{
    static const char *const names[] = {"p50", "p90", "p99", "max"};
    text_append_string(text, ", \"latency_ms\": ");
    if (minute->latency_ms[0] == UINT32_MAX) {
        text_append_string(text, "null");
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        text_append_format(text, "%s\"%s\": %u", i == 0 ? "{" : ", ", names[i],
                           (unsigned)minute->latency_ms[i]);
    text_append_char(text, '}');
}

static void append_function(struct text *text, const char *name,
                            const struct function_figures *figures)
{
    text_append_json_string(text, name, strlen(name));
    text_append_format(text, ": {\"invocations\": %llu", (unsigned long long)figures->invocations);
    append_number(text, "records", figures->records);
    append_number(text, "errors", figures->errors);
    append_number(text, "timeouts", figures->timeouts);
    append_number(text, "throttles", figures->throttles);
    append_number(text, "cold_starts", figures->cold_starts);
    append_number(text, "calls", figures->calls);
    append_number(text, "rejected", figures->rejected);
    append_number(text, "unchanged", figures->unchanged);
    append_number(text, "given_up", figures->dropped);
    text_append_char(text, '}');
}

static void append_minute(struct text *text, const struct minute_figures *minute,
                          const struct pipeline *pipeline)
{
    text_append_format(text, "    {\"minute\": %u", (unsigned)minute->minute);
    append_number(text, "lab", minute->lab);
    append_number(text, "score", minute->scored ? GAME_MINUTE_POINTS : 0);
    append_number(text, "points", minute->points);
    append_number(text, "messages", minute->messages);
    append_number(text, "duplicates", minute->duplicates);
    append_number(text, "modifications", minute->modifications);
    append_number(text, "counted", minute->counted);
    append_number(text, "wrong_sums", minute->wrong_keys);
    text_append_string(text, ", \"worst\": ");
    if (minute->worst_key[0] == '\0')
        text_append_string(text, "null");
    else
        text_append_format(text, "{\"key\": \"%s\", \"difference\": %.17g}", minute->worst_key,
                           minute->worst_difference);
    append_latencies(text, minute);
    text_append_string(text, ",\n     \"backlog\": {");
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const char *name = pipeline->mappings[i].logical_id;
        text_append_string(text, i == 0 ? "" : ", ");
        text_append_json_string(text, name, strlen(name));
        text_append_format(text, ": %llu", (unsigned long long)minute->backlog[i]);
    }
    text_append_string(text, "},\n     \"functions\": {");
    for (size_t i = 0; i < pipeline->function_count; i++) {
        text_append_string(text, i == 0 ? "" : ",\n                   ");
        append_function(text, pipeline->functions[i].name, &minute->functions[i]);
    }
    text_append_string(text, "}}");
}

static void append_wrong(struct text *text, const struct wrong_message *wrong)
{
    if (wrong->kind == WRONG_NOTHING) {
        text_append_string(text, "null");
        return;
    }
    text_append_format(text, "{\"minute\": %u", (unsigned)wrong->minute);
    append_number(text, "lab", wrong->lab);
    text_append_string(text, ", ");
    append_name(text, "trade", wrong->id);
    append_number(text, "version", wrong->version);
    append_number(text, "put_ms", wrong->put_ms);
    text_append_string(text, ", ");
    append_name(text, "kind", wrong_kind_name(wrong->kind));
    text_append_string(text, ", ");
    append_name(text, "summary", wrong_kind_text(wrong->kind));
    text_append_char(text, '}');
}

void append_simulation_json(struct text *text, const struct simulation_report *report)
{
    const size_t count = report->minute_count;
    text_append_string(text, "{\n  \"format\": \"oncecheck-simulation/1\",\n");
    text_append_format(text, "  \"exit_code\": %d,\n  ", report->exit_code);
    append_name(text, "solution", report->handlers);
    text_append_format(text, ",\n  \"seed\": %llu,\n  \"interrupted\": %s,\n",
                       (unsigned long long)report->options->seed,
                       report->interrupted ? "true" : "false");
    append_rates(text, report->options);
    append_assumptions(text);
    text_append_format(text, "  \"points\": %u,\n  \"minutes\": [",
                       count == 0 ? 0U : (unsigned)report->minutes[count - 1].points);
    for (size_t i = 0; i < count; i++) {
        text_append_string(text, i == 0 ? "\n" : ",\n");
        append_minute(text, &report->minutes[i], report->pipeline);
    }
    text_append_string(text, "\n  ],\n  \"wrong\": ");
    append_wrong(text, report->wrong);
    text_append_string(text, ",\n  \"trace\": ");
    if (report->trace_file == NULL)
        text_append_string(text, "null");
    else
        text_append_json_string(text, report->trace_file, strlen(report->trace_file));
    text_append_string(text, "\n}\n");
}
