#include "reports/coverage_judge.h"

#include "model/base/text.h"
#include "model/fault.h"
#include "reports/field.h"

#include <stdlib.h>
#include <string.h>

/* --- order --- */

static int compare_fields(const struct value_store *store, struct value a, struct value b)
{
    int order = strcmp(field_text(store, a, "function"), field_text(store, b, "function"));
    if (order == 0)
        order = strcmp(field_text(store, a, "file"), field_text(store, b, "file"));
    if (order == 0) {
        int64_t first = field_integer(store, a, "line", 0);
        int64_t second = field_integer(store, b, "line", 0);
        order = (first > second) - (first < second);
    }
    if (order == 0)
        order = strcmp(field_text(store, a, "operation"), field_text(store, b, "operation"));
    return order == 0 ? value_compare(store, a, b) : order;
}

static struct value in_order(struct value_store *store, struct value calls)
{
    size_t count = value_count(store, calls);
    struct memory *memory = value_store_memory(store);
    struct value *sorted = count == 0 ? NULL : memory_allocate(memory, count * sizeof *sorted);
    if (sorted == NULL)
        return calls;
    for (size_t i = 0; i < count; i++) {
        struct value call = value_at(store, calls, i);
        size_t place = i;
        while (place > 0 && compare_fields(store, sorted[place - 1], call) > 0) {
            sorted[place] = sorted[place - 1];
            place--;
        }
        sorted[place] = call;
    }
    struct value list = value_list(store, sorted, count);
    memory_free(memory, sorted, count * sizeof *sorted);
    return list;
}

/* --- cells --- */

/* The kind was on for the function in this run. */
static bool is_on(const struct value_store *store, struct value bound, const char *kind,
                  const char *function)
{
    struct value kinds = value_member(store, bound, "kinds", VALUE_MAP);
    struct value settings = value_member(store, kinds, kind, VALUE_MAP);
    size_t count = field_count(store, settings, "functions");
    if (value_is_none(settings) || field_integer(store, settings, "cap", INT64_MAX) == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (value_is_text(store, field_at(store, settings, "functions", i), function))
            return true;
    }
    return count == 0;
}

/* Why a cell that can be is not: the loosest bound of the runs in which its kind was on. */
static void explain_missed(struct text *why, const struct value_store *store, struct value document,
                           struct value call, struct value cell)
{
    const char *kind = field_text(store, cell, "fault");
    const char *function = field_text(store, call, "function");
    int64_t faults = -1;
    const char *stopped = "";
    bool violated = false;
    bool sampled = true;
    for (size_t i = 0; i < field_count(store, document, "bounds"); i++) {
        struct value bound = field_at(store, document, "bounds", i);
        if (!is_on(store, bound, kind, function))
            continue;
        int64_t limit = field_integer(store, bound, "faults", INT64_MAX);
        faults = limit > faults ? limit : faults;
        if (field_text(store, bound, "stopped_by")[0] != '\0')
            stopped = field_text(store, bound, "stopped_by");
        sampled = sampled && strcmp(field_text(store, bound, "search"), "random") == 0;
        violated = violated || strcmp(field_text(store, bound, "verdict"), "violated") == 0;
    }
    if (faults == 0)
        text_append_string(why, "beyond the bound: no fault was allowed (--faults 0)");
    else if (violated)
        text_append_string(why, "the search ended at its first counterexample");
    else if (stopped[0] != '\0')
        text_append_format(why, "beyond the bound: the search was stopped (%s)", stopped);
    else if (sampled)
        text_append_string(why, "not drawn in the runs that were made (--runs)");
    else if (faults != INT64_MAX)
        text_append_format(why, "not with at most %lld fault%s (--faults any)", (long long)faults,
                           faults == 1 ? "" : "s");
    else if (field_integer(store, call, "sent", 0) == 0)
        text_append_string(why, "no situation of its own: the call is followed as part of the "
                                "step before");
    else
        text_append_string(why, "never arose: the scenario leads to no situation in which it "
                                "makes a difference");
}

static const char *why_impossible(const struct value_store *store, struct value call,
                                  const char *kind)
{
    bool writes = field_truth(store, call, "writes");
    if (strcmp(kind, "transaction_conflict") == 0)
        return "no transaction can hold what this call touches";
    if (strcmp(kind, "stale_read") == 0)
        return writes ? "this call does not read"
                      : "a strongly consistent read, or of a table that nothing writes";
    if (strcmp(kind, "throttle") == 0)
        return "only batch operations are done in part";
    return "this call changes nothing: the same as at the call before";
}

