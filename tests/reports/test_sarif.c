#include "reports/sarif.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(sarif, .init = set_up, .fini = tear_down);

static struct export_source source_of(const struct value *trace)
{
    return (struct export_source){
        .store = fixture.store, .result = VALUE_NONE, .traces = trace, .trace_count = 1};
}

static void write(const char *trace)
{
    struct value value = json_fixture_value(&fixture, trace);
    struct export_source source = source_of(&value);
    sarif_append(&fixture.text, &source);
    cr_assert_not(text_failed(&fixture.text));
}

Test(sarif, a_path_becomes_a_uri)
{
    write("{'violation': {'property': 'exactly_once', 'code': {'function': 'F', 'file': 'f#1 "
          "\\u00e9.py',"
          " 'line': 3}}, 'functions': {'F': {'code': './my code/F'}}}");
    cr_assert(json_fixture_holds(&fixture, "\"uri\": \"my%20code/F/f%231%20%C3%A9.py\""));
    cr_assert(json_fixture_holds(&fixture, "\"startLine\": 3"));
}

Test(sarif, an_absolute_path_has_its_scheme)
{
    write("{'violation': {'property': 'exactly_once', 'code': {'function': 'F', 'file': 'f.py', "
          "'line': 3}},"
          " 'functions': {'F': {'code': '/srv/F'}}}");
    cr_assert(json_fixture_holds(&fixture, "\"uri\": \"file:///srv/F/f.py\""));
}

Test(sarif, without_a_line_of_code_the_scenario_is_shown)
{
    write("{'violation': {'property': 'nothing_lost', 'code': null}, 'scenario': {'file': "
          "'s.yaml'}}");
    cr_assert(json_fixture_holds(&fixture, "\"uri\": \"s.yaml\""));
    cr_assert(json_fixture_holds(&fixture, "\"startLine\": 1"));
    cr_assert(json_fixture_holds(&fixture, "\"ruleIndex\": 2"));
}

Test(sarif, a_fault_is_essential_and_a_minor_step_unimportant)
{
    write("{'violation': {'property': 'exactly_once'}, 'steps': [{'n': 1, 'actor': 'F', 'summary': "
          "'x',"
          " 'fault': 'crash'}, {'n': 2, 'actor': 'F', 'summary': 'y', 'minor': true}, {'n': 3,"
          " 'actor': 'F', 'summary': 'z'}]}");
    cr_assert_eq(json_fixture_count(&fixture, "\"importance\": \"essential\""), 1);
    cr_assert_eq(json_fixture_count(&fixture, "\"importance\": \"unimportant\""), 1);
    cr_assert_eq(json_fixture_count(&fixture, "\"importance\": \"important\""), 1);
    cr_assert(json_fixture_holds(&fixture, "\"text\": \"F: x [fault: crash]\""));
}

Test(sarif, a_failing_allocation_is_noticed)
{
    struct value trace = json_fixture_value(
        &fixture, "{'violation': {'property': 'exactly_once', 'summary': 's', 'cause': 'c', 'code':"
                  " {'function': 'F', 'file': 'f.py', 'line': 3}}, 'functions': {'F': {'code':"
                  " 'src'}}, 'steps': [{'n': 1, 'actor': 'F', 'summary': 'x'}]}");
    fixture.memory.fail_at = fixture.memory.requests + 1;
    struct export_source source = source_of(&trace);
    sarif_append(&fixture.text, &source);
    cr_assert(text_failed(&fixture.text));
    fixture.memory.fail_at = 0;
}
