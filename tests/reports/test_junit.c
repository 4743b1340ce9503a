#include "reports/junit.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(junit, .init = set_up, .fini = tear_down);

/* result or trace may be NULL. */
static void write(const char *result, const char *trace)
{
    struct value value = trace == NULL ? VALUE_NONE : json_fixture_value(&fixture, trace);
    struct export_source source = {.store = fixture.store,
                                   .result = result == NULL ? VALUE_NONE
                                                            : json_fixture_value(&fixture, result),
                                   .traces = &value,
                                   .trace_count = trace == NULL ? 0 : 1,
                                   .started_ms = 1700000000999};
    junit_append(&fixture.text, &source);
    cr_assert_not(text_failed(&fixture.text));
}

Test(junit, a_run_that_holds_passes_every_property)
{
    write("{'verdict': 'holds', 'scenario': 's', 'solution': 'mine', 'properties': ['exactly_once',"
          " 'nothing_lost'], 'runtime': {'seconds': 1.25}}",
          NULL);
    cr_assert_str_eq(
        text_string(&fixture.text),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "  <testsuite name=\"s\" package=\"oncecheck\" id=\"0\" tests=\"2\" failures=\"0\""
        " errors=\"0\" skipped=\"0\" hostname=\"localhost\" timestamp=\"2023-11-14T22:13:20\""
        " time=\"1.25\">\n"
        "    <properties>\n"
        "      <property name=\"verdict\" value=\"holds\"/>\n"
        "      <property name=\"solution\" value=\"mine\"/>\n"
        "    </properties>\n"
        "    <testcase name=\"exactly_once\" classname=\"oncecheck.s\" time=\"1.25\">\n"
        "    </testcase>\n"
        "    <testcase name=\"nothing_lost\" classname=\"oncecheck.s\" time=\"0\">\n"
        "    </testcase>\n"
        "    <system-out></system-out>\n"
        "    <system-err></system-err>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

Test(junit, what_xml_cannot_hold_is_replaced)
{
    write(NULL, "{'scenario': {'file': 'a/b.c.yaml'}, 'violation': {'property': 'p', 'summary':"
                " '<a> & \\\\ \\u0001\\n\\uffff \\u00e9'}, 'steps': []}");
    cr_assert(json_fixture_holds(&fixture, "name=\"b.c\""));
    cr_assert(
        json_fixture_holds(&fixture, "message=\"&lt;a&gt; &amp; \\ ? ? \xc3\xa9\" type=\"p\""));
    cr_assert_eq(json_fixture_count(&fixture, "\x01"), 0);
}

Test(junit, other_properties_of_a_violated_run_are_not_said_to_hold)
{
    write("{'verdict': 'violated', 'scenario': 's', 'properties': ['p', 'q']}",
          "{'violation': {'property': 'q', 'summary': 'bad', 'code': {'function': 'F', 'file':"
          " 'f.py', 'line': 7}}, 'functions': {'F': {'code': 'src/F'}}}");
    cr_assert(json_fixture_holds(&fixture, "failures=\"1\" errors=\"0\" skipped=\"1\""));
    cr_assert(json_fixture_holds(&fixture, "message=\"bad (src/F/f.py:7)\""));
    cr_assert_eq(json_fixture_count(&fixture, "<skipped/>"), 1);
}

Test(junit, a_run_that_failed_is_an_error)
{
    write("{'verdict': 'error', 'error': {'message': 'no such folder'}}", NULL);
    cr_assert(json_fixture_holds(&fixture, "tests=\"1\" failures=\"0\" errors=\"1\""));
    cr_assert(json_fixture_holds(&fixture, "<error message=\"no such folder\" type=\"error\">"));
}

Test(junit, every_failing_allocation_is_noticed)
{
    struct value trace = json_fixture_value(
        &fixture, "{'violation': {'property': 'q', 'summary': 'bad', 'code': {'function': 'F',"
                  " 'file': 'f.py', 'line': 7}}, 'functions': {'F': {'code': 'src/F'}}, 'steps':"
                  " [{'n': 1, 'actor': 'F', 'summary': 'x'}]}");
    struct export_source source = {
        .store = fixture.store, .result = VALUE_NONE, .traces = &trace, .trace_count = 1};
    bool failed = true;
    for (unsigned long long n = 1; failed; n++) {
        text_release(&fixture.text);
        text_init(&fixture.text, &fixture.memory);
        fixture.memory.fail_at = fixture.memory.requests + n;
        junit_append(&fixture.text, &source);
        failed = text_failed(&fixture.text);
        cr_assert(failed || fixture.memory.requests < fixture.memory.fail_at);
    }
    fixture.memory.fail_at = 0;
}
