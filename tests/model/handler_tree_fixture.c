#include "tests/model/handler_tree_fixture.h"

#include "model/event.h"

#include <criterion/criterion.h>

struct memory memory;
struct value_store *store;
struct handler_tree *tree;
struct scripted_log backend_log;
struct error error;

void tree_setup(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    error = (struct error)ERROR_INIT;
    backend_log = (struct scripted_log){0};
}

void tree_teardown(void)
{
    handler_tree_destroy(tree);
    value_store_destroy(store);
    cr_assert_eq(memory.used, 0);
}

void tree_create(scripted_function function)
{
    struct handler_backend backend = scripted_backend(&memory, store, function, &backend_log);
    tree = handler_tree_create(&memory, store, "Work", &backend);
    cr_assert_not_null(tree);
}

/* An event with the records of shard 0 from `first` to before `last`. */
struct value event_of(uint64_t first, uint64_t last)
{
    static const struct stream_config stream = {.name = "In", .shard_count = 1};
    struct value records[8];
    size_t count = 0;
    if (value_is_none(value_binary(store, "data", 4)))
        return VALUE_NONE;
    for (uint64_t i = first; i < last; i++)
        records[count++] =
            event_kinesis_record(store, &stream, 0, i, value_text(store, "key"),
                                 value_binary(store, "data", 4), INT64_C(1704067200000));
    return event_batch(store, records, count);
}

uint32_t root_of(struct value event, uint32_t attempt)
{
    uint32_t node = 99;
    enum status status = handler_tree_root(tree, event, attempt, &node, &error);
    cr_assert_eq(status, STATUS_OK, "%s", error.message);
    return node;
}

uint32_t child_of(uint32_t node, struct value input)
{
    uint32_t child = 99;
    enum status status = handler_tree_child(tree, node, input, &child, &error);
    cr_assert_eq(status, STATUS_OK, "%s", error.message);
    return child;
}

struct value answer_of(int64_t status)
{
    return scripted_format(store, "{'status': %d, 'body': {}}", (int)status);
}

const char *table_of(uint32_t node)
{
    const struct handler_step *step = handler_tree_step(tree, node);
    cr_assert_not_null(step);
    cr_assert_eq(step->kind, HANDLER_CALL);
    return value_bytes(store, value_get_text(store, step->request, "TableName"), NULL);
}

void row_of_sequence(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "GetItem", "{'TableName': 'P'}", &answer))
        return;
    struct value request =
        scripted_format(run->store, "{'TableName': '%s'}", scripted_sequence(run, 0));
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}
