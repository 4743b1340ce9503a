#include "reports/mermaid.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(mermaid, .init = set_up, .fini = tear_down);

static void draw(const char *trace)
{
    mermaid_append(&fixture.text, fixture.store, json_fixture_value(&fixture, trace), NULL);
    cr_assert_not(text_failed(&fixture.text));
}

Test(mermaid, what_mermaid_would_read_as_syntax_is_escaped)
{
    draw("{'steps': [{'actor': 'F/shard-0#1', 'action': 'invoke', 'summary':"
         " 'a;b #c %% end endless\\nsend \\u00e9 <br>'}]}");
    cr_assert(json_fixture_holds(
        &fixture,
        "Note over p1: a#59;b #35;c #37;#37; #101;nd endless send \xc3\xa9 #60;br#62;\n"));
}

Test(mermaid, a_long_label_is_cut_between_characters)
{
    char trace[1024];
    char label[512] = "";
    for (int i = 0; i < 119; i++)
        strcat(label, "x");
    strcat(label, "\xc3\xa9\xc3\xa9");
    snprintf(trace, sizeof trace,
             "{'steps': [{'actor': 'F#1', 'action': 'invoke', 'summary': '%s'}]}", label);
    draw(trace);
    cr_assert(json_fixture_holds(&fixture, "xxx...\n"));
}

Test(mermaid, a_call_is_an_arrow_to_each_table_it_names)
{
    draw(
        "{'steps': [{'actor': 'F/shard-0#1', 'action': 'call', 'summary': 'writes', 'request':"
        " {'body': {'TransactItems': [{'Put': {'TableName': 'A'}}, {'Update': {'TableName':"
        " 'B'}}, {'Put': {'TableName': 'A'}}]}}, 'answer': {'status': 200}}, {'actor':"
        " 'F/shard-0#1', 'action': 'call', 'summary': 'refused', 'request': {'body':"
        " {'TableName': 'A'}}, 'answer': {'status': 400}}, {'actor': 'F/shard-0#1', 'action':"
        " 'call', 'summary': 'both', 'request': {'body': {'RequestItems': {'B': [], 'C': []}}}}]}");
    cr_assert_str_eq(text_string(&fixture.text), "sequenceDiagram\n"
                                                 "    participant p1 as F/shard-0\n"
                                                 "    participant p2 as A\n"
                                                 "    participant p3 as B\n"
                                                 "    participant p4 as C\n"
                                                 "    p1->>p2: writes\n"
                                                 "    p1->>p3: the same call\n"
                                                 "    p1-xp2: refused\n"
                                                 "    p1->>p3: both\n"
                                                 "    p1->>p4: the same call\n"
                                                 "    Note over p1,p4: violated: : \n");
}

Test(mermaid, minor_steps_are_left_out_but_for_faults)
{
    draw(
        "{'steps': [{'actor': 'F#1', 'action': 'draw', 'minor': true, 'summary': 'idle'},"
        " {'actor': 'F#1', 'action': 'draw', 'minor': true, 'fault': 'crash', 'summary': 'bad'}]}");
    cr_assert_eq(json_fixture_count(&fixture, "idle"), 0);
    cr_assert(json_fixture_holds(&fixture, "    rect rgba(255, 0, 0, 0.15)\n"
                                           "        Note over p1: bad\n    end\n"));
}

static void append_steps(struct text *trace, int count)
{
    text_append_string(trace, "{'steps': [");
    for (int i = 0; i < count; i++)
        text_append_format(trace,
                           "%s{'actor': 'F/shard-%d#1', 'action': 'invoke', 'summary':"
                           " 'step %d and a text that makes it long enough to matter'}",
                           i == 0 ? "" : ", ", i % 20, i);
    text_append_string(trace, "]}");
}

Test(mermaid, of_a_long_trace_the_middle_is_left_out)
{
    struct text trace;
    text_init(&trace, &fixture.memory);
    append_steps(&trace, 3000);
    draw(text_string(&trace));
    text_release(&trace);
    cr_assert_leq(fixture.text.length, MERMAID_TEXT_MAX);
    cr_assert_gt(fixture.text.length, MERMAID_TEXT_MAX / 2);
    cr_assert(json_fixture_holds(&fixture, "step 0 and"));
    cr_assert(json_fixture_holds(&fixture, "step 2999 and"));
    const char *note = strstr(text_string(&fixture.text), " steps are left out here");
    cr_assert_not_null(note);
    while (note[-1] >= '0' && note[-1] <= '9')
        note--;
    cr_assert_eq(json_fixture_count(&fixture, "and a text") + strtoul(note, NULL, 10), 3000);
}

Test(mermaid, a_trace_without_steps_has_no_lanes)
{
    draw("{}");
    cr_assert_str_eq(text_string(&fixture.text), "sequenceDiagram\n");
}

Test(mermaid, every_failing_allocation_is_noticed)
{
    struct text trace;
    text_init(&trace, &fixture.memory);
    append_steps(&trace, 30);
    struct value value = json_fixture_value(&fixture, text_string(&trace));
    text_release(&trace);
    bool failed = true;
    for (unsigned long long n = 1; failed; n++) {
        text_release(&fixture.text);
        text_init(&fixture.text, &fixture.memory);
        fixture.memory.fail_at = fixture.memory.requests + n;
        mermaid_append(&fixture.text, fixture.store, value, NULL);
        failed = text_failed(&fixture.text);
        cr_assert(failed || fixture.memory.requests < fixture.memory.fail_at);
    }
    fixture.memory.fail_at = 0;
}
