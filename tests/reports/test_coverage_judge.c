#include "reports/coverage_judge.h"

#include "reports/field.h"
#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(coverage_judge, .init = set_up, .fini = tear_down);

#define CELL(fault, possible, explored, equal)                                                     \
    "{'fault': '" fault "', 'outcome': 'before', 'possible': " possible ", 'explored': " explored  \
    ", 'equal': " equal "}"

/* A search to its end with any number of crashes. */
#define BOUND                                                                                      \
    "'search': 'exhaustive', 'verdict': 'holds', 'faults': null, 'stopped_by': null, "             \
    "'kinds': {'crash': {'cap': null, 'functions': []}}"

/* One call of F with one cell. */
static struct value judge(const char *bounds, const char *call, const char *cell)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{'bounds': [%s], 'calls': [{'function': 'F', 'operation': 'PutItem', 'file': "
                   "'f.py', 'line': 3, %s, 'cells': [%s]}]}",
                   bounds, call, cell);
    return coverage_judge(fixture.store, json_fixture_value(&fixture, text));
}

static void expect_cell(struct value judged, const char *status, const char *why)
{
    struct value call = field_at(fixture.store, judged, "calls", 0);
    struct value cell = field_at(fixture.store, call, "cells", 0);
    cr_expect_str_eq(field_text(fixture.store, cell, "status"), status);
    cr_expect_str_eq(field_text(fixture.store, cell, "why"), why);
}

#define CALL "'writes': true, 'sent': 1"

Test(coverage_judge, tells_reached_from_equal)
{
    expect_cell(judge("{" BOUND "}", CALL, CELL("crash", "true", "2", "1")), "reached", "");
    expect_cell(judge("{" BOUND "}", CALL, CELL("crash", "true", "0", "1")), "equal",
                "nothing has taken effect since an earlier place: the same as there");
}

Test(coverage_judge, says_why_something_is_impossible)
{
    static const struct {
        const char *cell;
        const char *call;
        const char *why;
    } cases[] = {
        {CELL("transaction_conflict", "false", "0", "0"), CALL,
         "no transaction can hold what this call touches"},
        {CELL("stale_read", "false", "0", "0"), CALL, "this call does not read"},
        {CELL("stale_read", "false", "0", "0"), "'writes': false, 'sent': 1",
         "a strongly consistent read, or of a table that nothing writes"},
        {CELL("throttle", "false", "0", "0"), CALL, "only batch operations are done in part"},
        {CELL("crash", "false", "0", "0"), "'writes': false, 'sent': 1",
         "this call changes nothing: the same as at the call before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_cell(judge("{" BOUND "}", cases[i].call, cases[i].cell), "impossible", cases[i].why);
}

Test(coverage_judge, names_the_kind_that_was_off)
{
    expect_cell(judge("{" BOUND "}", CALL, CELL("timeout", "true", "0", "0")), "off",
                "needs --fault timeout");
    expect_cell(judge("{'faults': null, 'kinds': {'crash': {'cap': 0, 'functions': []}}}", CALL,
                      CELL("crash", "true", "0", "0")),
                "off", "needs --fault crash");
    expect_cell(judge("{'faults': null, 'kinds': {'crash': {'cap': null, 'functions': ['G']}}}",
                      CALL, CELL("crash", "true", "0", "0")),
                "off", "needs --fault crash");
}

/* The loosest of the runs in which the kind was on decides. */
Test(coverage_judge, says_why_something_was_missed)
{
#define MISSED(rest)                                                                               \
    "{'kinds': {'crash': {'cap': null, 'functions': ['F']}}, 'search': 'exhaustive', " rest "}"
    static const struct {
        const char *bounds;
        const char *call;
        const char *why;
    } cases[] = {
        {MISSED("'faults': 0, 'verdict': 'holds'"), CALL,
         "beyond the bound: no fault was allowed (--faults 0)"},
        {MISSED("'faults': 1, 'verdict': 'holds'"), CALL,
         "not with at most 1 fault (--faults any)"},
        {MISSED("'faults': 0, 'verdict': 'holds'") "," MISSED("'faults': 2, 'verdict': 'holds'"),
         CALL, "not with at most 2 faults (--faults any)"},
        {MISSED("'faults': null, 'verdict': 'violated'"), CALL,
         "the search ended at its first counterexample"},
        {MISSED("'faults': null, 'verdict': 'inconclusive', 'stopped_by': 'time limit reached'"),
         CALL, "beyond the bound: the search was stopped (time limit reached)"},
        {"{" BOUND "}", CALL,
         "never arose: the scenario leads to no situation in which it makes a difference"},
        {"{" BOUND "}", "'writes': true, 'sent': 0",
         "no situation of its own: the call is followed as part of the step before"},
        {"{'kinds': {'crash': {'cap': null, 'functions': []}}, 'search': 'random', 'faults': null}",
         CALL, "not drawn in the runs that were made (--runs)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_cell(judge(cases[i].bounds, cases[i].call, CELL("crash", "true", "0", "0")),
                    "missed", cases[i].why);
}

Test(coverage_judge, counts_cells_whose_kind_was_on)
{
    struct value judged =
        judge("{" BOUND "}", CALL,
              CELL("crash", "true", "1", "0") "," CELL("crash", "true", "0", "0") "," CELL(
                  "crash", "true", "0", "3") "," CELL("timeout", "true", "0", "0"));
    struct value summary = value_member(fixture.store, judged, "summary", VALUE_MAP);
    struct value cells = value_member(fixture.store, summary, "cells", VALUE_MAP);
    cr_expect_eq(field_integer(fixture.store, cells, "reached", 0), 2);
    cr_expect_eq(field_integer(fixture.store, cells, "of", 0), 3);
    cr_expect_eq(coverage_percent(fixture.store, judged), 66);
}

Test(coverage_judge, takes_the_lowest_percentage)
{
    struct value judged = coverage_judge(
        fixture.store,
        json_fixture_value(&fixture,
                           "{'calls': [], 'lines': [{'lines': [{'count': 1}, {'count': 2}, "
                           "{'count': 0}, {'count': 1}], 'branches': [{'count': 1}, "
                           "{'count': 0}]}]}"));
    cr_expect_eq(coverage_percent(fixture.store, judged), 50, "of branches: 75 of lines");
    judged = coverage_judge(fixture.store, json_fixture_value(&fixture, "{}"));
    cr_expect_eq(coverage_percent(fixture.store, judged), 100, "nothing is missing of nothing");
}

Test(coverage_judge, puts_calls_in_order)
{
    static const char *const expected[] = {"F a.py 9 Scan", "F b.py 2 GetItem", "F b.py 2 PutItem",
                                           "F b.py 10 PutItem", "G a.py 1 PutItem"};
    struct value judged = coverage_judge(
        fixture.store,
        json_fixture_value(
            &fixture,
            "{'calls': [{'function': 'G', 'file': 'a.py', 'line': 1, 'operation': 'PutItem'},"
            "{'function': 'F', 'file': 'b.py', 'line': 10, 'operation': 'PutItem'},"
            "{'function': 'F', 'file': 'b.py', 'line': 2, 'operation': 'PutItem'},"
            "{'function': 'F', 'file': 'b.py', 'line': 2, 'operation': 'GetItem'},"
            "{'function': 'F', 'file': 'a.py', 'line': 9, 'operation': 'Scan'}]}"));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char text[64];
        struct value call = field_at(fixture.store, judged, "calls", i);
        (void)snprintf(text, sizeof text, "%s %s %d %s",
                       field_text(fixture.store, call, "function"),
                       field_text(fixture.store, call, "file"),
                       (int)field_integer(fixture.store, call, "line", 0),
                       field_text(fixture.store, call, "operation"));
        cr_expect_str_eq(text, expected[i]);
    }
}

Test(coverage_judge, goes_through_what_was_missed)
{
    struct missed_cell missed = {0};
    size_t count = 0;
    struct value judged = json_fixture_value(
        &fixture, "{'calls': [{'line': 1, 'cells': [{'status': 'reached'}, {'status': 'missed', "
                  "'place': 1}]}, {'line': 2, 'cells': []}, {'line': 3, 'cells': [{'status': "
                  "'missed', 'place': 2}, {'status': 'missed', 'place': 3}, {'status': 'off'}]}]}");
    while (coverage_next_missed(fixture.store, judged, &missed)) {
        count++;
        cr_expect_eq(field_integer(fixture.store, missed.cell, "place", 0), (int64_t)count);
        cr_expect_eq(field_integer(fixture.store, missed.call, "line", 0), count == 1 ? 1 : 3);
    }
    cr_expect_eq(count, 3);
}
