#include "model/cached_handler.h"

#include "tests/model/handler_tree_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct handler_cache *cache;
static struct handler_cache_function function;
static scripted_function script;
static struct handler_backend within; /* as the cached handler starts it */
static unsigned starts;
static unsigned expected; /* steps that the backend within was told of */
static enum status expectation;

static const struct hash128 key = {1, 2};
static const struct handler_cache_facts facts = {"Python 3", "/usr/bin/python3\n", {3, 4}};

static enum status start(void *context, struct handler_backend *backend, struct error *problem)
{
    (void)context;
    (void)problem;
    starts++;
    *backend = within = scripted_backend(&memory, store, script, &backend_log);
    cr_assert_not_null(backend->self);
    return STATUS_OK;
}

static enum status expect(void *self, const struct handler_run *run,
                          const struct handler_step *step, struct error *problem)
{
    cr_assert_eq(self, within.self);
    cr_assert_eq(step->kind, run->input_count < 2 ? HANDLER_CALL : HANDLER_RETURN);
    expected++;
    return expectation == STATUS_OK ? STATUS_OK
                                    : error_set(problem, expectation, "it does something else now");
}

/* A new run of oncecheck on the same cache: other ids, other trees. */
static void begin(scripted_function function_of_run)
{
    const struct handler_cache_options options = {.folder = folder};
    struct handler_cache_facts found;
    tree_setup();
    script = function_of_run;
    starts = expected = 0;
    cr_assert_not_null(value_text(store, "another id").id ? store : NULL);
    cache = handler_cache_open(&memory, store, &options);
    cr_assert_not_null(cache);
    if (!handler_cache_find(cache, key, &function, &found))
        handler_cache_add(cache, key, &facts, &function);
    const struct cached_handler_options handler = {
        .cache = cache, .function = function, .start = start, .expect = expect};
    struct handler_backend backend;
    cr_assert_eq(cached_handler_create(&memory, store, &handler, &backend, &error), STATUS_OK);
    tree = handler_tree_create(&memory, store, "Work", &backend);
    cr_assert_not_null(tree);
}

static uint64_t hits(void) { return cached_handler_hits(handler_tree_backend(tree)); }

static void end(void)
{
    handler_tree_destroy(tree);
    tree = NULL;
    handler_cache_close(cache);
    cache = NULL;
    tree_teardown();
}

