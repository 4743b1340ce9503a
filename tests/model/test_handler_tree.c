#include "model/handler_tree.h"

#include "model/event.h"
#include "tests/model/handler_tree_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(handler_tree, .init = tree_setup, .fini = tree_teardown);

/* --- what is asked --------------------------------------------------------------------- */

static void two_calls(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    if (scripted_status(run, answer) != 200) {
        scripted_raise(run);
        return;
    }
    if (!scripted_call(run, "PutItem", "{'TableName': 'B'}", &answer))
        return;
    scripted_return(run);
}

Test(handler_tree, asks_every_question_once)
{
    tree_create(two_calls);
    struct value event = event_of(0, 1);
    uint32_t root = root_of(event, 0);
    uint32_t second = child_of(root, answer_of(200));
    uint32_t end = child_of(second, answer_of(200));
    cr_assert_eq(root, HANDLER_NODE_FIRST);
    cr_assert_eq(second, HANDLER_NODE_FIRST + 1);
    cr_assert_str_eq(table_of(root), "A");
    cr_assert_str_eq(table_of(second), "B");
    cr_assert_eq(end, HANDLER_NODE_RETURNED);
    cr_assert_eq(backend_log.runs, 6, "each of three steps for two attempts");
    cr_assert_eq(root_of(event, 0), root);
    cr_assert_eq(root_of(event, 5), root, "the attempt does not matter");
    cr_assert_eq(child_of(root, answer_of(200)), second);
    cr_assert_eq(child_of(second, answer_of(200)), HANDLER_NODE_RETURNED);
    cr_assert_eq(backend_log.runs, 6);
    cr_assert_not(handler_tree_depends_on_attempt(tree));
    struct handler_tree_statistics statistics;
    handler_tree_statistics(tree, &statistics);
    cr_assert_eq(statistics.events, 1);
    cr_assert_eq(statistics.nodes, 3);
    cr_assert_eq(statistics.runs, 6);
}

Test(handler_tree, tells_events_and_answers_apart)
{
    tree_create(two_calls);
    uint32_t root = root_of(event_of(0, 1), 0);
    cr_assert_neq(root_of(event_of(0, 2), 0), root);
    cr_assert_neq(root_of(event_of(1, 2), 0), root);
    cr_assert_eq(child_of(root, answer_of(400)), HANDLER_NODE_FAILED);
    cr_assert_gt(child_of(root, answer_of(200)), root);
    struct handler_tree_statistics statistics;
    handler_tree_statistics(tree, &statistics);
    cr_assert_eq(statistics.events, 3);
}

Test(handler_tree, knows_the_last_call_on_the_way)
{
    tree_create(two_calls);
    uint32_t root = root_of(event_of(0, 1), 0);
    struct value answer = answer_of(200);
    uint32_t second = child_of(root, answer);
    uint32_t call = 0;
    struct value found = VALUE_NONE;
    cr_assert_not(handler_tree_last_call(tree, root, &call, &found));
    cr_assert(handler_tree_last_call(tree, second, &call, &found));
    cr_assert_eq(call, root);
    cr_assert(value_equal(found, answer));
    cr_assert_not(handler_tree_last_call(tree, HANDLER_NODE_RETURNED, &call, &found));
}

Test(handler_tree, grows_beyond_its_first_index)
{
    enum { ANSWERS = 3000 };
    tree_create(two_calls);
    uint32_t root = root_of(event_of(0, 1), 0);
    for (int i = 0; i < ANSWERS; i++)
        cr_assert_eq(child_of(root, answer_of(300 + i)), HANDLER_NODE_FAILED);
    for (int i = 0; i < ANSWERS; i++)
        (void)child_of(root, answer_of(300 + i));
    cr_assert_eq(backend_log.runs, (size_t)2 * (ANSWERS + 1));
}

/* --- ends ------------------------------------------------------------------------------ */

static void ends(struct scripted *run)
{
    bool low = false;
    struct value answer;
    if (!scripted_draw(run, &low))
        return;
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    switch (scripted_status(run, answer)) {
    case 200: {
        scripted_return(run);
        return;
    }
    case 400: {
        scripted_raise(run);
        return;
    }
    case 500: {
        scripted_exit(run);
        return;
    }
    default: {
        scripted_hang(run);
        return;
    }
    }
}

