/* MapLambda: scenarios/solutions/lab1/MapLambda, which is lab2's too. */
#include "model/handlers/script.h"

#include "model/base/digest.h"
#include "model/handlers/python_sums.h"
#include "model/handlers/python_text.h"

#include <math.h>
#include <string.h>

static const char *const levels[] = {"RiskType", "TradeDesk", "Region"};
enum { LEVEL_COUNT = sizeof levels / sizeof levels[0] };

/* float(image[name]["N"]) */
static bool number_of(struct script *script, struct value image, const char *name, double *number)
{
    struct value wire = VALUE_NONE;
    const char *digits = NULL;
    size_t length = 0;
    struct decimal decimal;
    if (!script_get(script, image, name, &wire) ||
        !script_get_text(script, wire, "N", &digits, &length))
        return false;
    if (decimal_parse(digits, length, &decimal) != DECIMAL_OK)
        return script_unsupported(script, "the number %s of an image", name);
    *number = decimal_to_double(&decimal);
    return true;
}

static bool hierarchy_of(struct script *script, struct value image, struct python_value *hierarchy)
{
    struct value wire = VALUE_NONE;
    const char *text = NULL;
    size_t length = 0;
    if (!script_get(script, image, "Hierarchy", &wire) ||
        !script_get_text(script, wire, "S", &text, &length))
        return false;
    return script_json_loads(script, text, length, hierarchy);
}

/* Add sign * Value to the sums of the image's node and of those above it. */
static bool add_image(struct script *script, struct python_sums *sums, struct value image,
                      double sign)
{
    struct python_value hierarchy;
    const struct python_value *parts[LEVEL_COUNT];
    double value = 0.0;
    if (!hierarchy_of(script, image, &hierarchy) || !number_of(script, image, "Value", &value))
        return false;
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        if (!script_get_item(script, &hierarchy, levels[i], &parts[i]))
            return false;
    struct text prefix;
    bool done = true;
    text_init(&prefix, script->memory);
    for (size_t i = 0; i < LEVEL_COUNT && done; i++) {
        if (parts[i]->kind != PYTHON_STR) {
            done = script_unsupported(script, "a %s of type %s", levels[i],
                                      python_type_name(parts[i]));
            break;
        }
        if (i > 0)
            text_append_char(&prefix, ':');
        text_append(&prefix, parts[i]->bytes, parts[i]->length);
        if (text_failed(&prefix) ||
            !python_sums_add_float(sums, text_string(&prefix), prefix.length, sign * value))
            done = script_no_memory(script);
    }
    text_release(&prefix);
    return done;
}

/* The times of a batch's new images. */
struct times {
    int64_t count;
    double first;
    double total;
};

static bool add_record(struct script *script, struct python_sums *sums, struct times *times,
                       struct value record)
{
    struct value change = VALUE_NONE;
    double timestamp = 0.0;
    if (!script_get(script, record, "dynamodb", &change))
        return false;
    const struct value new_image = value_get_text(script->store, change, "NewImage");
    const struct value old_image = value_get_text(script->store, change, "OldImage");
    if (value_is_none(new_image))
        return true;
    if (!add_image(script, sums, new_image, 1.0))
        return false;
    if (!value_is_none(old_image) && !add_image(script, sums, old_image, -1.0))
        return false;
    if (!number_of(script, new_image, "Timestamp", &timestamp))
        return false;
    if (times->count == 0 || timestamp < times->first)
        times->first = timestamp;
    times->total += timestamp;
    times->count++;
    return true;
}

static bool summarize(struct script *script, struct value records, struct python_sums *sums)
{
    struct times times = {0};
    const size_t count = value_count(script->store, records);
    for (size_t i = 0; i < count; i++)
        if (!add_record(script, sums, &times, value_at(script->store, records, i)))
            return false;
    if (times.count == 0)
        return true;
    for (size_t i = 0; i < sums->count; i++)
        if (!isfinite(sums->sums[i].number))
            return script_unsupported(script, "sums that are not finite");
    const double mean = times.total / (double)times.count;
    const bool added =
        python_sums_add_integer(sums, "message_count", strlen("message_count"), times.count) &&
        python_sums_add_float(sums, "timestamp_generator_first",
                              strlen("timestamp_generator_first"), times.first) &&
        python_sums_add_float(sums, "timestamp_generator_mean", strlen("timestamp_generator_mean"),
                              mean);
    return added || script_no_memory(script);
}

/* hashlib.sha256(str(records).encode()).hexdigest() */
static bool digest(struct script *script, struct value records, char hex[SHA256_HEX_SIZE])
{
    struct text text;
    text_init(&text, script->memory);
    const bool done = script_records_text(script, records, &text);
    if (done)
        digest_sha256_hex(text_string(&text), text.length, hex);
    text_release(&text);
    return done;
}

static bool put_request(struct script *script, struct value records, struct python_sums *sums,
                        struct value *request)
{
    char hex[SHA256_HEX_SIZE];
    if (!digest(script, records, hex))
        return false;
    struct text message;
    text_init(&message, script->memory);
    python_sums_dumps_append(&message, sums);
    const bool failed = text_failed(&message);
    const struct value_entry item[] = {
        script_entry(script, "MessageId", script_wire_text(script, "S", hex)),
        script_entry(script, "Message", script_wire(script, "S", script_text(script, &message))),
    };
    text_release(&message);
    const struct value_entry entries[] = {
        script_entry(script, "TableName", value_text(script->store, "ReduceTable")),
        script_entry(script, "Item", value_map(script->store, item, 2)),
        script_entry(script, "ConditionExpression",
                     value_text(script->store, "attribute_not_exists(MessageId)")),
    };
    *request = value_map(script->store, entries, 3);
    return !failed || script_no_memory(script);
}

/* The row's call was asked for before, and has succeeded: nothing of it is needed again. */
static bool take_success(struct script *script)
{
    struct script_answer answer;
    return script_has_succeeded(script) &&
           script_call(script, "PutItem", VALUE_NONE, false, &answer);
}

/* Put the batch's row; false: the run has ended. */
static bool put_row(struct script *script)
{
    struct value records = VALUE_NONE;
    struct value request = VALUE_NONE;
    struct script_answer answer;
    struct python_sums sums;
    python_sums_init(&sums, &script->arena);
    if (!script_records(script, &records) || !summarize(script, records, &sums))
        return false;
    if (sums.count == 0)
        return script_return_status(script, 200);
    if (!put_request(script, records, &sums, &request) ||
        !script_call(script, "PutItem", request, false, &answer))
        return false;
    if (answer.lost)
        return script_raise_client_error(script, &answer);
    return answer.error_code == NULL ||
           strcmp(answer.error_code, "ConditionalCheckFailedException") == 0 ||
           script_return_status(script, 500);
}

/* Marks: 1 is behind the put. An input there was before it can only be the put's answer. */
void map_handler(struct script *script)
{
    double percentage = 0.0;
    if (script_resume(script) == 0 && !take_success(script) && !put_row(script))
        return;
    script_mark(script, 1, 0.0, 0.0);
    if (script_parameter(script, "FAILURE_MAP_LAMBDA_PCT", &percentage) &&
        script_fail_at_random(script, percentage))
        (void)script_return_status(script, 200);
}
