#include "model/handler_tree_collect.h"

#include "tests/model/handler_tree_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(handler_tree_collect, .init = tree_setup, .fini = tree_teardown);

/* Two calls; the first has a token of the attempt, the second one of its own where it may. */
static void two_calls(struct scripted *run)
{
    char request[64];
    struct value answer;
    (void)snprintf(request, sizeof request, "{'TableName': 'A', 'ClientRequestToken': 'token-%u'}",
                   run->run->attempt);
    if (!scripted_call(run, "PutItem", request, &answer) ||
        !scripted_call(run, "PutItem", "{'TableName': 'B'}", &answer))
        return;
    scripted_return(run);
}

static enum status ask_root(uint32_t first, uint32_t *node)
{
    return handler_tree_root(tree, event_of(first, first + 1), 0, node, &error);
}

static size_t add_collected(void)
{
    size_t count = 0;
    cr_assert_eq(handler_tree_add_collected(tree, &count, &error), STATUS_OK, "%s", error.message);
    return count;
}

Test(handler_tree_collect, asks_for_all_at_once)
{
    uint32_t nodes[3] = {HANDLER_NODE_NONE};
    tree_create(two_calls);
    handler_tree_collect(tree, true);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(ask_root(i, &nodes[i]), STATUS_DEFERRED);
    cr_assert_eq(ask_root(1, &nodes[1]), STATUS_DEFERRED, "once more is not another one");
    cr_assert_eq(backend_log.runs, 0);
    handler_tree_collect(tree, false);
    cr_assert_eq(add_collected(), 3);
    cr_assert_eq(backend_log.runs, 9, "three attempts of each");
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(ask_root(i, &nodes[i]), STATUS_OK);
        cr_assert_eq(nodes[i], HANDLER_NODE_FIRST + i, "in the order in which they were wanted");
        cr_assert(handler_tree_step(tree, nodes[i])->fresh_token);
    }
    cr_assert_eq(backend_log.runs, 9);
    cr_assert_eq(add_collected(), 0);
}

Test(handler_tree_collect, knows_what_is_there)
{
    uint32_t node = HANDLER_NODE_NONE;
    uint32_t child = HANDLER_NODE_NONE;
    tree_create(two_calls);
    cr_assert_eq(ask_root(0, &node), STATUS_OK);
    handler_tree_collect(tree, true);
    cr_assert_eq(ask_root(0, &node), STATUS_OK);
    cr_assert_eq(handler_tree_child(tree, node, answer_of(200), &child, &error), STATUS_DEFERRED);
    handler_tree_collect(tree, false);
    cr_assert_eq(add_collected(), 1);
    cr_assert_eq(handler_tree_child(tree, node, answer_of(200), &child, &error), STATUS_OK);
    cr_assert_str_eq(table_of(child), "B");
}

/* What does not fit is not lost: it is asked for the next time. */
Test(handler_tree_collect, leaves_what_is_too_much)
{
    enum { MANY = 100 };
    uint32_t node = HANDLER_NODE_NONE;
    tree_create(two_calls);
    handler_tree_collect(tree, true);
    for (uint32_t i = 0; i < MANY; i++)
        cr_assert_eq(ask_root(i, &node), STATUS_DEFERRED);
    cr_assert(handler_tree_has_enough(tree));
    size_t first = add_collected();
    cr_assert_lt(first, (size_t)MANY);
    size_t left = 0;
    for (uint32_t i = 0; i < MANY; i++)
        left += ask_root(i, &node) == STATUS_DEFERRED ? 1 : 0;
    cr_assert_eq(first + left, MANY);
    cr_assert_eq(add_collected(), left);
}

Test(handler_tree_collect, says_which_function_failed_to_run)
{
    uint32_t node = HANDLER_NODE_NONE;
    size_t count = 0;
    tree_create(two_calls);
    handler_tree_collect(tree, true);
    cr_assert_eq(ask_root(0, &node), STATUS_DEFERRED);
    backend_log.fail_with = STATUS_SYSTEM;
    cr_assert_eq(handler_tree_add_collected(tree, &count, &error), STATUS_SYSTEM);
    cr_assert_not_null(strstr(error.message, "while running"), "%s", error.message);
    cr_assert_eq(add_collected(), 0, "it is not wanted any more");
}
