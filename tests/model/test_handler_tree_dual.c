#include "model/event.h"
#include "tests/model/handler_tree_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(handler_tree_dual, .init = tree_setup, .fini = tree_teardown);

/* --- the same inputs for another event -------------------------------------------------- */

Test(handler_tree_dual, leads_the_same_way_for_a_perturbed_event)
{
    tree_create(row_of_sequence);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t put = child_of(root, answer_of(200));
    uint32_t dual = 0;
    cr_assert_eq(handler_tree_dual(tree, put, &dual, &error), STATUS_OK);
    cr_assert_neq(dual, put);
    cr_assert_str_neq(table_of(dual), table_of(put));
    size_t runs = backend_log.runs;
    uint32_t again = 0;
    cr_assert_eq(handler_tree_dual(tree, put, &again, &error), STATUS_OK);
    cr_assert_eq(again, dual);
    cr_assert_eq(backend_log.runs, runs);
    cr_assert_eq(handler_tree_dual(tree, root, &dual, &error), STATUS_OK);
    cr_assert_str_eq(table_of(dual), "P");
}

/* Kinesis's sequence numbers begin with 4959, perturbed ones with 4962. */
static bool is_perturbed(const struct scripted *run)
{
    return strncmp(scripted_sequence(run, 0), "4962", 4) == 0;
}

/* The perturbed event takes a draw where the event makes a call. */
static void another_course(struct scripted *run)
{
    struct value answer;
    bool low = false;
    if (is_perturbed(run) && !scripted_draw(run, &low))
        return;
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    if (!scripted_call(run, "PutItem", "{'TableName': 'B'}", &answer))
        return;
    scripted_return(run);
}

/* An input of one kind must never be given to a step of another: scripted_draw would fail the test.
 */
Test(handler_tree_dual, stops_where_a_perturbed_event_takes_another_course)
{
    tree_create(another_course);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t second = child_of(root, answer_of(200));
    uint32_t dual = 0;
    cr_assert_eq(handler_tree_dual(tree, second, &dual, &error), STATUS_OK);
    cr_assert_eq(dual, HANDLER_NODE_NONE);
    cr_assert_eq(handler_tree_dual(tree, root, &dual, &error), STATUS_OK);
    cr_assert_eq(dual, HANDLER_NODE_NONE);
}

static void returns_when_perturbed(struct scripted *run)
{
    struct value answer;
    if (is_perturbed(run)) {
        scripted_return(run);
        return;
    }
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    scripted_return(run);
}

Test(handler_tree_dual, finds_that_a_perturbed_event_ends_before)
{
    tree_create(returns_when_perturbed);
    uint32_t dual = 99;
    cr_assert_eq(handler_tree_dual(tree, root_of(event_of(0, 1), 0), &dual, &error), STATUS_OK);
    cr_assert_eq(dual, HANDLER_NODE_NONE);
}

static void row_of_the_time(struct scripted *run)
{
    int64_t now = 0;
    struct value answer;
    if (!scripted_time(run, &now))
        return;
    struct value request = scripted_format(run->store, "{'TableName': 'at%lld'}", (long long)now);
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

/* The time is AWS's choice as much as a sequence number is. */
Test(handler_tree_dual, perturbs_the_time_as_well)
{
    tree_create(row_of_the_time);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t put = child_of(root, value_integer(store, INT64_C(1704067200000)));
    uint32_t dual = 0;
    cr_assert_eq(handler_tree_dual(tree, put, &dual, &error), STATUS_OK);
    cr_assert_str_eq(table_of(put), "at1704067200000");
    cr_assert_str_neq(table_of(dual), "at1704067200000");
}