Test(handler_tree, shares_the_ends_of_a_kind)
{
    tree_create(ends);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t high = child_of(root, value_text(store, "high"));
    cr_assert_eq(child_of(high, answer_of(200)), HANDLER_NODE_RETURNED);
    cr_assert_eq(child_of(high, answer_of(400)), HANDLER_NODE_FAILED);
    cr_assert_eq(child_of(high, answer_of(500)), HANDLER_NODE_FAILED);
    cr_assert_eq(child_of(high, answer_of(503)), HANDLER_NODE_HUNG);
    for (uint32_t end = HANDLER_NODE_NONE; end < HANDLER_NODE_FIRST; end++)
        cr_assert_null(handler_tree_step(tree, end));
}

Test(handler_tree, blames_a_failure_on_a_low_draw_anywhere_before)
{
    tree_create(ends);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t low = child_of(root, value_text(store, "low"));
    cr_assert_eq(child_of(low, answer_of(200)), HANDLER_NODE_RETURNED);
    cr_assert_eq(child_of(low, answer_of(400)), HANDLER_NODE_FAILED_BY_FAULT);
    cr_assert_eq(child_of(low, answer_of(500)), HANDLER_NODE_FAILED_BY_FAULT);
    cr_assert_eq(child_of(low, answer_of(503)), HANDLER_NODE_HUNG);
}

Test(handler_tree, keeps_the_details_of_ends)
{
    tree_create(ends);
    struct value event = event_of(0, 1);
    uint32_t root = root_of(event, 0);
    uint32_t high = child_of(root, value_text(store, "high"));
    (void)child_of(high, answer_of(400));
    (void)child_of(high, answer_of(500));
    const struct handler_step *raised = handler_tree_end(tree, VALUE_NONE, 0, high, answer_of(400));
    cr_assert_not_null(raised);
    cr_assert_eq(raised->kind, HANDLER_RAISE);
    cr_assert(value_is_text(store, value_get_text(store, raised->detail, "class"), "Exception"));
    cr_assert_eq(handler_tree_end(tree, VALUE_NONE, 0, high, answer_of(500))->kind, HANDLER_EXIT);
    cr_assert_null(handler_tree_end(tree, VALUE_NONE, 0, high, answer_of(418)), "not followed");
}

static void raises_at_once(struct scripted *run) { scripted_raise(run); }

Test(handler_tree, ends_at_the_root)
{
    tree_create(raises_at_once);
    struct value event = event_of(0, 1);
    cr_assert_eq(root_of(event, 3), HANDLER_NODE_FAILED);
    const struct handler_step *step =
        handler_tree_end(tree, event, 3, HANDLER_NODE_NONE, VALUE_NONE);
    cr_assert_not_null(step);
    cr_assert_eq(step->kind, HANDLER_RAISE);
}

/* --- attempts -------------------------------------------------------------------------- */

