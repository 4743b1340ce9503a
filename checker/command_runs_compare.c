#include "checker/command_runs_compare.h"

#include <string.h>

#define COMPARISON_FORMAT "oncecheck-runs-comparison/1"

enum { FATE_COUNT = FATE_UNKNOWN + 1 };

static bool has_key(const struct run_violation *violations, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(violations[i].key, key) == 0)
            return true;
    }
    return false;
}

static bool same_scenario(const struct run_comparison *comparison)
{
    return strcmp(comparison->runs[0].faults, comparison->runs[1].faults) == 0 &&
           strcmp(comparison->runs[0].scenario_digest, comparison->runs[1].scenario_digest) == 0 &&
           strcmp(comparison->runs[0].template_digest, comparison->runs[1].template_digest) == 0;
}

/* Whether the second run would have named every violation that there is. */
static bool is_complete(const struct run_comparison *comparison)
{
    const struct run_record *after = &comparison->runs[1];
    return same_scenario(comparison) &&
           (strcmp(after->verdict, "holds") == 0 ||
            (after->all_violations && strcmp(after->verdict, "violated") == 0));
}

static enum status compare(struct run_comparison *comparison, struct arena *arena,
                           struct error *error)
{
    size_t total = comparison->found_counts[0] + comparison->found_counts[1];
    comparison->violations = arena_allocate_array(arena, total, sizeof *comparison->violations);
    if (comparison->violations == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < comparison->found_counts[1]; i++) {
        const struct run_violation *violation = &comparison->found[1][i];
        bool known = has_key(comparison->found[0], comparison->found_counts[0], violation->key);
        comparison->new_count += known ? 0 : 1;
        comparison->violations[comparison->violation_count++] = (struct compared_violation){
            .fate = known ? FATE_STILL_THERE : FATE_NEW, .violation = violation};
    }
    for (size_t i = 0; i < comparison->found_counts[0]; i++) {
        const struct run_violation *violation = &comparison->found[0][i];
        if (has_key(comparison->found[1], comparison->found_counts[1], violation->key))
            continue;
        comparison->violations[comparison->violation_count++] = (struct compared_violation){
            .fate = is_complete(comparison) ? FATE_RESOLVED : FATE_UNKNOWN, .violation = violation};
    }
    return STATUS_OK;
}

enum status run_comparison_read(struct run_database *database, const int64_t ids[2],
                                struct arena *arena, struct run_comparison *comparison,
                                struct error *error)
{
    enum status status = STATUS_OK;
    *comparison = (struct run_comparison){.violations = NULL};
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        status = run_database_find(database, ids[i], arena, &comparison->runs[i], error);
        if (status == STATUS_OK)
            status = run_database_codes(database, ids[i], arena, &comparison->codes[i],
                                        &comparison->code_counts[i], error);
        if (status == STATUS_OK)
            status = run_database_violations(database, ids[i], false, arena, &comparison->found[i],
                                             &comparison->found_counts[i], error);
    }
    return status == STATUS_OK ? compare(comparison, arena, error) : status;
}

static const struct run_code *find_code(const struct run_comparison *comparison, size_t run,
                                        const char *function)
{
    for (size_t i = 0; i < comparison->code_counts[run]; i++) {
        if (strcmp(comparison->codes[run][i].function, function) == 0)
            return &comparison->codes[run][i];
    }
    return NULL;
}

static void append_changed_code(struct text *text, const struct run_comparison *comparison)
{
    bool any = false;
    for (size_t run = 0; run < 2; run++) {
        for (size_t i = 0; i < comparison->code_counts[run]; i++) {
            const struct run_code *code = &comparison->codes[run][i];
            const struct run_code *other = find_code(comparison, 1 - run, code->function);
            if (other != NULL && (run == 1 || strcmp(code->digest, other->digest) == 0))
                continue;
            text_append_format(text, "%s%s%s", any ? ", " : "  code changed: ", code->function,
                               other != NULL ? "" : (run == 0 ? " (gone)" : " (added)"));
            any = true;
        }
    }
    text_append_string(text, any ? "\n" : "  the code is the same\n");
}

