#include "reports/ledger_value.h"

#include "tests/reports/json_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct json_fixture fixture;

static void set_up(void) { json_fixture_init(&fixture); }

static void tear_down(void) { json_fixture_release(&fixture); }

TestSuite(ledger_value, .init = set_up, .fini = tear_down);

/* A and B are put and come in one batch of F, which writes an item each and a sum for both. */
#define PUT(n, trade, value)                                                                       \
    "{'actor': 'Generator', 'action': 'put', 'count': " n ", 'changes': [{'component':"            \
    " 'In/shard-0/" n "', 'before': null, 'after': {'data': {'id': '" trade "', 'amount': " value  \
    "}}}]},"
#define POLL                                                                                       \
    "{'actor': 'F/shard-0#1', 'action': 'poll', 'records': ['In/shard-0/0', 'In/shard-0/1'],"      \
    " 'changes': [{'component': 'F/shard-0', 'before': {}, 'after': {'batch': 2}}]},"
#define CALL(actor, changes)                                                                       \
    "{'actor': '" actor "', 'action': 'call', 'summary': 'writes', 'request': {'body': {}},"       \
    " 'answer': {'status': 200}, 'changes': [" changes "]},"
#define ITEM(component, trade, value)                                                              \
    "{'component': '" component "', 'before': null, 'after': {'key': {'S': '" trade                \
    "'}, 'n': {'N': '" value "'}}}"
#define HEAD(counted)                                                                              \
    "{'copies': [1, 0, 1], 'violation': {'messages': [{'trade': 'A', 'version': 0, 'expected': 1," \
    " 'counted': " counted "}, {'trade': 'B', 'version': 2, 'expected': 1, 'counted': 1}]},"       \
    " 'steps': ["

static void expect(const char *trace, bool all, const char *ledger)
{
    struct value value = ledger_value(fixture.store, json_fixture_value(&fixture, trace));
    cr_assert_not(value_is_none(value));
    ledger_append(&fixture.text, fixture.store, value, all);
    cr_expect_str_eq(text_string(&fixture.text), ledger);
}

Test(ledger_value, an_item_belongs_to_whose_values_it_holds_and_a_sum_to_all)
{
    expect(HEAD("1") PUT("0", "A", "5")
               PUT("2", "B",
                   "7") "{'actor': 'F/shard-0#1', 'action': 'poll', 'records': ['In/shard-0/0',"
                        " 'In/shard-0/2'], 'changes': []}," CALL(
                            "F/shard-0#1", ITEM("T/x", "A", "5") "," ITEM("T/y", "B", "7"))
                            CALL("F/shard-0#1",
                                 ITEM("Sum/all", "all",
                                      "12")) "{'actor': 'F/shard-0#1', 'action': 'acknowledge'}]}",
           true,
           "\n  the way of A v0\n"
           "      1   put as In/shard-0/0\n"
           "      3   F/shard-0#1 gets it in a batch of 2, as In/shard-0/0\n"
           "      4   F/shard-0#1 writes T/x\n"
           "      5   F/shard-0#1 writes Sum/all\n"
           "      6   F/shard-0#1 is done with the batch\n"
           "\n  the way of B v2\n"
           "      2   put as In/shard-0/2\n"
           "      3   F/shard-0#1 gets it in a batch of 2, as In/shard-0/2\n"
           "      4   F/shard-0#1 writes T/y\n"
           "      5   F/shard-0#1 writes Sum/all\n"
           "      6   F/shard-0#1 is done with the batch\n");
}

Test(ledger_value, a_stream_record_carries_its_items_messages_on)
{
    expect(HEAD("0")
               PUT("0", "A",
                   "5") "{'actor': 'F/shard-0#1', 'action': 'poll', 'records': "
                        "['In/shard-0/0']}," CALL(
                            "F/shard-0#1",
                            ITEM("T/x", "A", "5") ", {'component': 'T/stream-1/0', 'before': null, "
                                                  "'after': {'Keys': {'key':"
                                                  " {'S': 'A'}}}}") "{'actor': 'G/shard-1#1', "
                                                                    "'action': 'poll', 'records': "
                                                                    "['T/stream-1/0']},"
                                                                    "{'actor': 'G/shard-1#1', "
                                                                    "'action': 'crash'}]}",
           false,
           "\n  the way of A v0\n"
           "      1   put as In/shard-0/0\n"
           "      2   F/shard-0#1 gets it in a batch of 1, as In/shard-0/0\n"
           "      3   F/shard-0#1 writes T/x; stream record T/stream-1/0\n"
           "      4   G/shard-1#1 gets it in a batch of 1, as T/stream-1/0\n"
           "      5   G/shard-1#1 crashes: the batch comes again\n");
}