static void writes_attempt(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(run->store, "{'TableName': 'T%u'}", run->run->attempt);
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

Test(handler_tree, notices_what_depends_on_the_attempt)
{
    tree_create(writes_attempt);
    uint32_t first = root_of(event_of(0, 1), 0);
    cr_assert(handler_tree_depends_on_attempt(tree));
    cr_assert_not(handler_tree_shows_attempts(tree));
    uint32_t line = 0;
    struct value file = handler_tree_dependence_file(tree, &line);
    cr_assert(value_is_text(store, file, "scripted.c"));
    cr_assert_eq(line, 1);
    cr_assert_eq(root_of(event_of(0, 1), 1), first, "attempts are not shown yet");
}

Test(handler_tree, shows_attempts_from_then_on)
{
    tree_create(writes_attempt);
    (void)root_of(event_of(0, 1), 0);
    handler_tree_show_attempts(tree);
    cr_assert(handler_tree_shows_attempts(tree));
    struct handler_tree_statistics statistics;
    handler_tree_statistics(tree, &statistics);
    cr_assert_eq(statistics.events, 0);
    cr_assert_eq(statistics.nodes, 0);
    size_t runs = backend_log.runs;
    uint32_t first = root_of(event_of(0, 1), 0);
    uint32_t third = root_of(event_of(0, 1), 2);
    cr_assert_eq(backend_log.runs, runs + 2, "one run a node: no more comparisons");
    cr_assert_neq(first, third);
    cr_assert_str_eq(table_of(first), "T0");
    cr_assert_str_eq(table_of(third), "T2");
    cr_assert_eq(child_of(third, answer_of(200)), HANDLER_NODE_RETURNED);
    cr_assert_eq(backend_log.attempt_max, 2);
    cr_assert_eq(handler_tree_end(tree, VALUE_NONE, 0, third, answer_of(200))->kind,
                 HANDLER_RETURN);
}

/* The attempt shows only after an answer. */
static void writes_attempt_later(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    if (run->run->attempt % 2 == 1)
        scripted_sleep(run, 10);
    if (!scripted_call(run, "PutItem", "{'TableName': 'B'}", &answer))
        return;
    scripted_return(run);
}

Test(handler_tree, notices_sleeps_that_depend_on_the_attempt)
{
    tree_create(writes_attempt_later);
    uint32_t root = root_of(event_of(0, 1), 0);
    cr_assert_not(handler_tree_depends_on_attempt(tree));
    (void)child_of(root, answer_of(200));
    cr_assert(handler_tree_depends_on_attempt(tree));
    uint32_t line = 0;
    (void)handler_tree_dependence_file(tree, &line);
    cr_assert_eq(line, 2);
}

static void raises_on_odd_attempts(struct scripted *run)
{
    if (run->run->attempt % 2 == 1) {
        scripted_raise(run);
        return;
    }
    scripted_return(run);
}

Test(handler_tree, notices_ends_that_depend_on_the_attempt)
{
    tree_create(raises_on_odd_attempts);
    cr_assert_eq(root_of(event_of(0, 1), 0), HANDLER_NODE_RETURNED);
    cr_assert(handler_tree_depends_on_attempt(tree));
}

/* --- tokens ---------------------------------------------------------------------------- */

static bool transact(struct scripted *run, const char *token, const char *extra)
{
    struct value answer;
    struct value request = scripted_format(
        run->store, "{'TransactItems': []%s, 'ClientRequestToken': '%s'}", extra, token);
    return scripted_request(run, "TransactWriteItems", request, &answer);
}

static void invents_a_token(struct scripted *run)
{
    char token[32];
    (void)snprintf(token, sizeof token, "token-%u", run->run->attempt);
    if (transact(run, token, ""))
        scripted_return(run);
}

Test(handler_tree, takes_away_a_token_that_is_fresh_in_every_attempt)
{
    tree_create(invents_a_token);
    uint32_t root = root_of(event_of(0, 1), 0);
    const struct handler_step *step = handler_tree_step(tree, root);
    cr_assert(step->fresh_token);
    cr_assert(value_is_none(value_get_text(store, step->request, "ClientRequestToken")));
    cr_assert_not(handler_tree_depends_on_attempt(tree));
    cr_assert_eq(backend_log.runs, 3, "a third attempt decides");
}

static void token_of_parity(struct scripted *run)
{
    if (transact(run, run->run->attempt % 2 == 0 ? "even" : "odd", ""))
        scripted_return(run);
}

Test(handler_tree, keeps_a_token_that_comes_back)
{
    tree_create(token_of_parity);
    uint32_t root = root_of(event_of(0, 1), 0);
    const struct handler_step *step = handler_tree_step(tree, root);
    cr_assert_not(step->fresh_token);
    cr_assert(
        value_is_text(store, value_get_text(store, step->request, "ClientRequestToken"), "even"));
    cr_assert(handler_tree_depends_on_attempt(tree));
}

static void fresh_token_and_row(struct scripted *run)
{
    char token[32];
    char row[32];
    (void)snprintf(token, sizeof token, "token-%u", run->run->attempt);
    (void)snprintf(row, sizeof row, ", 'Row': %u", run->run->attempt);
    if (transact(run, token, row))
        scripted_return(run);
}

Test(handler_tree, keeps_a_token_where_more_than_it_differs)
{
    tree_create(fresh_token_and_row);
    uint32_t root = root_of(event_of(0, 1), 0);
    cr_assert_not(handler_tree_step(tree, root)->fresh_token);
    cr_assert(handler_tree_depends_on_attempt(tree));
}

static void token_of_the_event(struct scripted *run)
{
    if (transact(run, scripted_sequence(run, 0), ""))
        scripted_return(run);
}

Test(handler_tree, keeps_a_token_made_of_the_event)
{
    tree_create(token_of_the_event);
    uint32_t root = root_of(event_of(0, 1), 0);
    cr_assert_not(handler_tree_step(tree, root)->fresh_token);
    cr_assert_not(handler_tree_depends_on_attempt(tree));
    cr_assert_eq(backend_log.runs, 2);
}

static void token_of_the_sdk(struct scripted *run)
{
    struct value answer;
    run->fresh_token = true;
    if (!scripted_call(run, "TransactWriteItems", "{'TransactItems': []}", &answer))
        return;
    scripted_return(run);
}

Test(handler_tree, passes_on_the_token_of_the_sdk)
{
    tree_create(token_of_the_sdk);
    cr_assert(handler_tree_step(tree, root_of(event_of(0, 1), 0))->fresh_token);
    cr_assert_not(handler_tree_depends_on_attempt(tree));
}

/* --- sleeping -------------------------------------------------------------------------- */

static void sleeps(struct scripted *run)
{
    struct value answer;
    scripted_sleep(run, 100);
    if (!scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer))
        return;
    scripted_sleep(run, 20);
    scripted_sleep(run, 3);
    if (!scripted_call(run, "PutItem", "{'TableName': 'B'}", &answer))
        return;
    scripted_return(run);
}

