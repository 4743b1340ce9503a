#include "reports/page.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct json_fixture fixture;
static struct stream_config stream = {.name = "In"};
static struct table_config table = {.name = "Out</script>"};
static struct function_config function = {.name = "Work"};
static struct mapping_config mapping = {.source_kind = SOURCE_STREAM};
static struct pipeline pipeline = {.streams = &stream,
                                   .stream_count = 1,
                                   .tables = &table,
                                   .table_count = 1,
                                   .functions = &function,
                                   .function_count = 1,
                                   .mappings = &mapping,
                                   .mapping_count = 1};

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(page, .init = set_up, .fini = tear_down);

static void show(const char *trace)
{
    page_append(&fixture.text, fixture.store, json_fixture_value(&fixture, trace), &pipeline);
    cr_assert_not(text_failed(&fixture.text));
}

Test(page, nothing_in_a_trace_ends_a_script)
{
    show("{'violation': {'summary': 'a </title><script>alert(1)</script> & b'}, 'steps': [],"
         " 'x': '</script><!-- <script>'}");
    cr_assert(json_fixture_holds(
        &fixture,
        "<title>a &lt;/title>&lt;script>alert(1)&lt;/script> &amp; b - oncecheck</title>"));
    cr_assert(json_fixture_holds(&fixture, "\"x\":\"\\u003c/script>\\u003c!-- \\u003cscript>\""));
    cr_assert(json_fixture_holds(&fixture, "\"tables\":[\"Out\\u003c/script>\"]"));
    cr_assert_eq(json_fixture_count(&fixture, "</script>"), 2);
}

Test(page, it_names_the_pipelines_lanes)
{
    show("{'violation': {}, 'steps': []}");
    cr_assert(
        json_fixture_holds(&fixture, "\"mappings\":[{\"function\":\"Work\",\"source\":\"In\"}]"));
    cr_assert(json_fixture_holds(&fixture, "<title>oncecheck</title>"));
}

Test(page, it_asks_for_nothing_from_outside)
{
    show("{'violation': {}, 'steps': []}");
    cr_assert(json_fixture_holds(&fixture, "content=\"default-src 'none'; "));
    cr_assert_eq(json_fixture_count(&fixture, "http://"), 0);
    cr_assert_eq(json_fixture_count(&fixture, "https://"), 0);
    cr_assert_eq(json_fixture_count(&fixture, " src="), 0);
}

Test(page, no_memory_fails_the_text_or_the_store)
{
    static const char trace[] = "{'violation': {'summary': 'a < b'}, 'steps': [], 'x': '<<<'}";
    for (unsigned long long n = 1;; n++) {
        struct json_fixture small;
        json_fixture_init(&small);
        struct value parsed = json_fixture_value(&small, trace);
        unsigned long long before = small.memory.requests;
        small.memory.fail_at = before + n;
        page_append(&small.text, small.store, parsed, &pipeline);
        bool failed = small.memory.requests >= before + n;
        cr_expect(failed == (text_failed(&small.text) || value_store_failed(small.store)),
                  "request %llu", n);
        small.memory.fail_at = 0;
        json_fixture_release(&small);
        if (!failed)
            break;
    }
}
