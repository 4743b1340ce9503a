/* What was covered as text, as a page and for lcov, of one document with something of everything.
 */
#include "reports/coverage_judge.h"
#include "reports/coverage_lcov.h"
#include "reports/coverage_page.h"
#include "reports/coverage_text.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(coverage_reports, .init = set_up, .fini = tear_down);

static const char *const document =
    "{'runs': [{'name': '7'}],"
    " 'bounds': [{'scenario': 'lab<2>', 'verdict': 'holds', 'search': 'exhaustive', 'faults': 1,"
    "             'kinds': {'crash': {'cap': null, 'functions': []}}}],"
    " 'functions': [{'name': 'F', 'code': 'my/F', 'batch_size': 2}],"
    " 'situations': 4, 'states': 9, 'depth': 5, 'fault_levels': 1,"
    " 'calls': [{'function': 'F', 'operation': 'PutItem', 'tables': 'T', 'file': 'f.py', 'line': 3,"
    "            'writes': true, 'sent': 2, 'cells': ["
    "   {'fault': 'crash', 'outcome': 'before', 'possible': true, 'explored': 12, 'equal': 0},"
    "   {'fault': 'crash', 'outcome': 'after', 'possible': true, 'explored': 0, 'equal': 0},"
    "   {'fault': 'timeout', 'outcome': 'before', 'possible': true, 'explored': 0, 'equal': 0},"
    "   {'fault': 'stale_read', 'outcome': 'old', 'possible': false, 'explored': 0, 'equal': 0}]}],"
    " 'counts': [{'what': 'answer', 'function': null, 'call': ['F', 'PutItem', 'T', 'f.py', 3],"
    "             'name': 'done', 'count': 2},"
    "            {'what': 'batch', 'function': 'F', 'call': null, 'name': '1', 'count': 3}],"
    " 'lines': [{'function': 'F', 'file': 'f.py', 'text': 'a = 1\\nif a < 2:\\n    b()\\nc()\\n',"
    "   'functions': [{'name': 'handler', 'line': 1, 'end': 4, 'count': 2}],"
    "   'lines': [{'line': 1, 'count': 2, 'faults': 0, 'path': 'the batch \\\"x\\\"'},"
    "             {'line': 2, 'count': 2, 'faults': 0, 'path': ''},"
    "             {'line': 3, 'count': 0, 'faults': 0, 'path': ''},"
    "             {'line': 4, 'count': 1, 'faults': 1, 'path': 'a crash'}],"
    "   'branches': [{'line': 2, 'to': 3, 'count': 0, 'faults': 0},"
    "                {'line': 2, 'to': 0, 'count': 2, 'faults': 0},"
    "                {'line': 3, 'to': 4, 'count': 0, 'faults': 0},"
    "                {'line': 3, 'to': 0, 'count': 0, 'faults': 0}]}]}";

static struct value judged(const char *json)
{
    return coverage_judge(fixture.store, json_fixture_value(&fixture, json));
}

Test(coverage_reports, lcov_has_a_section_for_a_file)
{
    coverage_append_lcov(&fixture.text, fixture.store, judged(document));
    cr_assert_str_eq(text_string(&fixture.text), "TN:oncecheck\n"
                                                 "SF:my/F/f.py\n"
                                                 "FN:1,handler\n"
                                                 "FNDA:2,handler\n"
                                                 "FNF:1\nFNH:1\n"
                                                 "BRDA:2,0,0,0\nBRDA:2,0,1,2\n"
                                                 "BRDA:3,0,0,-\nBRDA:3,0,1,-\n"
                                                 "BRF:4\nBRH:1\n"
                                                 "DA:1,2\nDA:2,2\nDA:3,0\nDA:4,1\n"
                                                 "LF:4\nLH:3\n"
                                                 "end_of_record\n");
}

Test(coverage_reports, lcov_takes_the_name_where_the_folder_is_not_known)
{
    coverage_append_lcov(&fixture.text, fixture.store,
                         judged("{'functions': [{'name': 'G', 'code': 'my/G'}],"
                                " 'lines': [{'function': 'F', 'file': 'f.py'}]}"));
    cr_assert(json_fixture_holds(&fixture, "SF:F/f.py\n"));
    text_clear(&fixture.text);
    coverage_append_lcov(&fixture.text, fixture.store, judged("{'calls': []}"));
    cr_assert_str_eq(text_string(&fixture.text), "");
}

Test(coverage_reports, text_says_what_was_not_reached)
{
    coverage_append_text(&fixture.text, fixture.store, judged(document), false);
    cr_expect(json_fixture_holds(&fixture, "coverage of run 7: scenario lab<2>, holds, at most 1 "
                                           "fault of crash\n"));
    cr_expect(json_fixture_holds(&fixture, "1 of 2 "));
    cr_expect(json_fixture_holds(&fixture,
                                 "not reached\n  F  PutItem T  f.py:3\n      crash after: "
                                 "not with at most 1 fault (--faults any)\n"));
    cr_expect(json_fixture_holds(&fixture, "crash: before 12, after NOT REACHED\n"));
    cr_expect(json_fixture_holds(&fixture, "answered: done 2\n"));
    cr_expect(json_fixture_holds(&fixture, "not run: 3\n"));
    cr_expect(json_fixture_holds(&fixture, "only after a fault: 4"));
    cr_expect_eq(json_fixture_count(&fixture, "timeout"), 0, "it was off");
}

Test(coverage_reports, text_shows_every_cell_if_asked)
{
    coverage_append_text(&fixture.text, fixture.store, judged(document), true);
    cr_expect(json_fixture_holds(&fixture, "timeout: before off\n"));
    cr_expect(json_fixture_holds(&fixture, "stale_read: old -\n"));
}

Test(coverage_reports, page_escapes_and_colours)
{
    coverage_append_page(&fixture.text, fixture.store, judged(document));
    cr_expect_eq(json_fixture_count(&fixture, "lab<2>"), 0);
    cr_expect(json_fixture_holds(&fixture, "lab&lt;2&gt;"));
    cr_expect(json_fixture_holds(&fixture, "if a &lt; 2:"));
    cr_expect(json_fixture_holds(&fixture, "the batch &quot;x&quot;"));
    cr_expect(json_fixture_holds(&fixture, "<h2>Not reached</h2>"));
    cr_expect(json_fixture_holds(&fixture, "<details open><summary>F/f.py"));
    cr_expect(json_fixture_holds(&fixture, "<span class=\"missed\""));
    cr_expect(json_fixture_holds(&fixture, "<span class=\"late\""));
    cr_expect(json_fixture_holds(&fixture, "needs --fault timeout"));
}

Test(coverage_reports, page_says_that_no_lines_were_collected)
{
    coverage_append_page(&fixture.text, fixture.store, judged("{'calls': []}"));
    cr_expect(json_fixture_holds(&fixture, "No lines were collected"));
    cr_expect_eq(json_fixture_count(&fixture, "Not reached"), 0);
}