Test(ledger_value, refusals_and_replacements_are_told)
{
    static const char trace[] =
        "{'copies': [1, 1], 'violation': {'messages': [{'trade': 'A', 'version': 0, 'expected': 0,"
        " 'counted': 1}, {'trade': 'A', 'version': 1, 'expected': 1, 'counted': 1}], 'counted_at':"
        " [{'n': 4, 'trade': 'A', 'version': 0, 'from': 0, 'to': 1}]}, 'steps': [" PUT(
            "0", "A", "5") PUT("1", "A", "7")
            POLL CALL("F/shard-0#1",
                      ITEM("T/A", "A",
                           "5")) "{'actor': 'F/shard-0#1', 'action': 'call', 'summary': 'PutItem: "
                                 "refused', 'request':"
                                 " {'body': {'Item': {'n': {'N': '5'}}}}, 'answer': {'status': "
                                 "400}, 'changes': []}," CALL(
                                     "F/shard-0#1",
                                     ITEM("T/A", "A",
                                          "7")) "{'actor': 'F/shard-0#1', 'action': 'retry'}]}";
    expect(trace, false,
           "\n  the way of A v0\n"
           "      1   put as In/shard-0/0\n"
           "      3   F/shard-0#1 gets it in a batch of 2, as In/shard-0/0\n"
           "      4   F/shard-0#1 writes T/A\n"
           "      4   the aggregates now count it 1 time, before 0\n"
           "      5   F/shard-0#1: PutItem: refused\n"
           "      6   A v1 takes its place in T/A\n"
           "      7   F/shard-0#1 failed: the batch comes again\n");
}

Test(ledger_value, what_is_no_item_is_not_written)
{
    expect(HEAD("0")
               PUT("0", "A",
                   "5") "{'actor': 'F/shard-0#1', 'action': 'poll', 'records': "
                        "['In/shard-0/0']}," CALL(
                            "F/shard-0#1",
                            ITEM("F/shard-0", "A", "5") "," ITEM("F/clock", "A", "5") "," ITEM(
                                "tokens/A", "A",
                                "5") "," ITEM("T/placement/A", "A",
                                              "5") "," ITEM("faults/timeout", "A",
                                                            "5") "," ITEM("Generator", "A",
                                                                          "5")) "{'actor': "
                                                                                "'F/"
                                                                                "shard-0#1',"
                                                                                " 'action': "
                                                                                "'timeout'}]"
                                                                                "}",
           false,
           "\n  the way of A v0\n"
           "      1   put as In/shard-0/0\n"
           "      2   F/shard-0#1 gets it in a batch of 1, as In/shard-0/0\n"
           "      4   F/shard-0#1 times out: the batch comes again\n");
}

/* Traces come from files. */
Test(ledger_value, odd_traces_are_read_as_far_as_they_go)
{
    static const char *const traces[] = {
        "{}",
        "{'steps': 1}",
        "{'steps': [{}, {'actor': 1, 'action': 'call', 'changes': [{}]}]}",
        HEAD("1") "{'actor': 'F', 'action': 'poll', 'records': [1, 'nothing/shard-0/0']}]}",
        HEAD("1") "{'actor': 'Generator', 'action': 'put', 'count': 64, 'changes': [{'component':"
                  " 'In/shard-0/0'}]}]}",
        HEAD("1") "{'actor': 'F', 'action': 'call', 'changes': [{'component': 'T/x'}]}]}"};
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        struct value value = ledger_value(fixture.store, json_fixture_value(&fixture, traces[i]));
        cr_expect_not(value_is_none(value), "%s", traces[i]);
    }
}

Test(ledger_value, no_memory_is_no_ledger)
{
    static const char trace[] = HEAD("0") PUT("0", "A", "5") POLL CALL(
        "F/shard-0#1", ITEM("T/x", "A", "5")) "{'actor': 'F/shard-0#1', 'action': 'retry'}]}";
    for (unsigned long long n = 1;; n++) {
        struct json_fixture small;
        json_fixture_init(&small);
        struct value parsed = json_fixture_value(&small, trace);
        unsigned long long before = small.memory.requests;
        small.memory.fail_at = before + n;
        struct value value = ledger_value(small.store, parsed);
        bool failed = small.memory.requests >= before + n;
        cr_expect(failed == (value_is_none(value) || value_store_failed(small.store)),
                  "request %llu", n);
        small.memory.fail_at = 0;
        json_fixture_release(&small);
        if (!failed)
            break;
    }
}
