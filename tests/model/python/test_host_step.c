#include "model/python/host_step.h"

#include "model/base/json.h"
#include "model/base/text.h"
#include "model/python/host_process.h"
#include "model/python/host_record.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct memory memory;
static struct value_store *store;
static struct error error;
static struct handler_step step;

static void start(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    error = (struct error)ERROR_INIT;
}

static void stop(void)
{
    value_store_destroy(store);
    cr_assert_eq(atomic_load(&memory.used), 0);
}

TestSuite(host_step, .init = start, .fini = stop);
TestSuite(host_record, .init = start, .fini = stop);

/* JSON with ' for ". */
static enum status parse(const char *json)
{
    char copy[1024];
    size_t length = 0;
    for (; json[length] != '\0'; length++)
        copy[length] = json[length] == '\'' ? '"' : json[length];
    return host_step_parse(store, "F", "folder", copy, length, &step, &error);
}

Test(host_step, parses_calls)
{
    cr_assert_eq(parse("{'kind': 'call', 'target': 'D.Put', 'body': {'a': 1}, 'fresh': true, "
                       "'file': 'f.py', 'line': 7, 'slept': 1500, 'output': 'text'}"),
                 STATUS_OK);
    cr_assert_eq(step.kind, HANDLER_CALL);
    cr_assert(value_is_text(store, step.target, "D.Put"));
    cr_assert_eq(value_count(store, step.request), 1);
    cr_assert(step.fresh_token);
    cr_assert(value_is_text(store, step.file, "f.py"));
    cr_assert_eq(step.line, 7);
    cr_assert_eq(step.slept_ms, 1500);
    cr_assert(value_is_text(store, step.output, "text"));
}

Test(host_step, parses_ends)
{
    cr_assert_eq(parse("{'kind': 'return', 'detail': null}"), STATUS_OK);
    cr_assert_eq(value_kind(store, step.detail), VALUE_NULL);
    cr_assert(value_is_text(store, step.file, ""));
    cr_assert(value_is_text(store, step.output, ""));
    cr_assert_eq(parse("{'kind': 'exit', 'status': 3}"), STATUS_OK);
    cr_assert(value_is_text(store, value_get_text(store, step.detail, "message"), "exit status 3"));
    cr_assert_eq(parse("{'kind': 'exit', 'message': 'out of memory'}"), STATUS_OK);
    cr_assert(value_is_text(store, value_get_text(store, step.detail, "message"), "out of memory"));
}

Test(host_step, reports_what_goes_no_further)
{
    cr_assert_eq(parse("{'kind': 'unsupported', 'message': 'calls S3', 'file': 'a.py', 'line': 3}"),
                 STATUS_UNSUPPORTED);
    cr_assert_str_eq(error.message, "F calls S3");
    cr_assert_str_eq(error.file, "folder/a.py");
    cr_assert_eq(error.line, 3);
    cr_assert_eq(parse("{'kind': 'limit', 'message': 'sends a lot'}"), STATUS_LIMIT);
    cr_assert_str_eq(error.message, "F sends a lot");
}

Test(host_step, refuses_anything_else)
{
    static const char *const frames[] = {
        "",
        "x",
        "[]",
        "7",
        "{}",
        "{'kind': 1}",
        "{'kind': 'nothing'}",
        "{'kind': 'call'}",
        "{'kind': 'call', 'target': 'D.Put'}",
        "{'kind': 'call', 'target': 1, 'body': {}}",
        "{'kind': 'call', 'target': 'D.Put', 'body': []}",
        "{'kind': 'draw'}",
        "{'kind': 'draw', 'detail': 1}",
        "{'kind': 'return'}",
        "{'kind': 'raise', 'detail': {'class': 'E'}}",
        "{'kind': 'raise', 'detail': 'E'}",
        "{'kind': 'hang', 'detail': {}}",
        "{'kind': 'unsupported'}",
        "{'kind': 'call', 'kind': 'call'}",
        "{'kind': 'return', 'detail': 1} more",
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        cr_assert_eq(parse(frames[i]), STATUS_BAD_INPUT, "%s", frames[i]);
        cr_assert_not_null(strstr(error.message, "F disturbs its Python host"));
    }
}

Test(host_step, takes_odd_places_as_none)
{
    cr_assert_eq(parse("{'kind': 'time', 'file': 3, 'line': -1, 'slept': 0.5, 'output': []}"),
                 STATUS_OK);
    cr_assert(value_is_text(store, step.file, ""));
    cr_assert_eq(step.line, 0);
    cr_assert_eq(step.slept_ms, 0);
    cr_assert_eq(parse("{'kind': 'time', 'line': 99999999999}"), STATUS_OK);
    cr_assert_eq(step.line, 0);
}