void run_comparison_append(struct text *text, const struct run_comparison *comparison)
{
    static const char *const labels[] = {[FATE_NEW] = "new",
                                         [FATE_RESOLVED] = "resolved",
                                         [FATE_STILL_THERE] = "still there",
                                         [FATE_UNKNOWN] = "not seen"};
    const struct run_record *before = &comparison->runs[0];
    const struct run_record *after = &comparison->runs[1];
    bool unknown = false;
    text_append_format(text, "Run %lld: %s, then run %lld: %s\n", (long long)before->id,
                       before->verdict, (long long)after->id, after->verdict);
    if (!same_scenario(comparison))
        text_append_format(
            text,
            "  not the same scenario, template, settings or faults: %s (%s), then %s "
            "(%s)\n",
            before->scenario, before->faults, after->scenario, after->faults);
    append_changed_code(text, comparison);
    text_append_format(text, "  states: %lld, then %lld; seconds: %.2f, then %.2f\n",
                       (long long)before->states, (long long)after->states, before->seconds,
                       after->seconds);
    for (size_t i = 0; i < comparison->violation_count; i++) {
        const struct compared_violation *compared = &comparison->violations[i];
        unknown = unknown || compared->fate == FATE_UNKNOWN;
        text_append_format(text, "  %-11s  %s: %s\n", labels[compared->fate],
                           compared->violation->key, compared->violation->summary);
    }
    if (comparison->violation_count == 0)
        text_append_string(text, "  no violation in either\n");
    if (unknown)
        text_append_format(text,
                           "  (not seen is not resolved: run %lld did not look for every "
                           "violation of the same scenario)\n",
                           (long long)after->id);
}

struct value command_violation_value(struct value_store *store,
                                     const struct run_violation *violation)
{
    struct value code = value_null(store);
    if (violation->function != NULL) {
        code = value_map(store, NULL, 0);
        code = value_put_text(store, code, "function", value_text(store, violation->function));
        code = value_put_text(store, code, "file",
                              violation->file == NULL ? value_null(store)
                                                      : value_text(store, violation->file));
        code = value_put_text(store, code, "line", value_integer(store, violation->line));
    }
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "key", value_text(store, violation->key));
    value = value_put_text(store, value, "property", value_text(store, violation->property));
    value = value_put_text(store, value, "summary", value_text(store, violation->summary));
    return value_put_text(store, value, "code", code);
}

static struct value changed_code(struct value_store *store, const struct run_comparison *comparison)
{
    struct value list = value_list(store, NULL, 0);
    for (size_t run = 0; run < 2; run++) {
        for (size_t i = 0; i < comparison->code_counts[run]; i++) {
            const struct run_code *code = &comparison->codes[run][i];
            const struct run_code *other = find_code(comparison, 1 - run, code->function);
            if (other == NULL || (run == 0 && strcmp(code->digest, other->digest) != 0))
                list = value_append(store, list, value_text(store, code->function));
        }
    }
    return list;
}

struct value run_comparison_value(struct value_store *store,
                                  const struct run_comparison *comparison)
{
    static const char *const names[] = {[FATE_NEW] = "new",
                                        [FATE_RESOLVED] = "resolved",
                                        [FATE_STILL_THERE] = "still_there",
                                        [FATE_UNKNOWN] = "not_seen"};
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "format", value_text(store, COMPARISON_FORMAT));
    value = value_put_text(store, value, "before", value_integer(store, comparison->runs[0].id));
    value = value_put_text(store, value, "after", value_integer(store, comparison->runs[1].id));
    value =
        value_put_text(store, value, "same_scenario", value_bool(store, same_scenario(comparison)));
    value = value_put_text(store, value, "changed_code", changed_code(store, comparison));
    for (int fate = 0; fate < FATE_COUNT; fate++) {
        struct value list = value_list(store, NULL, 0);
        for (size_t i = 0; i < comparison->violation_count; i++) {
            if ((int)comparison->violations[i].fate == fate)
                list = value_append(
                    store, list,
                    command_violation_value(store, comparison->violations[i].violation));
        }
        value = value_put_text(store, value, names[fate], list);
    }
    return value;
}
