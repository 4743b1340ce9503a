#include "tests/model/dynamodb/fixture.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    memory_init(&fixture->memory, SIZE_MAX);
    fixture->store = value_store_create(&fixture->memory);
    cr_assert_not_null(fixture->store);
    arena_init(&fixture->arena, &fixture->memory);
    text_init(&fixture->text, &fixture->memory);
    fixture->configs[FIXTURE_ITEMS] = (struct table_config){
        .logical_id = "ItemsTable",
        .name = "Items",
        .hash_key = {"id", 'S'},
        .stream_view = STREAM_VIEW_NEW_AND_OLD_IMAGES,
    };
    fixture->configs[FIXTURE_RANGES] = (struct table_config){
        .logical_id = "RangesTable",
        .name = "Ranges",
        .hash_key = {"pk", 'S'},
        .range_key = {"sk", 'N'},
    };
    fixture->pipeline.tables = fixture->configs;
    fixture->pipeline.table_count = FIXTURE_TABLES;
    for (unsigned i = 0; i < FIXTURE_TABLES; i++)
        fixture->tables[i] = value_map(fixture->store, NULL, 0);
    fixture->context = (struct dynamodb_context){
        .pipeline = &fixture->pipeline,
        .store = fixture->store,
        .table_values = fixture->tables,
        .arena = &fixture->arena,
    };
}

void fixture_release(struct fixture *fixture)
{
    text_release(&fixture->text);
    arena_release(&fixture->arena);
    value_store_destroy(fixture->store);
    cr_assert_eq(fixture->memory.used, 0);
}

struct value fixture_json(struct fixture *fixture, const char *json)
{
    char *text = strdup(json);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value value;
    struct error error = ERROR_INIT;
    enum status status = json_parse(fixture->store, text, strlen(text), NULL, &value, &error);
    free(text);
    cr_assert_eq(status, STATUS_OK, "%s: %s", error.message, json);
    return value;
}

/* Both " and \" become ', as the tests write it. */
static const char *with_apostrophes(struct fixture *fixture)
{
    char *out = fixture->text.bytes;
    for (const char *in = fixture->text.bytes; *in != '\0'; in++) {
        if (in[0] == '\\' && in[1] == '"')
            in++;
        *out++ = *in == '"' ? '\'' : *in;
    }
    *out = '\0';
    return fixture->text.bytes;
}

static void append_member(struct fixture *fixture, const char *label, const char *member)
{
    struct value value = value_get_text(fixture->store, fixture->result.body, member);
    if (value_is_none(value))
        return;
    text_append_format(&fixture->text, " %s=", label);
    json_append(&fixture->text, fixture->store, value);
}

static const char *answer_text(struct fixture *fixture)
{
    struct value body = fixture->result.body;
    text_clear(&fixture->text);
    if (fixture->result.http_status == 200) {
        json_append(&fixture->text, fixture->store, body);
        return with_apostrophes(fixture);
    }
    const char *type =
        value_bytes(fixture->store, value_get_text(fixture->store, body, "__type"), NULL);
    struct value message = value_get_text(fixture->store, body, "message");
    if (value_is_none(message))
        message = value_get_text(fixture->store, body, "Message");
    text_append_format(&fixture->text, "%s: %s", strchr(type, '#') + 1,
                       value_bytes(fixture->store, message, NULL));
    append_member(fixture, "Item", "Item");
    append_member(fixture, "Reasons", "CancellationReasons");
    return with_apostrophes(fixture);
}

static void apply_changes(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->result.change_count; i++) {
        const struct item_change *change = &fixture->result.changes[i];
        struct value *table = &fixture->tables[change->table];
        cr_assert(value_equal(value_get(fixture->store, *table, change->key), change->before));
        cr_assert(!value_equal(change->before, change->after), "a change that changes nothing");
        *table = dynamodb_table_after(fixture->store, *table, change);
    }
}

const char *fixture_run(struct fixture *fixture, const char *operation, const char *request)
{
    struct value body = fixture_json(fixture, request);
    enum dynamodb_operation id;
    char target[64];
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", operation);
    fixture->error = (struct error)ERROR_INIT;
    enum status status = dynamodb_operation_find(target, &id, &fixture->error);
    if (status == STATUS_OK)
        status = dynamodb_apply(&fixture->context, id, body, &fixture->result, &fixture->error);
    if (status != STATUS_OK) {
        text_clear(&fixture->text);
        text_append_format(&fixture->text, "%d: %s", status, fixture->error.message);
        return text_string(&fixture->text);
    }
    if (fixture->result.http_status != 200)
        cr_assert_eq(fixture->result.change_count, 0);
    apply_changes(fixture);
    return answer_text(fixture);
}

void fixture_fill(struct fixture *fixture, unsigned table, const char *items)
{
    struct value list = fixture_json(fixture, items);
    for (size_t i = 0; i < value_count(fixture->store, list); i++) {
        const char *message = NULL;
        struct value item =
            item_from_wire(fixture->store, value_at(fixture->store, list, i), &message);
        cr_assert(!value_is_none(item), "%s", message);
        struct value key = item_primary_key(fixture->store, &fixture->configs[table], item);
        cr_assert(!value_is_none(key));
        fixture->tables[table] = value_put(fixture->store, fixture->tables[table], key, item);
    }
}

const char *fixture_items(struct fixture *fixture, unsigned table)
{
    struct value_store *store = fixture->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < value_count(store, fixture->tables[table]); i++)
        list = value_append(store, list,
                            item_to_wire(store, value_value_at(store, fixture->tables[table], i)));
    text_clear(&fixture->text);
    json_append(&fixture->text, store, list);
    return with_apostrophes(fixture);
}

static void check_case(const struct fixture_case *row)
{
    struct fixture fixture;
    char request[8192];
    const char *before = row->before == NULL ? "[]" : row->before;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, before);
    struct value table = fixture.tables[FIXTURE_ITEMS];
    int length = snprintf(request, sizeof request, "{'TableName': 'Items', %s}", row->request);
    cr_assert(length > 0 && (size_t)length < sizeof request);
    for (int round = 0; round < 2; round++) {
        fixture.tables[FIXTURE_ITEMS] = table;
        const char *answer = fixture_run(&fixture, row->operation, request);
        cr_expect_str_eq(answer, row->answer, "%s\n  is:     %s\n  wanted: %s", row->name, answer,
                         row->answer);
        if (row->after == NULL) {
            cr_expect(value_equal(fixture.tables[FIXTURE_ITEMS], table), "%s: changed: %s",
                      row->name, fixture_items(&fixture, FIXTURE_ITEMS));
            cr_expect_eq(fixture.result.change_count, 0, "%s", row->name);
            continue;
        }
        const char *after = fixture_items(&fixture, FIXTURE_ITEMS);
        cr_expect_str_eq(after, row->after, "%s\n  left:   %s\n  wanted: %s", row->name, after,
                         row->after);
    }
    fixture_release(&fixture);
}

void fixture_check(const struct fixture_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_case(&cases[i]);
}