Test(host_step, accepts_the_inputs_that_the_contract_says)
{
    const struct value map = value_map(store, NULL, 0);
    const struct value text = value_text(store, "low");
    const struct value number = value_integer(store, 1);
    cr_assert_eq(parse("{'kind': 'call', 'target': 'D.Put', 'body': {}}"), STATUS_OK);
    cr_assert(host_step_accepts(store, &step, map));
    cr_assert(!host_step_accepts(store, &step, text));
    cr_assert_eq(parse("{'kind': 'draw', 'detail': 'd'}"), STATUS_OK);
    cr_assert(host_step_accepts(store, &step, text));
    cr_assert(!host_step_accepts(store, &step, number));
    cr_assert_eq(parse("{'kind': 'time'}"), STATUS_OK);
    cr_assert(host_step_accepts(store, &step, number));
    cr_assert(!host_step_accepts(store, &step, map));
    cr_assert_eq(parse("{'kind': 'return', 'detail': 1}"), STATUS_OK);
    cr_assert(!host_step_accepts(store, &step, map));
}

Test(host_step, words_the_end_of_a_process)
{
    char text[64];
    host_describe_status(3 << 8, text, sizeof text); /* as waitpid encodes them on Linux */
    cr_assert_str_eq(text, "exit status 3");
    host_describe_status(SIGKILL, text, sizeof text);
    cr_assert_str_eq(text, "signal: killed");
    host_describe_status(SIGSEGV, text, sizeof text);
    cr_assert_str_eq(text, "signal: segmentation fault");
    host_describe_status(SIGSYS, text, sizeof text);
    cr_assert_str_eq(text, "signal: signal 31");
}

Test(host_step, shortens_descriptions)
{
    char json[1000];
    struct text text;
    text_init(&text, &memory);
    snprintf(json, sizeof json, "{'kind': 'draw', 'detail': '%0800d', 'file': 'a.py', 'line': 2}",
             0);
    cr_assert_eq(parse(json), STATUS_OK);
    host_step_describe(&text, store, &step);
    cr_assert_eq(text.length, 600 + strlen("... (a.py:2)"));
    text_release(&text);
}

static enum status check(struct host_record *record, uint32_t attempt, const char *json)
{
    cr_assert_eq(parse(json), STATUS_OK);
    const struct hash128 prefix = host_prefix_start(store, value_text(store, "event"), attempt);
    return host_record_check(record, store, "F", prefix, attempt, 0, &step, &error);
}

Test(host_record, compares_what_others_can_see)
{
    struct host_record record;
    host_record_init(&record, &memory);
    cr_assert_eq(check(&record, 0, "{'kind': 'call', 'target': 'D.Put', 'body': {'a': 1}}"),
                 STATUS_OK);
    cr_assert_eq(check(&record, 0,
                       "{'kind': 'call', 'target': 'D.Put', 'body': {'a': 1}, 'output': 'x', "
                       "'file': 'a.py', 'line': 3}"),
                 STATUS_OK);
    cr_assert_eq(check(&record, 1, "{'kind': 'time'}"), STATUS_OK);
    cr_assert_eq(check(&record, 0, "{'kind': 'time'}"), STATUS_NONDETERMINISTIC);
    cr_assert_eq(check(&record, 0, "{'kind': 'call', 'target': 'D.Put', 'body': {'a': 2}}"),
                 STATUS_NONDETERMINISTIC);
    cr_assert_str_eq(
        error.message,
        "F is not deterministic: after the same event and 0 same inputs (attempt 0) it "
        "did at first: call D.Put {\"a\":1}; and now: call D.Put {\"a\":2}");
    cr_assert_eq(
        check(&record, 0, "{'kind': 'call', 'target': 'D.Put', 'body': {'a': 1}, 'slept': 5}"),
        STATUS_NONDETERMINISTIC);
    host_record_release(&record);
}

Test(host_record, keeps_many_prefixes_apart)
{
    enum { COUNT = 2000 };
    struct host_record record;
    host_record_init(&record, &memory);
    struct hash128 prefix = host_prefix_start(store, value_text(store, "event"), 0);
    for (int round = 0; round < 2; round++) {
        struct hash128 at = prefix;
        for (uint32_t i = 0; i < COUNT; i++) {
            step = host_step_end(store, i % 2 == 0 ? HANDLER_EXIT : HANDLER_HANG, "m");
            cr_assert_eq(host_record_check(&record, store, "F", at, 0, i, &step, &error),
                         STATUS_OK);
            at = host_prefix_add(store, at, value_integer(store, i));
        }
    }
    cr_assert_eq(record.count, COUNT);
    host_record_release(&record);
}

Test(host_record, reports_a_failed_allocation)
{
    struct host_record record;
    host_record_init(&record, &memory);
    step = host_step_end(store, HANDLER_EXIT, "m");
    memory.fail_at = atomic_load(&memory.requests) + 1;
    cr_assert_eq(
        host_record_check(&record, store, "F", (struct hash128){1, 2}, 0, 0, &step, &error),
        STATUS_NO_MEMORY);
    host_record_release(&record);
}
