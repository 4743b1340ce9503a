/* ReduceLambda: scenarios/solutions/lab1/ReduceLambda and lab2/ReduceLambda. */
#include "model/handlers/script.h"

#include "model/base/digest.h"
#include "model/handlers/python_sums.h"

#include <math.h>
#include <string.h>

static bool is_key(const struct python_item *item, const char *key)
{
    return item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0;
}

static bool add_entry(struct script *script, struct python_sums *totals,
                      const struct python_item *item)
{
    if (item->value.kind == PYTHON_FLOAT) {
        if (!python_sums_add_float(totals, item->key, item->key_length, item->value.number))
            return script_no_memory(script);
        return true;
    }
    int64_t integer = 0;
    struct decimal decimal;
    if (item->value.kind != PYTHON_INT ||
        decimal_parse(item->value.bytes, item->value.length, &decimal) != DECIMAL_OK ||
        !decimal_to_integer(&decimal, &integer))
        return script_unsupported(script, "an entry '%s' of type %s, or of so many digits",
                                  item->key, python_type_name(&item->value));
    if (!python_sums_add_integer(totals, item->key, item->key_length, integer))
        return script_unsupported(script, "a sum of so many digits");
    return true;
}

static bool add_record(struct script *script, struct python_sums *totals, struct value record)
{
    struct value change = VALUE_NONE;
    struct value message = VALUE_NONE;
    struct python_value entries;
    if (!script_get(script, record, "dynamodb", &change))
        return false;
    const struct value image = value_get_text(script->store, change, "NewImage");
    if (value_is_none(image))
        return true;
    const char *text = NULL;
    size_t length = 0;
    if (!script_get(script, image, "Message", &message) ||
        !script_get_text(script, message, "S", &text, &length))
        return false;
    if (!script_json_loads(script, text, length, &entries))
        return false;
    if (entries.kind != PYTHON_DICT)
        return script_unsupported(script, "a Message of type %s", python_type_name(&entries));
    for (const struct python_item *item = entries.first; item != NULL; item = item->next) {
        if (is_key(item, "timestamp_generator_first") || is_key(item, "timestamp_generator_mean"))
            continue;
        if (!add_entry(script, totals, item))
            return false;
    }
    return true;
}

/* {"Update": {...}}: ADD a sum to its row of AggregateTable. */
static bool add_action(struct script *script, const struct python_sum *sum, struct value *action)
{
    if (sum->is_float && !isfinite(sum->number))
        return script_unsupported(script, "sums that are not finite");
    struct text number;
    text_init(&number, script->memory);
    python_sum_append(&number, sum);
    const bool failed = text_failed(&number);
    const struct value_entry value =
        script_entry(script, ":v", script_wire(script, "N", script_text(script, &number)));
    text_release(&number);
    const struct value_entry name = script_entry(script, "#v", value_text(script->store, "Value"));
    const struct value_entry key = script_entry(
        script, "Identifier",
        script_wire(script, "S", value_string(script->store, sum->key, sum->key_length)));
    const struct value_entry update[] = {
        script_entry(script, "TableName", value_text(script->store, "AggregateTable")),
        script_entry(script, "Key", value_map(script->store, &key, 1)),
        script_entry(script, "UpdateExpression", value_text(script->store, "ADD #v :v")),
        script_entry(script, "ExpressionAttributeNames", value_map(script->store, &name, 1)),
        script_entry(script, "ExpressionAttributeValues", value_map(script->store, &value, 1)),
    };
    *action = script_wire(script, "Update",
                          value_map(script->store, update, sizeof update / sizeof update[0]));
    return !failed || script_no_memory(script);
}

/* hashlib.md5(str(records).encode()).hexdigest() */
static bool token_of(struct script *script, struct value records, char hex[MD5_HEX_SIZE])
{
    struct text text;
    text_init(&text, script->memory);
    const bool done = script_records_text(script, records, &text);
    if (done)
        digest_md5_hex(text_string(&text), text.length, hex);
    text_release(&text);
    return done;
}

static bool transaction(struct script *script, struct value records,
                        const struct python_sums *totals, bool token, struct value *request)
{
    struct value *actions = arena_allocate_array(&script->arena, totals->count, sizeof *actions);
    if (actions == NULL)
        return script_no_memory(script);
    for (size_t i = 0; i < totals->count; i++)
        if (!add_action(script, &totals->sums[i], &actions[i]))
            return false;
    char hex[MD5_HEX_SIZE];
    struct value_entry entries[2] = {
        script_entry(script, "TransactItems", value_list(script->store, actions, totals->count))};
    if (token) {
        if (!token_of(script, records, hex))
            return false;
        entries[1] = script_entry(script, "ClientRequestToken", value_text(script->store, hex));
    }
    *request = value_map(script->store, entries, token ? 2 : 1);
    return true;
}

/* Add the batch's sums to the totals; false: the run has ended. */
static bool add_sums(struct script *script, bool token)
{
    struct value records = VALUE_NONE;
    struct value request = VALUE_NONE;
    struct script_answer answer;
    struct python_sums totals;
    python_sums_init(&totals, &script->arena);
    if (!script_records(script, &records))
        return false;
    const size_t count = value_count(script->store, records);
    for (size_t i = 0; i < count; i++)
        if (!add_record(script, &totals, value_at(script->store, records, i)))
            return false;
    if (totals.count == 0)
        return script_return_status(script, 200);
    /* Without a token of its own the transaction gets one from boto3. Where it has been done
     * already, only what comes after it is asked for. */
    if ((!script_has_succeeded(script) &&
         !transaction(script, records, &totals, token, &request)) ||
        !script_call(script, "TransactWriteItems", request, !token, &answer))
        return false;
    return answer.error_code == NULL || script_raise_client_error(script, &answer);
}

void reduce_handler(struct script *script, bool token)
{
    double percentage = 0.0;
    if (script_resume(script) == 0 && !add_sums(script, token))
        return;
    script_mark(script, 1, 0.0, 0.0);
    if (script_parameter(script, "FAILURE_REDUCE_LAMBDA_PCT", &percentage) &&
        script_fail_at_random(script, percentage))
        (void)script_return_status(script, 200);
}
