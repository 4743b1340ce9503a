/* StateLambda: scenarios/solutions/lab1/StateLambda and lab2/StateLambda. */
#include "model/handlers/script.h"

#include "model/base/digest.h"
#include "model/base/json.h"
#include "model/handlers/python_text.h"

#include <string.h>

enum { MAX_AGE_SECONDS = 60, INTEGER_DIGITS_MAX = 38, REQUEST_ENTRIES_MAX = 8 };

static bool decode_trade(struct script *script, struct value record, struct python_value *trade)
{
    struct value kinesis = VALUE_NONE;
    const char *base64 = NULL;
    size_t length = 0;
    if (!script_get(script, record, "kinesis", &kinesis) ||
        !script_get_text(script, kinesis, "data", &base64, &length))
        return false;
    struct text decoded;
    text_init(&decoded, script->memory);
    bool done = base64_decode_append(&decoded, base64, length);
    if (text_failed(&decoded))
        done = script_no_memory(script);
    else if (!done)
        done = script_unsupported(script, "data that is not base64");
    done = done && script_json_loads(script, text_string(&decoded), decoded.length, trade);
    text_release(&decoded);
    return done;
}

/* now - trade["Timestamp"] > MAX_AGE_SECONDS */
static bool is_outdated(struct script *script, const struct python_value *trade, double now,
                        bool *outdated)
{
    const struct python_value *timestamp = NULL;
    if (!script_get_item(script, trade, "Timestamp", &timestamp))
        return false;
    double seconds = timestamp->number;
    if (timestamp->kind == PYTHON_INT) {
        struct decimal decimal;
        if (decimal_parse(timestamp->bytes, timestamp->length, &decimal) != DECIMAL_OK)
            return script_unsupported(script, "a Timestamp of so many digits");
        seconds = decimal_to_double(&decimal);
    } else if (timestamp->kind != PYTHON_FLOAT) {
        return script_unsupported(script, "a Timestamp of type %s", python_type_name(timestamp));
    }
    *outdated = now - seconds > MAX_AGE_SECONDS;
    return true;
}

/* {"N": str(Decimal(str(trade[name])))} */
static bool decimal_of(struct script *script, const struct python_value *trade, const char *name,
                       struct value *wire)
{
    const struct python_value *number = NULL;
    if (!script_get_item(script, trade, name, &number))
        return false;
    char digits[JSON_DOUBLE_TEXT_SIZE];
    const char *source = number->bytes;
    size_t length = number->length;
    if (number->kind == PYTHON_FLOAT) {
        length = json_double_text(number->number, digits);
        source = digits;
    } else if (number->kind != PYTHON_INT || length > INTEGER_DIGITS_MAX) {
        return script_unsupported(script, "a %s of type %s, or of more than %d digits", name,
                                  python_type_name(number), INTEGER_DIGITS_MAX);
    }
    struct text text;
    text_init(&text, script->memory);
    python_decimal_append(&text, source, length);
    *wire = script_wire(script, "N", script_text(script, &text));
    const bool failed = text_failed(&text);
    text_release(&text);
    return !failed || script_no_memory(script);
}

/* What boto3's resources make of a value that came out of json.loads. */
static bool serialize(struct script *script, const struct python_value *trade, const char *name,
                      struct value *wire)
{
    const struct python_value *value = NULL;
    if (!script_get_item(script, trade, name, &value))
        return false;
    switch (value->kind) {
    case PYTHON_NONE:
        *wire = script_wire(script, "NULL", value_bool(script->store, true));
        return true;
    case PYTHON_BOOL:
        *wire = script_wire(script, "BOOL", value_bool(script->store, value->truth));
        return true;
    case PYTHON_INT:
        return decimal_of(script, trade, name, wire);
    case PYTHON_FLOAT:
        return script_raise(script, "TypeError",
                            "Float types are not supported. Use Decimal types instead.");
    case PYTHON_STR:
        *wire = script_wire(script, "S", value_string(script->store, value->bytes, value->length));
        return true;
    case PYTHON_LIST:
    case PYTHON_DICT:
        break;
    }
    return script_unsupported(script, "a %s of type %s", name, python_type_name(value));
}

/* {"S": json.dumps(trade["Hierarchy"], sort_keys=True)} */
static bool hierarchy_of(struct script *script, const struct python_value *trade,
                         struct value *wire)
{
    const struct python_value *hierarchy = NULL;
    if (!script_get_item(script, trade, "Hierarchy", &hierarchy))
        return false;
    struct text text;
    text_init(&text, script->memory);
    const bool done = python_dumps_append(&text, hierarchy, &script->arena) && !text_failed(&text);
    if (done)
        *wire = script_wire(script, "S", script_text(script, &text));
    text_release(&text);
    return done || script_no_memory(script);
}

