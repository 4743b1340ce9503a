#include "reports/trace_context.h"

#include "model/base/json.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rig rig;
static struct counterexample counterexample;
static struct run run;
static char folder[64];

static void writes(struct scripted *run_of_it)
{
    struct value answer;
    if (scripted_call(run_of_it, "PutItem",
                      "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}, 'n': {'N': '1'}}}", &answer))
        scripted_return(run_of_it);
}

static void does_nothing(struct scripted *run_of_it) { scripted_return(run_of_it); }

static void begin(void)
{
    rig_init(&rig, &(struct rig_setup){.scenario =
                                           "scenario: x\nworkload:\n  messages:\n"
                                           "    - {trade: T1, version: 0}\n"
                                           "    - {trade: T2, version: 0}\nfaults: {crash: true}\n",
                                       .handlers = {{"Work", writes}, {"Next", does_nothing}}});
    rig_learn(&rig, 1);
    counterexample_init(&counterexample, rig.world);
    strcpy(folder, "/tmp/test_trace_context.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    run = (struct run){.memory = &rig.memory, .store = rig.store, .pipeline = rig.pipeline};
    run.sources[rig_function(&rig, "Work")].path = folder;
}

static void end(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/lambda_function.py", folder);
    (void)remove(path);
    cr_assert_eq(rmdir(folder), 0);
    counterexample_release(&counterexample);
    rig_release(&rig);
}

TestSuite(trace_context, .init = begin, .fini = end);

/* Take the fault-free transition with this index at each state. */
static void record(const size_t *choices, size_t count)
{
    cr_assert_eq(counterexample_begin(&counterexample, rig.state, &rig.error), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        rig_expand(&rig);
        cr_assert_lt(choices[i], rig.list.count);
        const uint32_t *after = rig.list.slots + choices[i] * rig.list.slot_count;
        cr_assert_eq(counterexample_add(&counterexample, &rig.list.items[choices[i]].action, after,
                                        &rig.error),
                     STATUS_OK);
        memcpy(rig.state, after, rig.list.slot_count * sizeof *rig.state);
    }
}

static void expect_json(struct value map, const char *field, const char *expected)
{
    struct text text;
    text_init(&text, &rig.memory);
    json_append(&text, rig.store, value_get_text(rig.store, map, field));
    for (char *c = text.bytes; *c != '\0'; c++)
        *c = *c == '"' ? '\'' : *c;
    cr_expect_str_eq(text_string(&text), expected);
    text_release(&text);
}

Test(trace_context, says_what_else_could_have_happened)
{
    const size_t first[] = {0, 0};
    record(first, 2);
    struct value trace =
        trace_put_context(rig.world, &counterexample, value_map(rig.store, NULL, 0));
    expect_json(trace, "choices",
                "[{'action':'poll','actor':'Work/shard-0','fault':null,'summary':'gets a batch of "
                "1: T1 v0'}]");
    expect_json(trace, "enabled", "[[],[0]]");
}

Test(trace_context, keeps_the_state_at_the_start)
{
    record(NULL, 0);
    struct value trace =
        trace_put_context(rig.world, &counterexample, value_map(rig.store, NULL, 0));
    struct value initial = value_get_text(rig.store, trace, "initial");
    expect_json(initial, "Generator", "[0,0]");
    expect_json(initial, "Work/shard-0", "{'batch':0,'invocation':'idle','stream checkpoint':0}");
    expect_json(trace, "enabled", "[]");
}

static struct value steps_at(const char *file)
{
    struct value steps = VALUE_NONE;
    char json[256];
    snprintf(json, sizeof json,
             "[{\"code\": {\"function\": \"Work\", \"file\": \"%s\", \"line\": 1}},"
             " {\"end\": {\"code\": {\"function\": \"Next\", \"file\": \"x.py\", \"line\": 1}}}]",
             file);
    cr_assert_eq(json_parse(rig.store, json, strlen(json), NULL, &steps, &rig.error), STATUS_OK);
    return steps;
}

static void write_source(const char *bytes, size_t length)
{
    char path[128];
    snprintf(path, sizeof path, "%s/lambda_function.py", folder);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    cr_assert_eq(fwrite(bytes, 1, length, stream), length);
    cr_assert_eq(fclose(stream), 0);
}

static void expect_sources(const char *file, const char *expected)
{
    struct value trace = trace_put_sources(&run, steps_at(file), value_map(rig.store, NULL, 0));
    expect_json(trace, "sources", expected);
}

Test(trace_context, holds_the_files_that_steps_point_into)
{
    write_source("x = 'é'\n", 9);
    expect_sources("lambda_function.py", "{'Work':{'lambda_function.py':'x = 'é'\\n'}}");
}

Test(trace_context, leaves_out_what_is_no_text)
{
    const char *const bytes[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        write_source(bytes[i], strlen(bytes[i]));
        expect_sources("lambda_function.py", "{}");
    }
}

Test(trace_context, leaves_out_what_is_not_there_or_too_large)
{
    static char large[TRACE_SOURCE_SIZE_MAX + 1];
    memset(large, ' ', sizeof large);
    expect_sources("lambda_function.py", "{}");
    write_source(large, sizeof large);
    expect_sources("lambda_function.py", "{}");
}