static struct value judge_cell(struct value_store *store, struct value document, struct value call,
                               struct value cell)
{
    const char *kind = field_text(store, cell, "fault");
    const char *function = field_text(store, call, "function");
    const char *status = "missed";
    struct text why;
    bool on = false;
    text_init(&why, value_store_memory(store));
    for (size_t i = 0; i < field_count(store, document, "bounds"); i++)
        on = on || is_on(store, field_at(store, document, "bounds", i), kind, function);
    if (field_integer(store, cell, "explored", 0) > 0) {
        status = "reached";
    } else if (field_integer(store, cell, "equal", 0) > 0) {
        status = "equal";
        text_append_string(&why,
                           "nothing has taken effect since an earlier place: the same as there");
    } else if (!field_truth(store, cell, "possible")) {
        status = "impossible";
        text_append_string(&why, why_impossible(store, call, kind));
    } else if (!on) {
        status = "off";
        text_append_format(&why, "needs --fault %s", kind);
    } else {
        explain_missed(&why, store, document, call, cell);
    }
    cell = value_put_text(store, cell, "status", value_text(store, status));
    cell = value_put_text(store, cell, "why", value_text(store, text_string(&why)));
    text_release(&why);
    return cell;
}

struct tally {
    int64_t reached;
    int64_t of;
};

static void tally_cell(const struct value_store *store, struct value cell, struct tally *tally)
{
    const char *status = field_text(store, cell, "status");
    bool reached = strcmp(status, "reached") == 0 || strcmp(status, "equal") == 0;
    tally->reached += reached ? 1 : 0;
    tally->of += reached || strcmp(status, "missed") == 0 ? 1 : 0;
}

static struct value judge_call(struct value_store *store, struct value document, struct value call,
                               struct tally *tally)
{
    struct value cells = value_list(store, NULL, 0);
    for (size_t i = 0; i < field_count(store, call, "cells"); i++) {
        struct value cell = judge_cell(store, document, call, field_at(store, call, "cells", i));
        tally_cell(store, cell, tally);
        cells = value_append(store, cells, cell);
    }
    return value_put_text(store, call, "cells", cells);
}

/* --- summary --- */

static struct tally tally_lines(const struct value_store *store, struct value document,
                                const char *name)
{
    struct tally tally = {0};
    for (size_t i = 0; i < field_count(store, document, "lines"); i++) {
        struct value file = field_at(store, document, "lines", i);
        for (size_t k = 0; k < field_count(store, file, name); k++) {
            tally.reached +=
                field_integer(store, field_at(store, file, name, k), "count", 0) > 0 ? 1 : 0;
            tally.of++;
        }
    }
    return tally;
}

static struct value put_tally(struct value_store *store, struct value summary, const char *name,
                              struct tally tally)
{
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "reached", value_integer(store, tally.reached));
    value = value_put_text(store, value, "of", value_integer(store, tally.of));
    return value_put_text(store, summary, name, value);
}

struct value coverage_judge(struct value_store *store, struct value document)
{
    struct tally cells = {0};
    struct value calls = value_list(store, NULL, 0);
    for (size_t i = 0; i < field_count(store, document, "calls"); i++)
        calls = value_append(
            store, calls,
            judge_call(store, document, field_at(store, document, "calls", i), &cells));
    struct value summary = put_tally(store, value_map(store, NULL, 0), "cells", cells);
    summary = put_tally(store, summary, "lines", tally_lines(store, document, "lines"));
    summary = put_tally(store, summary, "branches", tally_lines(store, document, "branches"));
    document = value_put_text(store, document, "calls", in_order(store, calls));
    return value_put_text(store, document, "summary", summary);
}

bool coverage_next_missed(const struct value_store *store, struct value judged,
                          struct missed_cell *missed)
{
    for (; missed->next_call < field_count(store, judged, "calls"); missed->next_call++) {
        missed->call = field_at(store, judged, "calls", missed->next_call);
        while (missed->next_cell < field_count(store, missed->call, "cells")) {
            missed->cell = field_at(store, missed->call, "cells", missed->next_cell++);
            if (strcmp(field_text(store, missed->cell, "status"), "missed") == 0)
                return true;
        }
        missed->next_cell = 0;
    }
    return false;
}

int coverage_percent(const struct value_store *store, struct value judged)
{
    static const char *const names[] = {"cells", "lines", "branches"};
    struct value summary = value_member(store, judged, "summary", VALUE_MAP);
    int64_t lowest = 100;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct value tally = value_member(store, summary, names[i], VALUE_MAP);
        int64_t of = field_integer(store, tally, "of", 0);
        int64_t percent = of == 0 ? 100 : field_integer(store, tally, "reached", 0) * 100 / of;
        lowest = percent < lowest ? percent : lowest;
    }
    return (int)lowest;
}
