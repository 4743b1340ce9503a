#include "model/handlers/script.h"

#include "model/base/json.h"
#include "model/event.h"
#include "model/handlers/python_text.h"
#include "model/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* botocore's retries for DynamoDB in its default mode (data/_retry.json). */
enum {
    ATTEMPTS_MAX = 10,
    FIRST_DELAY_MS = 50,
    READ_TIMEOUT_MS = 60 * 1000,
    UNSUPPORTED_TEXT_SIZE = 512
};

#define ENDPOINT_URL "https://dynamodb." PIPELINE_REGION ".amazonaws.com/"

/* The end of random.uniform(0, 100)'s range, as the Python host draws it. */
#define UNIFORM_HIGH 100.0

/* The errors that botocore has an exception class for (DynamoDB's service model); others are raised
 * as ClientError. */
static const char *const modeled_errors[] = {
    "BackupInUseException",
    "BackupNotFoundException",
    "ConditionalCheckFailedException",
    "ContinuousBackupsUnavailableException",
    "DuplicateItemException",
    "ExportConflictException",
    "ExportNotFoundException",
    "GlobalTableAlreadyExistsException",
    "GlobalTableNotFoundException",
    "IdempotentParameterMismatchException",
    "ImportConflictException",
    "ImportNotFoundException",
    "IndexNotFoundException",
    "InternalServerError",
    "InvalidExportTimeException",
    "InvalidRestoreTimeException",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "PointInTimeRecoveryUnavailableException",
    "ProvisionedThroughputExceededException",
    "ReplicaAlreadyExistsException",
    "ReplicaNotFoundException",
    "RequestLimitExceeded",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TableAlreadyExistsException",
    "TableInUseException",
    "TableNotFoundException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
};

static bool fail(struct script *script, enum status status)
{
    script->status = status;
    return false;
}

bool script_no_memory(struct script *script)
{
    return fail(script,
                error_set(script->error, STATUS_NO_MEMORY,
                          "out of memory in the reference handler of %s", script->function->name));
}