static void set_up(void)
{
    expectation = STATUS_OK;
    strcpy(folder, "/tmp/test_cached_handler.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void tear_down(void)
{
    static const char *const endings[] = {"db", "db-wal", "db-shm", "claims"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/handlers.%s", folder, endings[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(cached_handler, .init = set_up, .fini = tear_down, .timeout = 60);

/* Events from `first`, each to its end. */
static void walk(uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i < last; i++) {
        uint32_t node = root_of(event_of(i, i + 1), 0);
        cr_assert_str_eq(table_of(node), "P");
        node = child_of(node, answer_of(200));
        cr_assert_neq(strcmp(table_of(node), "P"), 0);
        cr_assert_eq(child_of(node, answer_of(200)), HANDLER_NODE_RETURNED);
    }
}

Test(cached_handler, needs_no_backend_for_what_it_knows)
{
    begin(row_of_sequence);
    walk(0, 4);
    cr_assert(starts == 1 && backend_log.runs == 24 && hits() == 0);
    end();
    begin(row_of_sequence);
    walk(0, 4);
    cr_assert(starts == 0 && backend_log.runs == 0 && hits() == 24);
    end();
}

Test(cached_handler, asks_for_what_is_new_alone)
{
    begin(row_of_sequence);
    walk(0, 2);
    end();
    begin(row_of_sequence);
    walk(0, 3);
    enum { AGAIN = 8 }; /* answers of the cache that are checked */
    cr_assert(starts == 1 && backend_log.runs == 6 + AGAIN && hits() == 12);
    end();
}

Test(cached_handler, tells_the_way_to_what_is_new)
{
    begin(row_of_sequence);
    walk(0, 1);
    end();
    begin(row_of_sequence);
    uint32_t node = root_of(event_of(0, 1), 0);
    node = child_of(node, answer_of(200));
    cr_assert_eq(starts, 0);
    cr_assert_eq(child_of(node, answer_of(400)), HANDLER_NODE_RETURNED);
    /* Two steps of two attempts on the way, and the same to check the two answers of the cache. */
    cr_assert_eq(expected, 8);
    end();
}

Test(cached_handler, forgets_a_function_that_does_something_else)
{
    begin(row_of_sequence);
    walk(0, 2);
    end();
    expectation = STATUS_NONDETERMINISTIC;
    begin(row_of_sequence);
    uint32_t node = root_of(event_of(0, 1), 0);
    uint32_t child = 0;
    cr_assert_eq(handler_tree_child(tree, node, answer_of(400), &child, &error),
                 STATUS_NONDETERMINISTIC);
    end();
    expectation = STATUS_OK;
    begin(row_of_sequence);
    walk(0, 2);
    cr_assert_eq(hits(), 0);
    end();
}

Test(cached_handler, keeps_nothing_of_a_function_it_distrusts)
{
    begin(row_of_sequence);
    walk(0, 2);
    cached_handler_distrust(handler_tree_backend(tree));
    walk(2, 3);
    end();
    begin(row_of_sequence);
    walk(0, 3);
    cr_assert_eq(hits(), 0);
    end();
}

static void draws_by_attempt(struct scripted *run)
{
    struct value answer;
    char request[64];
    snprintf(request, sizeof request, "{'TableName': 'T%u'}", run->run->attempt);
    if (!scripted_call(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

Test(cached_handler, knows_dependence_on_the_attempt)
{
    for (int i = 0; i < 2; i++) {
        begin(draws_by_attempt);
        (void)root_of(event_of(0, 1), 0);
        cr_assert(handler_tree_depends_on_attempt(tree));
        handler_tree_show_attempts(tree);
        cr_assert_str_eq(table_of(root_of(event_of(0, 1), 3)), "T3");
        cr_assert_eq(starts, i == 0 ? 1 : 0);
        end();
    }
}

Test(cached_handler, answers_many_at_once)
{
    enum { MANY = 150 };
    struct handler_run runs[MANY];
    struct handler_step steps[MANY];
    begin(row_of_sequence);
    walk(0, 7);
    end();
    begin(row_of_sequence);
    for (size_t i = 0; i < MANY; i++)
        runs[i] = (struct handler_run){.event = event_of(i % 14, i % 14 + 1)};
    const struct handler_backend *backend = handler_tree_backend(tree);
    cr_assert_eq(backend->next(backend->self, runs, MANY, steps, &error), STATUS_OK);
    for (size_t i = 0; i < MANY; i++)
        cr_assert(steps[i].kind == HANDLER_CALL && value_equal(steps[i].request, steps[0].request));
    cr_assert_eq(hits(), 77);
    end();
}

/* Otherwise a function that does something else each time would look as if it did not. */
Test(cached_handler, asks_again_what_this_run_has_found_out)
{
    begin(row_of_sequence);
    walk(0, 2);
    cr_assert_eq(backend_log.runs, 12);
    handler_tree_show_attempts(tree);
    walk(0, 2);
    cr_assert_eq(backend_log.runs, 18);
    cr_assert_eq(hits(), 0);
    end();
}

Test(cached_handler, passes_failures_on)
{
    begin(row_of_sequence);
    uint32_t node = 0;
    backend_log.fail_with = STATUS_SYSTEM;
    cr_assert_eq(handler_tree_root(tree, event_of(0, 1), 0, &node, &error), STATUS_SYSTEM);
    backend_log.fail_with = STATUS_OK;
    walk(0, 1);
    end();
}
