#include "reports/sampling.h"

#include <math.h>
#include <stdio.h>

static void append_origin(struct text *text, const struct sampling *sampling)
{
    text_append_format(text, "drawn by %s from seed %llu",
                       strategy_name(sampling->settings.strategy),
                       (unsigned long long)sampling->settings.seed);
}

void append_sampled_bound(struct text *text, const struct verification *verification)
{
    const struct sampling *sampling = &verification->sampling;
    text_append_format(text, "in %llu run%s ", (unsigned long long)sampling->runs,
                       sampling->runs == 1 ? "" : "s");
    append_origin(text, sampling);
    if (sampling->cut_off > 0)
        text_append_format(text, " (%llu of them cut off before they ended)",
                           (unsigned long long)sampling->cut_off);
}

static void append_size(struct text *text, const struct sampled_size *size)
{
    text_append_format(text, "%u fault%s, %zu put%s and %zu action%s", (unsigned)size->faults,
                       size->faults == 1 ? "" : "s", size->puts, size->puts == 1 ? "" : "s",
                       size->actions, size->actions == 1 ? "" : "s");
}

void append_sampled_violation(struct text *text, const struct verification *verification)
{
    const struct sampling *sampling = &verification->sampling;
    text_append_format(text, "  found in run %llu ", (unsigned long long)sampling->run);
    append_origin(text, sampling);
    text_append_string(text, ": ");
    append_size(text, &sampling->before);
    text_append_string(text, ",\n  shrunk to ");
    append_size(text, &sampling->after);
    text_append_format(text, " in %u replays; ", (unsigned)sampling->candidates);
    text_append_string(text, sampling->minimal ? "no single one of these can be left out\n"
                                               : "stopped before nothing more could be left out\n");
}

void append_sampling_figures(struct text *text, const struct verification *verification,
                             double seconds)
{
    const struct sampling *sampling = &verification->sampling;
    const struct schedule_settings *settings = &sampling->settings;
    text_append_format(text, "  %llu run%s of %llu steps in all, the longest of %u",
                       (unsigned long long)sampling->runs, sampling->runs == 1 ? "" : "s",
                       (unsigned long long)sampling->steps, (unsigned)sampling->longest);
    if (seconds > 0)
        text_append_format(text, "; %.0f runs/s", (double)sampling->runs / seconds);
    text_append_char(text, '\n');
    if (settings->strategy != STRATEGY_PCT)
        return;
    double once = schedule_guarantee(settings);
    text_append_format(text,
                       "  pct: a violation that needs %d ordering constraints among the %u actors "
                       "of a run of up to %u steps\n  is met in a run with probability %.1e at "
                       "least, in all of these with %.1e, given the faults and batches it needs\n",
                       SCHEDULE_DEPTH, (unsigned)settings->actors, (unsigned)settings->length, once,
                       -expm1((double)sampling->runs * log1p(-once)));
}

struct value sampling_seed_value(const struct run *run, bool sampled)
{
    struct decimal seed = decimal_from_integer(0);
    char digits[32];
    if (!sampled && !run->scenario.seeded)
        return value_null(run->store);
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)run->request->seed);
    CHECK(decimal_parse(digits, (size_t)length, &seed) == DECIMAL_OK);
    return value_number(run->store, &seed);
}

static struct value count_value(struct value_store *store, uint64_t count)
{
    return value_integer(store, (int64_t)count);
}

static struct value size_value(struct value_store *store, const struct sampled_size *size)
{
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "faults", count_value(store, size->faults));
    value = value_put_text(store, value, "puts", count_value(store, size->puts));
    return value_put_text(store, value, "actions", count_value(store, size->actions));
}

struct value sampling_value(const struct verification *verification)
{
    const struct sampling *sampling = &verification->sampling;
    struct value_store *store = verification->run->store;
    if (!sampling->used)
        return value_null(store);
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "strategy",
                           value_text(store, strategy_name(sampling->settings.strategy)));
    value = value_put_text(store, value, "runs", count_value(store, sampling->runs));
    value = value_put_text(store, value, "steps", count_value(store, sampling->steps));
    value = value_put_text(store, value, "longest", count_value(store, sampling->longest));
    value = value_put_text(store, value, "cut_off", count_value(store, sampling->cut_off));
    if (!verification->violated) {
        value = value_put_text(store, value, "run", value_null(store));
        return value_put_text(store, value, "shrunk", value_null(store));
    }
    struct value shrunk = value_map(store, NULL, 0);
    shrunk = value_put_text(store, shrunk, "from", size_value(store, &sampling->before));
    shrunk = value_put_text(store, shrunk, "to", size_value(store, &sampling->after));
    shrunk = value_put_text(store, shrunk, "minimal", value_bool(store, sampling->minimal));
    value = value_put_text(store, value, "run", count_value(store, sampling->run));
    return value_put_text(store, value, "shrunk", shrunk);
}