Test(handler_tree, sums_up_the_sleep_on_the_way)
{
    tree_create(sleeps);
    uint32_t root = root_of(event_of(0, 1), 0);
    uint32_t second = child_of(root, answer_of(200));
    cr_assert_eq(handler_tree_step(tree, second)->slept_ms, 23);
    cr_assert_eq(handler_tree_slept_ms(tree, root), 100);
    cr_assert_eq(handler_tree_slept_ms(tree, second), 123);
}

/* --- failures -------------------------------------------------------------------------- */

Test(handler_tree, says_which_function_failed_to_run)
{
    tree_create(two_calls);
    backend_log.fail_with = STATUS_NONDETERMINISTIC;
    uint32_t node = 0;
    cr_assert_eq(handler_tree_root(tree, event_of(0, 1), 0, &node, &error),
                 STATUS_NONDETERMINISTIC);
    cr_assert_str_eq(error.message, "scripted failure (while running Work)");
    backend_log.fail_with = STATUS_OK;
    cr_assert_str_eq(table_of(root_of(event_of(0, 1), 0)), "A");
}

/* However many answers it has had, one more call; not in the straight line, which would be slow. */
static void calls_for_ever(struct scripted *run)
{
    struct value answer;
    run->inputs_used = run->run->input_count;
    cr_assert_not(scripted_call(run, "PutItem", "{'TableName': 'A'}", &answer));
}

Test(handler_tree, limits_the_inputs_of_an_invocation)
{
    tree_create(calls_for_ever);
    uint32_t node = root_of(event_of(0, 1), 0);
    struct value answer = answer_of(200);
    for (int i = 0; i < HANDLER_INPUTS_MAX; i++)
        node = child_of(node, answer);
    uint32_t child = 0;
    cr_assert_eq(handler_tree_child(tree, node, answer, &child, &error), STATUS_LIMIT);
    cr_assert_str_eq(error.message, "Work makes more than 4096 calls and draws in one invocation "
                                    "(while running Work)");
    uint32_t dual = 0;
    cr_assert_eq(handler_tree_dual(tree, node, &dual, &error), STATUS_OK);
    cr_assert_neq(dual, HANDLER_NODE_NONE);
}

/* Create a tree, walk it, find a dual: everything that allocates. */
static enum status walk(void)
{
    struct handler_backend backend =
        scripted_backend(&memory, store, row_of_sequence, &backend_log);
    if (backend.self == NULL)
        return STATUS_NO_MEMORY;
    backend_log.destroyed = false;
    tree = handler_tree_create(&memory, store, "Work", &backend);
    if (tree == NULL) {
        cr_assert(backend_log.destroyed);
        return STATUS_NO_MEMORY;
    }
    struct value event = event_of(0, 1);
    struct value answer = answer_of(200);
    uint32_t node = 0;
    if (value_is_none(event) || value_is_none(answer))
        return STATUS_NO_MEMORY;
    enum status status = handler_tree_root(tree, event, 0, &node, &error);
    if (status == STATUS_OK)
        status = handler_tree_child(tree, node, answer, &node, &error);
    uint32_t dual = 0;
    if (status == STATUS_OK)
        status = handler_tree_dual(tree, node, &dual, &error);
    return status;
}

Test(handler_tree, survives_every_failing_allocation)
{
    value_store_destroy(store);
    store = NULL;
    size_t failures = 0;
    for (unsigned long long n = 1;; n++) {
        memory_init(&memory, SIZE_MAX);
        memory.fail_at = n;
        error = (struct error)ERROR_INIT;
        store = value_store_create(&memory);
        enum status status = store == NULL ? STATUS_NO_MEMORY : walk();
        bool failed = memory.requests >= n;
        if (failed)
            cr_assert_eq(status, STATUS_NO_MEMORY, "allocation %llu: status %d, %s", n, (int)status,
                         error.message);
        handler_tree_destroy(tree);
        value_store_destroy(store);
        tree = NULL;
        store = NULL;
        cr_assert_eq(memory.used, 0);
        if (!failed) {
            cr_assert_eq(status, STATUS_OK);
            break;
        }
        failures++;
    }
    cr_assert_gt(failures, 10);
}
