#include "tests/model/python/driver.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_SIZE = 256 };

/* As much of a jail as the machine has and the place of the sources allows. */
static int find_jail(struct driver *driver)
{
    struct jail_state state;
    cr_assert_eq(jail_probe(&state, &driver->error), STATUS_OK, "%s", driver->error.message);
    return jail_layers_for(&state, jail_user_can_read(driver->package) &&
                                       jail_user_can_read("build/python") &&
                                       jail_user_can_read(driver->python));
}

void driver_init(struct driver *driver, const char *package, const char *handler)
{
    *driver = (struct driver){.error = ERROR_INIT};
    memory_init(&driver->memory, SIZE_MAX);
    driver->store = value_store_create(&driver->memory);
    text_init(&driver->text, &driver->memory);
    driver->environment[0] = (struct environment_variable){"COLOUR", "blue"};
    driver->function = (struct function_config){.logical_id = "Function",
                                                .name = "Function",
                                                .handler = handler,
                                                .runtime = "python3.11",
                                                .timeout_s = 8,
                                                .memory_mb = 128,
                                                .reserved_concurrency = -1,
                                                .environment = driver->environment,
                                                .environment_count = 1};
    snprintf(driver->package, sizeof driver->package, "tests/fixtures/python/%s", package);
    driver->step_ms = 5000;
    cr_assert_eq(python_host_find_interpreter(NULL, getenv("ONCECHECK_PYTHON"), driver->python,
                                              sizeof driver->python, &driver->error),
                 STATUS_OK, "%s", driver->error.message);
    driver->jail = find_jail(driver);
}

void driver_release(struct driver *driver)
{
    if (driver->backend.self != NULL)
        driver->backend.destroy(driver->backend.self);
    text_release(&driver->text);
    value_store_destroy(driver->store);
    cr_assert_eq(atomic_load(&driver->memory.used), 0);
}

enum status driver_start(struct driver *driver)
{
    const char *runtime = getenv("ONCECHECK_TEST_RUNTIME");
    const struct python_host_options options = {.python = driver->python,
                                                .runtime_dir =
                                                    runtime != NULL ? runtime : "build/python",
                                                .package_dir = driver->package,
                                                .function = &driver->function,
                                                .clock_ms = 1600000000000,
                                                .step_ms = driver->step_ms,
                                                .jail = driver->jail};
    return python_host_create(&driver->memory, driver->store, &options, &driver->backend,
                              &driver->error);
}

struct value driver_json(struct driver *driver, const char *json)
{
    struct value value = VALUE_NONE;
    char *copy = strdup(json);
    cr_assert_not_null(copy);
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    const enum status status =
        json_parse(driver->store, copy, strlen(copy), NULL, &value, &driver->error);
    cr_assert_eq(status, STATUS_OK, "%s: %s", copy, driver->error.message);
    free(copy);
    return value;
}

struct handler_step driver_step(struct driver *driver, const char *event, uint32_t attempt,
                                size_t count)
{
    const struct handler_run run = {.event = driver_json(driver, event),
                                    .attempt = attempt,
                                    .inputs = driver->inputs,
                                    .input_count = count};
    struct handler_step step;
    const enum status status =
        driver->backend.next(driver->backend.self, &run, 1, &step, &driver->error);
    cr_assert_eq(status, STATUS_OK, "%s", driver->error.message);
    return step;
}

static void append_step(struct driver *driver)
{
    struct text *text = &driver->text;
    const struct value_store *store = driver->store;
    const struct handler_step *step = &driver->step;
    const size_t start = text->length;
    text_append_string(text, handler_step_kind_name(step->kind));
    if (step->kind == HANDLER_CALL) {
        text_append_format(text, " %s ", value_bytes(store, step->target, NULL));
        json_append(text, store, step->request);
    } else if (!value_is_none(step->detail)) {
        text_append_char(text, ' ');
        json_append(text, store, step->detail);
    }
    if (step->fresh_token)
        text_append_string(text, " fresh");
    if (step->line > 0)
        text_append_format(text, " @%s:%u", value_bytes(store, step->file, NULL), step->line);
    if (step->slept_ms > 0)
        text_append_format(text, " +%" PRId64 "ms", step->slept_ms);
    if (value_bytes(store, step->output, NULL)[0] != '\0')
        text_append_format(text, " > %s", value_bytes(store, step->output, NULL));
    for (size_t i = start; i < text->length; i++)
        text->bytes[i] = text->bytes[i] == '"' ? '\'' : text->bytes[i];
    text_append_char(text, '\n');
}

static struct value default_answer(struct driver *driver)
{
    if (driver->step.kind == HANDLER_DRAW)
        return value_text(driver->store, "high");
    if (driver->step.kind == HANDLER_TIME)
        return value_integer(driver->store, (DRIVER_NOW_S + (int64_t)driver->input_count) * 1000);
    return driver_json(driver, "{'status': 200, 'body': {}}");
}

const char *driver_play(struct driver *driver, const char *event, uint32_t attempt,
                        const char *answers)
{
    const struct value given = driver_json(driver, answers != NULL ? answers : "[]");
    const struct handler_run start = {
        .event = driver_json(driver, event), .attempt = attempt, .inputs = driver->inputs};
    struct handler_run run = start;
    text_clear(&driver->text);
    driver->input_count = 0;
    enum status status = driver->backend.self == NULL ? driver_start(driver) : STATUS_OK;
    while (status == STATUS_OK) {
        run.input_count = driver->input_count;
        status = driver->backend.next(driver->backend.self, &run, 1, &driver->step, &driver->error);
        if (status != STATUS_OK)
            break;
        append_step(driver);
        if (handler_step_is_end(driver->step.kind))
            break;
        cr_assert_lt(driver->input_count, DRIVER_INPUTS_MAX);
        driver->inputs[driver->input_count] =
            driver->input_count < value_count(driver->store, given)
                ? value_at(driver->store, given, driver->input_count)
                : default_answer(driver);
        driver->input_count++;
    }
    if (status != STATUS_OK) {
        char message[ERROR_MESSAGE_SIZE];
        error_format(&driver->error, message, sizeof message);
        text_append_format(&driver->text, "error %d: %s\n", (int)status, message);
    }
    return text_string(&driver->text);
}

void driver_expect(struct driver *driver, const char *behaviour, const char *answers,
                   const char *transcript)
{
    char event[EVENT_SIZE];
    snprintf(event, sizeof event, "{'do': '%s'}", behaviour);
    const char *found = driver_play(driver, event, 0, answers);
    const size_t length = strlen(transcript);
    if (length > 0 && transcript[length - 1] == '*')
        cr_assert(strncmp(found, transcript, length - 1) == 0, "%s:\n%s", behaviour, found);
    else
        cr_assert_str_eq(found, transcript, "%s:\n%s", behaviour, found);
}