bool script_unsupported(struct script *script, const char *format, ...)
{
    char what[UNSUPPORTED_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fail(script, error_set(script->error, STATUS_UNSUPPORTED,
                                  "the reference handler of %s does not support %s",
                                  script->function->name, what));
}

/* --- steps and inputs ---------------------------------------------------------------- */

static bool stop(struct script *script, enum handler_step_kind kind, struct value detail)
{
    script->step->kind = kind;
    script->step->detail = detail;
    script->step->slept_ms = script->slept_ms;
    return false;
}

/* The inputs there are. */
static const struct value *inputs_of(const struct script *script, size_t *count)
{
    const struct script_session *session = script->session;
    *count = session != NULL ? session->input_count : script->run->input_count;
    return session != NULL ? session->inputs : script->run->inputs;
}

/* The next input, or false: there is none. */
static bool take_input(struct script *script, struct value *input)
{
    size_t count = 0;
    const struct value *inputs = inputs_of(script, &count);
    if (script->inputs_used == count)
        return false;
    *input = inputs[script->inputs_used++];
    script->slept_ms = 0;
    return true;
}

bool script_session_add(struct script_session *session, struct memory *memory, struct value input)
{
    void *inputs = session->inputs;
    const bool added =
        !value_is_none(input) && memory_reserve(memory, &inputs, &session->input_capacity,
                                                session->input_count + 1, sizeof *session->inputs);
    session->inputs = inputs;
    if (added)
        session->inputs[session->input_count++] = input;
    return added;
}

/* The next input, which a session gives by itself: `number`. False: none, or the run has failed. */
static bool take_own_input(struct script *script, int64_t number, struct value *input)
{
    if (script->session != NULL && script->inputs_used == script->session->input_count &&
        !script_session_add(script->session, script->memory, value_integer(script->store, number)))
        return script_no_memory(script);
    return take_input(script, input);
}

void script_mark(struct script *script, size_t place, double first, double second)
{
    if (script->session == NULL)
        return;
    script->session->mark_inputs = script->inputs_used;
    script->session->mark_place = place;
    script->session->mark_elapsed_ms = script->elapsed_ms;
    script->session->mark_numbers[0] = first;
    script->session->mark_numbers[1] = second;
}

void script_marked_numbers(const struct script *script, double *first, double *second)
{
    *first = script->session->mark_numbers[0];
    *second = script->session->mark_numbers[1];
}

size_t script_resume(struct script *script)
{
    const struct script_session *session = script->session;
    if (session == NULL || session->mark_inputs <= script->inputs_used)
        return 0;
    script->inputs_used = session->mark_inputs;
    script->elapsed_ms = session->mark_elapsed_ms;
    return session->mark_place;
}

static bool draw_of_session(struct script *script, double *drawn)
{
    struct script_session *session = script->session;
    struct value input = VALUE_NONE;
    int64_t number = 0;
    const bool is_new = script->inputs_used == session->input_count;
    if (!take_own_input(script, is_new ? (int64_t)random_next(&session->random) : 0, &input))
        return false;
    CHECK(value_to_integer(script->store, input, &number));
    *drawn = UNIFORM_HIGH * ((double)number / (double)(INT64_C(1) << 32));
    return true;
}

bool script_draw(struct script *script, double *drawn)
{
    struct value input = VALUE_NONE;
    if (script->session != NULL)
        return draw_of_session(script, drawn);
    if (!take_input(script, &input))
        return stop(script, HANDLER_DRAW, value_text(script->store, "random.uniform(0, 100)"));
    *drawn = value_is_text(script->store, input, "high") ? UNIFORM_HIGH : 0.0;
    return true;
}

bool script_time(struct script *script, double *now)
{
    struct value input = VALUE_NONE;
    if (!take_own_input(script, script->session != NULL ? script->session->now_ms : 0, &input))
        return script->status == STATUS_OK ? stop(script, HANDLER_TIME, VALUE_NONE) : false;
    int64_t now_ms = 0;
    if (!value_to_integer(script->store, input, &now_ms))
        return script_unsupported(script, "a time that is not in whole milliseconds");
    /* As Python does: nanoseconds as a float, divided. */
    *now = (double)(now_ms * 1000000) / 1e9;
    return true;
}

bool script_return_status(struct script *script, int64_t status_code)
{
    const struct value_entry entry =
        script_entry(script, "statusCode", value_integer(script->store, status_code));
    return stop(script, HANDLER_RETURN, value_map(script->store, &entry, 1));
}

bool script_raise(struct script *script, const char *class_name, const char *message)
{
    const struct value_entry entries[] = {
        script_entry(script, "class", value_text(script->store, class_name)),
        script_entry(script, "message", value_text(script->store, message)),
    };
    return stop(script, HANDLER_RAISE, value_map(script->store, entries, 2));
}

/* --- calls --------------------------------------------------------------------------- */

static bool is_retried(int64_t http_status, const char *code)
{
    static const char *const codes[] = {
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "Throttling",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
    };
    if (http_status == 429 || http_status == 500 || http_status == 502 || http_status == 503 ||
        http_status == 504 || http_status == 509)
        return true;
    if (http_status != 400)
        return http_status == 409 && strcmp(code, "ReplicatedWriteConflictException") == 0;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* The code of an error answer: the part of its __type after '#', or its status. */
static const char *error_code(struct script *script, struct value body, int64_t http_status)
{
    const char *name = service_error_name(script->store, body);
    return name != NULL ? name : arena_format(&script->arena, "%lld", (long long)http_status);
}

static const char *error_message(struct script *script, struct value body)
{
    struct value message = value_get_text(script->store, body, "message");
    if (value_is_none(message))
        message = value_get_text(script->store, body, "Message");
    if (value_is_none(message) || value_kind(script->store, message) != VALUE_STRING)
        return "";
    return value_bytes(script->store, message, NULL);
}

static bool send(struct script *script, const char *operation, struct value request,
                 bool fresh_token, int attempt)
{
    script->step->target = value_format(script->store, "DynamoDB_20120810.%s", operation);
    script->step->request = request;
    script->step->fresh_token = fresh_token;
    script->step->sdk_attempt = (uint32_t)attempt;
    return stop(script, HANDLER_CALL, VALUE_NONE);
}

/* Let time pass; false: the invocation has run into its timeout. */
static bool sleep_ms(struct script *script, int64_t ms)
{
    const int64_t timeout_ms = (int64_t)script->function->timeout_s * 1000;
    script->slept_ms += ms;
    script->elapsed_ms += ms;
    if (script->elapsed_ms < timeout_ms)
        return true;
    script->slept_ms = 0; /* all that is left of the timeout passes */
    const struct value_entry entry =
        script_entry(script, "message",
                     value_format(script->store, "Task timed out after %u.00 seconds",
                                  (unsigned)script->function->timeout_s));
    return stop(script, HANDLER_HANG, value_map(script->store, &entry, 1));
}

bool script_has_succeeded(const struct script *script)
{
    size_t count = 0;
    const struct value *inputs = inputs_of(script, &count);
    if (script->inputs_used >= count)
        return false;
    const struct value input = inputs[script->inputs_used];
    int64_t http_status = 0;
    if (value_kind(script->store, input) != VALUE_MAP)
        return false;
    const struct value status = value_get_text(script->store, input, "status");
    return !value_is_none(status) && value_to_integer(script->store, status, &http_status) &&
           http_status < 300;
}

/* What became of one attempt. */
enum attempt_end { ATTEMPT_ANSWERED, ATTEMPT_FAILED, ATTEMPT_RETRIED, ATTEMPT_STOPPED };

/* The request or its answer was lost on the way: what botocore raises in the end. */
static enum attempt_end lose_answer(struct script *script, struct value error, bool last,
                                    struct script_answer *answer)
{
    const bool timed_out = value_is_text(script->store, error, "timeout");
    if (!timed_out && !value_is_text(script->store, error, "closed")) {
        (void)script_unsupported(script, "such an answer");
        return ATTEMPT_STOPPED;
    }
    if (timed_out && !sleep_ms(script, READ_TIMEOUT_MS))
        return ATTEMPT_STOPPED;
    answer->error_code = timed_out ? "ReadTimeoutError" : "ConnectionClosedError";
    answer->message = timed_out ? "Read timeout on endpoint URL: \"" ENDPOINT_URL "\""
                                : "Connection was closed before we received a valid response from "
                                  "endpoint URL: \"" ENDPOINT_URL "\".";
    answer->lost = true;
    return last ? ATTEMPT_FAILED : ATTEMPT_RETRIED;
}

static enum attempt_end take_answer(struct script *script, const char *operation, bool last,
                                    struct value input, struct script_answer *answer)
{
    *answer = (struct script_answer){.body = VALUE_NONE};
    const bool is_map = value_kind(script->store, input) == VALUE_MAP;
    const struct value lost = is_map ? value_get_text(script->store, input, "error") : VALUE_NONE;
    if (!value_is_none(lost))
        return lose_answer(script, lost, last, answer);
    const struct value status =
        is_map ? value_get_text(script->store, input, "status") : VALUE_NONE;
    answer->body = is_map ? value_get_text(script->store, input, "body") : VALUE_NONE;
    int64_t http_status = 0;
    if (value_is_none(status) || value_is_none(answer->body) ||
        !value_to_integer(script->store, status, &http_status) ||
        value_kind(script->store, answer->body) != VALUE_MAP) {
        (void)script_unsupported(script, "an answer without a status and a body");
        return ATTEMPT_STOPPED;
    }
    if (http_status < 300)
        return ATTEMPT_ANSWERED;
    answer->error_code = error_code(script, answer->body, http_status);
    if (answer->error_code == NULL) {
        (void)script_no_memory(script);
        return ATTEMPT_STOPPED;
    }
    const bool retried = is_retried(http_status, answer->error_code);
    if (retried && !last)
        return ATTEMPT_RETRIED;
    answer->message =
        arena_format(&script->arena, "An error occurred (%s) when calling the %s operation%s: %s",
                     answer->error_code, operation, retried ? " (reached max retries: 9)" : "",
                     error_message(script, answer->body));
    if (answer->message != NULL)
        return ATTEMPT_FAILED;
    (void)script_no_memory(script);
    return ATTEMPT_STOPPED;
}

bool script_call(struct script *script, const char *operation, struct value request,
                 bool fresh_token, struct script_answer *answer)
{
    for (int attempt = 1;; attempt++) {
        struct value input = VALUE_NONE;
        if (!take_input(script, &input))
            return send(script, operation, request, fresh_token, attempt);
        switch (take_answer(script, operation, attempt == ATTEMPTS_MAX, input, answer)) {
        case ATTEMPT_ANSWERED:
        case ATTEMPT_FAILED:
            return true;
        case ATTEMPT_STOPPED:
            return false;
        case ATTEMPT_RETRIED:
            break;
        }
        if (!sleep_ms(script, (int64_t)FIRST_DELAY_MS << (attempt - 1)))
            return false;
    }
}

bool script_raise_client_error(struct script *script, const struct script_answer *answer)
{
    const char *class_name = answer->lost ? answer->error_code : "ClientError";
    for (size_t i = 0; i < sizeof modeled_errors / sizeof modeled_errors[0]; i++)
        if (strcmp(answer->error_code, modeled_errors[i]) == 0)
            class_name = modeled_errors[i];
    return script_raise(script, class_name, answer->message);
}

/* --- Python's values ----------------------------------------------------------------- */

static bool raise_key_error(struct script *script, const char *key)
{
    const char *message = arena_format(&script->arena, "'%s'", key);
    return message != NULL ? script_raise(script, "KeyError", message) : script_no_memory(script);
}

bool script_get(struct script *script, struct value map, const char *key, struct value *value)
{
    if (value_kind(script->store, map) != VALUE_MAP)
        return script_unsupported(script, "an event without a map where '%s' is expected", key);
    *value = value_get_text(script->store, map, key);
    return !value_is_none(*value) || raise_key_error(script, key);
}

bool script_get_text(struct script *script, struct value map, const char *key, const char **bytes,
                     size_t *length)
{
    struct value text = VALUE_NONE;
    if (!script_get(script, map, key, &text))
        return false;
    if (value_kind(script->store, text) != VALUE_STRING)
        return script_unsupported(script, "a '%s' that is not a string", key);
    *bytes = value_bytes(script->store, text, length);
    return true;
}

bool script_get_item(struct script *script, const struct python_value *dict, const char *key,
                     const struct python_value **value)
{
    if (dict->kind != PYTHON_DICT)
        return script_unsupported(script, "a %s where a dict with '%s' is expected",
                                  python_type_name(dict), key);
    *value = python_get(dict, key);
    return *value != NULL || raise_key_error(script, key);
}

bool script_json_loads(struct script *script, const char *bytes, size_t length,
                       struct python_value *value)
{
    switch (python_json_loads(&script->arena, bytes, length, value)) {
    case PYTHON_OK:
        return true;
    case PYTHON_NOT_JSON:
        return script_raise(script, "JSONDecodeError", "the text is not JSON");
    case PYTHON_UNSUPPORTED:
        return script_unsupported(script, "JSON with NaN, lone surrogates, numbers that DynamoDB "
                                          "cannot hold, or nested too deeply");
    case PYTHON_NO_MEMORY:
        break;
    }
    return script_no_memory(script);
}

bool script_records(struct script *script, struct value *records)
{
    if (!script_get(script, script->run->event, "Records", records))
        return false;
    if (value_kind(script->store, *records) != VALUE_LIST)
        return script_unsupported(script, "an event whose Records are not a list");
    return true;
}

bool script_records_text(struct script *script, struct value records, struct text *text)
{
    struct text json;
    struct python_value list;
    text_init(&json, script->memory);
    event_records_json_append(&json, script->store, records);
    bool done = !text_failed(&json) || script_no_memory(script);
    const bool transcribed =
        done && python_transcribe_append(text, text_string(&json), json.length);
    done =
        done && (transcribed || script_json_loads(script, text_string(&json), json.length, &list));
    text_release(&json);
    if (!done)
        return false;
    if (!transcribed)
        python_repr_append(text, &list);
    return !text_failed(text) || script_no_memory(script);
}

/* --- what all three do --------------------------------------------------------------- */

bool script_parameter(struct script *script, const char *name, double *percentage)
{
    const struct value_entry key =
        script_entry(script, "parameter", script_wire_text(script, "S", name));
    const struct value_entry request[] = {
        script_entry(script, "TableName", value_text(script->store, "ParameterTable")),
        script_entry(script, "Key", value_map(script->store, &key, 1)),
        script_entry(script, "ConsistentRead", value_bool(script->store, true)),
    };
    struct script_answer answer;
    struct value number = VALUE_NONE;
    *percentage = 0.0;
    if (!script_call(script, "GetItem", value_map(script->store, request, 3), false, &answer))
        return false;
    if (answer.error_code != NULL)
        return script_raise_client_error(script, &answer);
    const struct value item = value_get_text(script->store, answer.body, "Item");
    if (value_is_none(item))
        return true;
    const char *digits = NULL;
    size_t length = 0;
    struct decimal decimal;
    if (!script_get(script, item, "value", &number) ||
        !script_get_text(script, number, "N", &digits, &length))
        return false;
    if (decimal_parse(digits, length, &decimal) != DECIMAL_OK)
        return script_unsupported(script, "the value of parameter %s", name);
    *percentage = decimal_to_double(&decimal);
    return true;
}

bool script_fail_at_random(struct script *script, double percentage)
{
    double drawn = 0.0;
    if (!script_draw(script, &drawn))
        return false;
    return drawn >= percentage ||
           script_raise(script, "Exception", "Random failure, introduced on purpose");
}

/* --- parts of requests --------------------------------------------------------------- */

struct value_entry script_entry(struct script *script, const char *key, struct value value)
{
    return (struct value_entry){.key = value_text(script->store, key), .value = value};
}

struct value script_wire(struct script *script, const char *type, struct value value)
{
    const struct value_entry entry = script_entry(script, type, value);
    return value_map(script->store, &entry, 1);
}

struct value script_wire_text(struct script *script, const char *type, const char *text)
{
    return script_wire(script, type, value_text(script->store, text));
}

struct value script_text(struct script *script, const struct text *text)
{
    return text_failed(text) ? VALUE_NONE
                             : value_string(script->store, text_string(text), text->length);
}
