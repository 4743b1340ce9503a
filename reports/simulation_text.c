#include "reports/simulation_report.h"

#include <string.h>

enum { MS_A_SECOND = 1000, NAME_WIDTH = 14 };

void append_simulation_head(struct text *text)
{
    text_append_string(text, "minute lab  score points  messages  copies  updates  errors retries "
                             " rejected  latency p50   p90   p99   max  backlog\n");
}

static void append_seconds(struct text *text, uint32_t ms)
{
    if (ms == UINT32_MAX)
        text_append_string(text, "     -");
    else
        text_append_format(text, " %5.1f", (double)ms / MS_A_SECOND);
}

void append_simulation_minute(struct text *text, const struct minute_figures *minute,
                              const struct pipeline *pipeline)
{
    uint64_t errors = 0;
    uint64_t retries = 0; /* throttled invocations come again too */
    uint64_t dropped = 0;
    uint64_t backlog = 0;
    for (size_t i = 0; i < pipeline->function_count; i++) {
        errors += minute->functions[i].errors;
        retries += minute->functions[i].errors + minute->functions[i].throttles;
        dropped += minute->functions[i].rejected + minute->functions[i].unchanged;
    }
    for (size_t i = 0; i < pipeline->mapping_count; i++)
        backlog += minute->backlog[i];
    text_append_format(text, "%6u %3u  %5d %6u  %8llu %7llu %8llu %7llu %7llu %9llu       ",
                       (unsigned)minute->minute, (unsigned)minute->lab,
                       minute->scored ? GAME_MINUTE_POINTS : 0, (unsigned)minute->points,
                       (unsigned long long)minute->messages, (unsigned long long)minute->duplicates,
                       (unsigned long long)minute->modifications, (unsigned long long)errors,
                       (unsigned long long)retries, (unsigned long long)dropped);
    for (size_t i = 0; i < 4; i++)
        append_seconds(text, minute->latency_ms[i]);
    text_append_format(text, " %8llu", (unsigned long long)backlog);
    if (!minute->scored)
        text_append_format(text, "  %u of %d sums wrong, %s by %.6g", (unsigned)minute->wrong_keys,
                           GAME_KEYS, minute->worst_key, minute->worst_difference);
    text_append_char(text, '\n');
}

/* --- the end --- */

static void add_figures(struct function_figures *sum, const struct function_figures *minute)
{
    sum->invocations += minute->invocations;
    sum->records += minute->records;
    sum->errors += minute->errors;
    sum->timeouts += minute->timeouts;
    sum->throttles += minute->throttles;
    sum->cold_starts += minute->cold_starts;
    sum->calls += minute->calls;
    sum->rejected += minute->rejected;
    sum->unchanged += minute->unchanged;
    sum->dropped += minute->dropped;
}

static void append_functions(struct text *text, const struct simulation_report *report)
{
    text_append_format(text,
                       "\n%-*s invocations   records  errors   rate  timeouts  throttled  "
                       "cold     calls  rejected  unchanged  given up\n",
                       NAME_WIDTH, "function");
    for (size_t i = 0; i < report->pipeline->function_count; i++) {
        struct function_figures sum = {0};
        for (size_t j = 0; j < report->minute_count; j++)
            add_figures(&sum, &report->minutes[j].functions[i]);
        if (sum.invocations == 0)
            continue;
        text_append_format(
            text, "%-*s %11llu %9llu %7llu %5.1f%% %9llu %10llu %5llu %9llu %9llu %10llu %9llu\n",
            NAME_WIDTH, report->pipeline->functions[i].name, (unsigned long long)sum.invocations,
            (unsigned long long)sum.records, (unsigned long long)sum.errors,
            100.0 * (double)sum.errors / (double)sum.invocations, (unsigned long long)sum.timeouts,
            (unsigned long long)sum.throttles, (unsigned long long)sum.cold_starts,
            (unsigned long long)sum.calls, (unsigned long long)sum.rejected,
            (unsigned long long)sum.unchanged, (unsigned long long)sum.dropped);
    }
}

static void append_wrong(struct text *text, const struct simulation_report *report)
{
    const struct wrong_message *wrong = report->wrong;
    if (wrong->kind == WRONG_NOTHING)
        return;
    text_append_format(text,
                       "\nMinute %u is the first that scores 0. What went wrong first: trade %s "
                       "version %u,\nput at %.1f s: %s",
                       (unsigned)wrong->minute, wrong->id, (unsigned)wrong->version,
                       (double)wrong->put_ms / MS_A_SECOND, wrong_kind_text(wrong->kind));
    if (wrong->kind == WRONG_TWICE)
        text_append_format(text, " (its change reached the aggregates %u times)",
                           (unsigned)wrong->counted);
    text_append_string(text, ".\n");
    if (report->trace != NULL)
        text_append_format(text, "%s\n", report->trace);
}

void append_simulation_end(struct text *text, const struct simulation_report *report, bool brief)
{
    size_t scored = 0;
    for (size_t i = 0; i < report->minute_count; i++)
        scored += report->minutes[i].scored ? 1 : 0;
    if (!brief) {
        append_functions(text, report);
        append_wrong(text, report);
        text_append_char(text, '\n');
    }
    text_append_format(
        text, "%zu of %zu minutes scored, %u points%s\n", scored, report->minute_count,
        report->minute_count == 0 ? 0 : (unsigned)report->minutes[report->minute_count - 1].points,
        report->interrupted ? "; interrupted" : "");
}

/* --- live --- */

unsigned append_simulation_board(struct text *text, struct simulation *simulation)
{
    const int64_t now_ms = simulation_now_ms(simulation);
    unsigned lines = 1;
    text_append_format(text, "%02lld:%02lld  %-30s %18s %18s\033[K\n",
                       (long long)(now_ms / MS_A_SECOND / 60),
                       (long long)(now_ms / MS_A_SECOND % 60), "aggregate", "is", "put so far");
    for (size_t i = 0; i < GAME_KEYS; i++) {
        char key[GAME_KEY_SIZE];
        int64_t cents = 0;
        uint64_t trades = 0;
        double value = 0.0;
        unsigned level = 0;
        game_key(simulation_game(simulation), i, key, &cents, &trades);
        for (const char *at = key; *at != '\0'; at++)
            level += *at == ':' ? 1 : 0;
        const char *last = strrchr(key, ':');
        const bool there = simulation_aggregate(simulation, key, &value);
        text_append_format(text, "       %*s%-*s %18.2f %18.2f\033[K\n", (int)(2 * level), "",
                           (int)(30 - 2 * level), last == NULL ? key : last + 1,
                           there ? value : 0.0, (double)cents / 100);
        lines++;
    }
    return lines;
}