static struct value attribute_names(struct script *script)
{
    const struct value_entry names[] = {
        script_entry(script, "#hierarchy", value_text(script->store, "Hierarchy")),
        script_entry(script, "#timestamp", value_text(script->store, "Timestamp")),
        script_entry(script, "#value", value_text(script->store, "Value")),
        script_entry(script, "#version", value_text(script->store, "Version")),
    };
    return value_map(script->store, names, sizeof names / sizeof names[0]);
}

/* The parts are evaluated in the order in which Python does: a missing key is reported by the
 * first. Entries are put down in content order, so that value_map has nothing to sort. */
static bool update_request(struct script *script, const struct python_value *trade, bool condition,
                           struct value *request)
{
    struct value id = VALUE_NONE;
    struct value value = VALUE_NONE;
    struct value version = VALUE_NONE;
    struct value timestamp = VALUE_NONE;
    struct value hierarchy = VALUE_NONE;
    const struct python_value *present = NULL;
    /* Key and values are looked up before boto3 serialises any of them. */
    if (!script_get_item(script, trade, "TradeID", &present) ||
        !decimal_of(script, trade, "Value", &value) ||
        !script_get_item(script, trade, "Version", &present) ||
        !decimal_of(script, trade, "Timestamp", &timestamp) ||
        !hierarchy_of(script, trade, &hierarchy) || !serialize(script, trade, "TradeID", &id) ||
        !serialize(script, trade, "Version", &version))
        return false;
    const struct value_entry key = script_entry(script, "id", id);
    const struct value_entry values[] = {
        script_entry(script, ":new_hierarchy", hierarchy),
        script_entry(script, ":new_timestamp", timestamp),
        script_entry(script, ":new_value", value),
        script_entry(script, ":new_version", version),
    };
    struct value_entry entries[REQUEST_ENTRIES_MAX];
    size_t count = 0;
    if (condition)
        entries[count++] = script_entry(
            script, "ConditionExpression",
            value_text(script->store, "attribute_not_exists(id) OR Version < :new_version"));
    entries[count++] = script_entry(script, "ExpressionAttributeNames", attribute_names(script));
    entries[count++] =
        script_entry(script, "ExpressionAttributeValues", value_map(script->store, values, 4));
    entries[count++] = script_entry(script, "Key", value_map(script->store, &key, 1));
    entries[count++] = script_entry(script, "TableName", value_text(script->store, "StateTable"));
    entries[count++] = script_entry(
        script, "UpdateExpression",
        value_text(script->store, "SET #value = :new_value, #version = :new_version, "
                                  "#timestamp = :new_timestamp, #hierarchy = :new_hierarchy"));
    *request = value_map(script->store, entries, count);
    return true;
}

static bool process_record(struct script *script, struct value record, double now, bool condition)
{
    struct python_value trade;
    struct value request = VALUE_NONE;
    struct script_answer answer;
    bool outdated = false;
    if (!decode_trade(script, record, &trade) || !is_outdated(script, &trade, now, &outdated))
        return false;
    if (outdated)
        return true;
    if (!update_request(script, &trade, condition, &request) ||
        !script_call(script, "UpdateItem", request, false, &answer))
        return false;
    if (answer.error_code == NULL)
        return true;
    if (condition && strcmp(answer.error_code, "ConditionalCheckFailedException") == 0)
        return true;
    return script_raise_client_error(script, &answer);
}

/* The next input is the answer of a call that has succeeded: it was the record's (a record that is
 * outdated has none, and what is asked next is a draw), and nothing of it is needed again. */
static bool take_success(struct script *script)
{
    struct script_answer answer;
    return script_has_succeeded(script) &&
           script_call(script, "UpdateItem", VALUE_NONE, false, &answer);
}

/* Marks: 2 i + 1 is behind the draw for record i. */
void state_handler(struct script *script, bool condition)
{
    struct value records = VALUE_NONE;
    double percentage = 0.0;
    double now = 0.0;
    if (!script_records(script, &records))
        return;
    const size_t place = script_resume(script);
    if (place == 0 && (!script_parameter(script, "FAILURE_STATE_LAMBDA_PCT", &percentage) ||
                       !script_time(script, &now)))
        return;
    if (place > 0)
        script_marked_numbers(script, &percentage, &now);
    const size_t count = value_count(script->store, records);
    for (size_t i = place / 2; i < count; i++) {
        const bool asked = place == 2 * i + 1;
        if (!asked && !script_fail_at_random(script, percentage / (double)count))
            return;
        script_mark(script, 2 * i + 1, percentage, now);
        if (!take_success(script) &&
            !process_record(script, value_at(script->store, records, i), now, condition))
            return;
    }
    (void)script_return_status(script, 200);
}
