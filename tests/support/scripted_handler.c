#include "tests/support/scripted_handler.h"

#include "model/base/json.h"
#include "model/container.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { JSON_SIZE = 2048 };

struct backend {
    struct memory *memory;
    struct value_store *store;
    scripted_function function;
    struct scripted_log *log;
};

/* VALUE_NONE where memory runs out, as value constructors have it. */
struct value scripted_json(struct value_store *store, const char *json)
{
    char text[JSON_SIZE];
    struct value value = VALUE_NONE;
    struct error error = ERROR_INIT;
    size_t length = strlen(json);
    cr_assert_lt(length, sizeof text);
    for (size_t i = 0; i <= length; i++)
        text[i] = json[i] == '\'' ? '"' : json[i];
    enum status status = json_parse(store, text, length, NULL, &value, &error);
    if (status == STATUS_NO_MEMORY)
        return VALUE_NONE;
    cr_assert_eq(status, STATUS_OK, "%s: %s", error.message, json);
    return value;
}

struct value scripted_format(struct value_store *store, const char *format, ...)
{
    char text[JSON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cr_assert(length >= 0 && (size_t)length < sizeof text);
    return scripted_json(store, text);
}

static void fill(struct scripted *run, enum handler_step_kind kind)
{
    run->ended = true;
    run->step->kind = kind;
    run->step->slept_ms = run->slept_ms;
    run->step->line = run->line;
}

/* The next input, or VALUE_NONE after noting the step. */
static struct value next(struct scripted *run, enum handler_step_kind kind)
{
    run->line++;
    if (run->inputs_used == run->run->input_count) {
        fill(run, kind);
        return VALUE_NONE;
    }
    run->slept_ms = 0;
    return run->run->inputs[run->inputs_used++];
}

bool scripted_request(struct scripted *run, const char *operation, struct value request,
                      struct value *answer)
{
    bool fresh = run->fresh_token;
    run->lacks_request = run->lacks_request || value_is_none(request);
    run->fresh_token = false;
    uint32_t attempt = run->sdk_attempt;
    run->sdk_attempt = 0;
    *answer = next(run, HANDLER_CALL);
    if (value_is_none(*answer)) {
        run->step->target = strchr(operation, '.') != NULL
                                ? value_text(run->store, operation)
                                : value_format(run->store, "DynamoDB_20120810.%s", operation);
        run->step->request = request;
        run->step->fresh_token = fresh;
        run->step->sdk_attempt = attempt > 0 ? attempt : 1;
        return false;
    }
    /* a tree that gives an input of another kind has lost its way */
    cr_assert_eq(value_kind(run->store, *answer), VALUE_MAP);
    return true;
}

bool scripted_call(struct scripted *run, const char *operation, const char *request,
                   struct value *answer)
{
    return scripted_request(run, operation, scripted_json(run->store, request), answer);
}

bool scripted_draw(struct scripted *run, bool *low)
{
    struct value input = next(run, HANDLER_DRAW);
    if (value_is_none(input))
        return false;
    *low = value_is_text(run->store, input, "low");
    cr_assert(*low || value_is_text(run->store, input, "high"));
    return true;
}

bool scripted_time(struct scripted *run, int64_t *now_ms)
{
    struct value input = next(run, HANDLER_TIME);
    if (value_is_none(input))
        return false;
    cr_assert_eq(value_kind(run->store, input), VALUE_NUMBER);
    cr_assert(value_to_integer(run->store, input, now_ms));
    return true;
}

void scripted_sleep(struct scripted *run, int64_t ms) { run->slept_ms += ms; }

void scripted_return_value(struct scripted *run, struct value value)
{
    fill(run, HANDLER_RETURN);
    run->step->detail = value;
}

void scripted_return(struct scripted *run) { scripted_return_value(run, value_null(run->store)); }

static void end(struct scripted *run, enum handler_step_kind kind, const char *detail)
{
    fill(run, kind);
    run->step->detail = scripted_json(run->store, detail);
}

void scripted_raise(struct scripted *run)
{
    end(run, HANDLER_RAISE, "{'class': 'Exception', 'message': 'scripted'}");
}

void scripted_exit(struct scripted *run) { end(run, HANDLER_EXIT, "{'message': 'exit status 1'}"); }

void scripted_hang(struct scripted *run) { end(run, HANDLER_HANG, "{'message': 'timed out'}"); }

int64_t scripted_status(const struct scripted *run, struct value answer)
{
    int64_t status = 0;
    struct value field = value_get_text(run->store, answer, "status");
    cr_assert(value_to_integer(run->store, field, &status));
    return status;
}

static struct value records_of(const struct scripted *run, struct value event)
{
    return value_get_text(run->store, event, "Records");
}

size_t scripted_served(const struct scripted *run)
{
    struct served_invocation served;
    return event_is_warm(run->store, run->run->event, &served)
               ? value_count(run->store, records_of(run, served.event))
               : 0;
}

size_t scripted_record_count(const struct scripted *run)
{
    return value_count(run->store, records_of(run, event_delivered(run->store, run->run->event)));
}

struct value scripted_record(const struct scripted *run, size_t index)
{
    return value_at(run->store, records_of(run, event_delivered(run->store, run->run->event)),
                    index);
}

const char *scripted_sequence(const struct scripted *run, size_t index)
{
    struct value record = scripted_record(run, index);
    struct value kinesis = value_get_text(run->store, record, "kinesis");
    struct value number =
        value_is_none(kinesis)
            ? value_get_text(run->store, value_get_text(run->store, record, "dynamodb"),
                             "SequenceNumber")
            : value_get_text(run->store, kinesis, "sequenceNumber");
    return value_bytes(run->store, number, NULL);
}

static void note(const struct backend *backend, const struct handler_run *run)
{
    if (backend->log == NULL)
        return;
    backend->log->runs++;
    if (run->attempt > backend->log->attempt_max)
        backend->log->attempt_max = run->attempt;
    if (run->input_count > backend->log->inputs_max)
        backend->log->inputs_max = run->input_count;
}

static enum status run_one(struct backend *backend, const struct handler_run *handler_run,
                           struct handler_step *step, struct error *error)
{
    struct scripted run = {.store = backend->store, .run = handler_run, .step = step};
    *step = (struct handler_step){.target = VALUE_NONE, .file = VALUE_NONE};
    backend->function(&run);
    if (!run.ended)
        scripted_return(&run);
    cr_assert_eq(run.inputs_used, handler_run->input_count);
    step->file = value_text(backend->store, "scripted.c");
    if (run.lacks_request || value_store_failed(backend->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return STATUS_OK;
}

static enum status backend_next(void *self, const struct handler_run *runs, size_t count,
                                struct handler_step *steps, struct error *error)
{
    struct backend *backend = self;
    for (size_t i = 0; i < count; i++) {
        note(backend, &runs[i]);
        if (backend->log != NULL && backend->log->fail_with != STATUS_OK)
            return error_set(error, backend->log->fail_with, "scripted failure");
        enum status status = run_one(backend, &runs[i], &steps[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void backend_destroy(void *self)
{
    struct backend *backend = self;
    if (backend->log != NULL)
        backend->log->destroyed = true;
    memory_free(backend->memory, backend, sizeof *backend);
}

struct handler_backend scripted_backend(struct memory *memory, struct value_store *store,
                                        scripted_function function, struct scripted_log *log)
{
    struct backend *backend = memory_allocate(memory, sizeof *backend);
    if (backend != NULL)
        *backend =
            (struct backend){.memory = memory, .store = store, .function = function, .log = log};
    return (struct handler_backend){.self = backend,
                                    .next = backend_next,
                                    .destroy = backend_destroy,
                                    .works_on_many = log != NULL && log->works_on_many,
                                    .keeps_state = log != NULL && log->keeps_state};
}
