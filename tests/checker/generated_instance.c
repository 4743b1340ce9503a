#include "tests/checker/generated_instance.h"
#include "tests/checker/generated_choice.h"

#include "model/base/random.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- choice ------------------------------------------------------------------------------- */

static const char *choose_handler(struct random *random, enum generated_role role)
{
    static const char *const right[] = {"state_right", "map_by_position", "reduce_token"};
    if (generated_chance(random, 35))
        return right[role];
    return generated_handler_choose(random, role);
}

/* Versions of a trade differ, in any order. */
static void choose_puts(struct random *random, struct instance *instance)
{
    instance->put_count = 1 + random_below(random, 3);
    bool used[2][3] = {{false}};
    for (uint32_t i = 0; i < instance->put_count; i++) {
        struct instance_put *put = &instance->puts[i];
        do {
            put->trade = random_below(random, 2);
            put->version = random_below(random, 3);
        } while (used[put->trade][put->version]);
        used[put->trade][put->version] = true;
        put->copies = generated_chance(random, 15) ? 2 : 1;
        put->salt = random_below(random, 4);
    }
}

void instance_generate(struct instance *instance, uint64_t seed)
{
    static const enum generated_role roles[5][INSTANCE_STAGES_MAX] = {
        {ROLE_REDUCE},
        {ROLE_STATE, ROLE_REDUCE},
        {ROLE_MAP, ROLE_REDUCE},
        {ROLE_STATE, ROLE_MAP, ROLE_REDUCE},
        {ROLE_STATE, ROLE_STATE, ROLE_REDUCE},
    };
    static const uint32_t stage_counts[] = {1, 2, 2, 3, 3};
    static const char *const limits[] = {"0", "1", "1", "2"};
    struct random random;
    random_init(&random, seed, 5);
    *instance = (struct instance){.timeout_s = generated_chance(&random, 50) ? 10 : 400};
    uint32_t shape = random_below(&random, 10);
    shape = shape == 0 ? 0 : 1 + shape % 4;
    instance->stages = stage_counts[shape];
    uint32_t second_shards = 1; /* one stage at most has two shards where there are three */
    for (uint32_t i = 0; i < instance->stages; i++) {
        instance->handlers[i] = choose_handler(&random, roles[shape][i]);
        instance->shards[i] = second_shards > 0 && generated_chance(&random, 45) ? 2 : 1;
        if (instance->stages == 3)
            second_shards -= instance->shards[i] - 1;
        instance->batch[i] = 1 + random_below(&random, 3);
    }
    if (generated_chance(&random, 15)) {
        instance->extra_stage = random_below(&random, instance->stages);
        instance->extra = choose_handler(&random, roles[shape][instance->extra_stage]);
    }
    instance->one_at_a_time = generated_chance(&random, 25);
    choose_puts(&random, instance);
    instance->any_order = generated_chance(&random, 20);
    instance->limit = limits[random_below(&random, 4)];
    instance->crash = generated_chance(&random, 20)   ? "false"
                      : generated_chance(&random, 25) ? "1"
                                                      : "true";
    instance->random_failure = generated_chance(&random, 75) ? "true" : "1";
    instance->timeout = generated_chance(&random, 60)   ? "false"
                        : generated_chance(&random, 40) ? "1"
                                                        : "true";
}

static const char *choose_tying(struct random *random, enum generated_role role)
{
    for (;;) {
        const struct generated_handler *handler =
            &tying_handlers[random_below(random, (uint32_t)tying_handler_count)];
        if (handler->role == role)
            return handler->name;
    }
}

static const char *choose_for_web(struct random *random, enum generated_role role)
{
    return generated_chance(random, 45) ? choose_tying(random, role) : choose_handler(random, role);
}

void instance_generate_web(struct instance *instance, uint64_t seed)
{
    static const enum generated_role roles[3][INSTANCE_STAGES_MAX] = {
        {ROLE_STATE, ROLE_REDUCE}, {ROLE_MAP, ROLE_REDUCE}, {ROLE_STATE, ROLE_MAP, ROLE_REDUCE}};
    struct random random;
    random_init(&random, seed, 6);
    uint32_t shape = random_below(&random, 3);
    *instance = (struct instance){.stages = shape == 2 ? 3 : 2,
                                  .timeout_s = generated_chance(&random, 50) ? 10 : 400,
                                  .random_failure = "1",
                                  .any_order = generated_chance(&random, 20),
                                  .reversed = generated_chance(&random, 30)};
    for (uint32_t i = 0; i < instance->stages; i++) {
        instance->handlers[i] = choose_for_web(&random, roles[shape][i]);
        instance->shards[i] = 1;
        instance->batch[i] = 1 + random_below(&random, 2);
    }
    if (generated_chance(&random, 35))
        instance->shards[random_below(&random, instance->stages)] = 2;
    if (generated_chance(&random, 30)) {
        instance->extra_stage = random_below(&random, instance->stages);
        instance->extra = choose_for_web(&random, roles[shape][instance->extra_stage]);
    }
    instance->joins = generated_chance(&random, 35);
    instance->joining = random_below(&random, instance->stages);
    instance->joined = (instance->joining + 1) % instance->stages;
    instance->one_at_a_time = generated_chance(&random, 25);
    choose_puts(&random, instance);
    if (instance->put_count > 2)
        instance->put_count = 2;
    instance->limit = generated_chance(&random, 50) ? "0" : "1";
    instance->crash = generated_chance(&random, 70) ? "true" : "false";
    instance->timeout = generated_chance(&random, 60) ? "false" : "1";
}

void instance_generate_keen(struct instance *instance, uint64_t seed)
{
    static const char *const pairs[][2] = {{"state_looks_at_the_clock", "reduce_plain"},
                                           {"map_tells_the_time", "reduce_plain"},
                                           {"map_size_token", "reduce_size_token"},
                                           {"map_draws_afterwards", "map_tells_the_time"},
                                           {"reduce_sleeps_between_draws", "reduce_plain"}};
    struct random random;
    random_init(&random, seed, 7);
    const char *const *pair = pairs[random_below(&random, sizeof pairs / sizeof pairs[0])];
    *instance = (struct instance){.stages = 2,
                                  .handlers = {pair[0], pair[1]},
                                  .shards = {1, 1},
                                  .batch = {2, 1 + random_below(&random, 2)},
                                  .timeout_s = 10,
                                  .reversed = generated_chance(&random, 30),
                                  .crash = "1",
                                  .random_failure = "1",
                                  .timeout = generated_chance(&random, 50) ? "1" : "false"};
    choose_puts(&random, instance);
    instance->limit = generated_chance(&random, 50) ? "0" : "2";
}

void instance_generate_faulty(struct instance *instance, uint64_t seed)
{
    static const char *const kinds[] = {"throttle",   "server_error", "lost_response",
                                        "late_write", "stale_read",   "transaction_conflict",
                                        "redeliver",  "rebatch",      "delay",
                                        "put_failure"};
    struct random random;
    random_init(&random, seed, 8);
    if (generated_chance(&random, 30))
        instance_generate_keen(instance, seed);
    else if (generated_chance(&random, 50))
        instance_generate_web(instance, seed);
    else
        instance_generate(instance, seed);
    instance->kind = kinds[random_below(&random, sizeof kinds / sizeof *kinds)];
    instance->cap = generated_chance(&random, 70) ? "1" : "2";
    instance->limit = generated_chance(&random, 70) ? "1" : "2";
    instance->crash = generated_chance(&random, 50) ? "true" : "false";
    instance->random_failure = generated_chance(&random, 50) ? "1" : "false";
    instance->timeout = generated_chance(&random, 80) ? "false" : "1";
    if (instance->put_count > 2)
        instance->put_count = 2;
}

/* --- text --------------------------------------------------------------------------------- */

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text + length, INSTANCE_TEXT_SIZE - length, format, arguments);
    va_end(arguments);
    cr_assert(added >= 0 && length + (size_t)added < INSTANCE_TEXT_SIZE, "too much text");
}

const char *instance_describe(const struct instance *instance, char *text)
{
    text[0] = '\0';
    if (instance->streams)
        append(text, "streams: ");
    for (uint32_t i = 0; i < instance->stages; i++) {
        append(text, "%s%s (shards %u, batch %u)", i == 0 ? "" : " -> ", instance->handlers[i],
               instance->shards[i], instance->batch[i]);
        if (instance->extra != NULL && instance->extra_stage == i)
            append(text, " + %s", instance->extra);
        if (instance->settings[i] != NULL)
            append(text, " {%s}", instance->settings[i]);
    }
    if (instance->joins)
        append(text, ", %u follows %u, too", instance->joining, instance->joined);
    append(text, "; puts");
    for (uint32_t i = 0; i < instance->put_count; i++) {
        const struct instance_put *put = &instance->puts[i];
        append(text, " %u-%u-%u", put->trade, put->version, put->salt);
        if (put->copies > 1)
            append(text, "x%u", put->copies);
    }
    append(text, "%s%s; timeout %u s; faults %s, crash %s, random_failure %s, timeout %s",
           instance->any_order ? " in any order" : "",
           instance->one_at_a_time ? "; concurrency 1" : "", instance->timeout_s, instance->limit,
           instance->crash, instance->random_failure, instance->timeout);
    if (instance->kind != NULL)
        append(text, ", %s %s", instance->kind, instance->cap);
    return text;
}

static void write_table(const struct instance *instance, char *text, const char *name, bool stream)
{
    append(text,
           "  %s:\n"
           "    Type: AWS::DynamoDB::Table\n"
           "    Properties:\n"
           "      TableName: %s\n"
           "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
           "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n",
           name, name);
    if (stream)
        append(text, "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n");
    if (instance->expires)
        append(text, "      TimeToLiveSpecification: {AttributeName: x, Enabled: true}\n");
}

static void write_function(const struct instance *instance, const char *name, uint32_t stage,
                           char *text)
{
    append(text,
           "  %s:\n"
           "    Type: AWS::Lambda::Function\n"
           "    Properties: {FunctionName: %s, Runtime: python3.11, Handler: a.b, Timeout: %u,\n"
           "                 Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r'",
           name, name, instance->timeout_s);
    if (instance->one_at_a_time && stage + 1 == instance->stages)
        append(text, ", ReservedConcurrentExecutions: 1");
    append(text, "}\n");
}

/* Handlers tell by their source's name what they write. */
static const char *source_name(const struct instance *instance)
{
    return instance->streams ? "J" : "In";
}

static void write_stream(const struct instance *instance, uint32_t stage, char *text)
{
    uint32_t number = instance->stages - 1 - stage;
    append(text,
           "  %s%u: {Type: 'AWS::Kinesis::Stream', Properties: {Name: %s%u, ShardCount: %u}}\n",
           source_name(instance), number, source_name(instance), number, instance->shards[stage]);
}

/* The function follows what the stage reads. */
static void write_mapping(const struct instance *instance, const char *name, uint32_t stage,
                          char *text)
{
    append(text,
           "  %sMapping%u:\n"
           "    Type: AWS::Lambda::EventSourceMapping\n"
           "    Properties: {FunctionName: !Ref %s, StartingPosition: TRIM_HORIZON,\n"
           "                 BatchSize: %u%s%s, EventSourceArn: !GetAtt ",
           name, stage, name, instance->batch[stage], instance->settings[stage] == NULL ? "" : ", ",
           instance->settings[stage] == NULL ? "" : instance->settings[stage]);
    if (stage == 0 || instance->streams)
        append(text, "%s%u.Arn}\n", source_name(instance), instance->stages - 1 - stage);
    else
        append(text, "T%u.StreamArn}\n", instance->stages - 1 - stage);
}

static void write_template(const struct instance *instance, char *text)
{
    text[0] = '\0';
    append(text, "Resources:\n");
    for (uint32_t i = 0; i < (instance->streams ? instance->stages : 1); i++)
        write_stream(instance, i, text);
    for (uint32_t i = 0; !instance->streams && i + 1 < instance->stages; i++) {
        char name[16];
        snprintf(name, sizeof name, "T%u", i);
        write_table(instance, text, name, true);
    }
    write_table(instance, text, "AggregateTable", false);
    for (uint32_t i = 0; i < instance->stages; i++) {
        uint32_t stage = instance->reversed ? instance->stages - 1 - i : i;
        char name[16];
        snprintf(name, sizeof name, "F%u", stage);
        write_function(instance, name, stage, text);
        write_mapping(instance, name, stage, text);
        if (instance->joins && instance->joining == stage)
            write_mapping(instance, name, instance->joined, text);
    }
    if (instance->extra != NULL) {
        write_function(instance, "Extra", instance->extra_stage, text);
        write_mapping(instance, "Extra", instance->extra_stage, text);
    }
}

static void write_scenario(const struct instance *instance, char *text)
{
    text[0] = '\0';
    append(text, "scenario: generated\nworkload:\n  stream: %s%u\n  messages:\n",
           source_name(instance), instance->stages - 1);
    for (uint32_t i = 0; i < instance->put_count; i++) {
        const struct instance_put *put = &instance->puts[i];
        append(text, "    - {trade: T%u, version: %u, copies: %u, partition_key: '%u-%u-%u'}\n",
               put->trade, put->version, put->copies, put->trade, put->version, put->salt);
    }
    append(text, "  order: %s\n  values: distinct\n", instance->any_order ? "any" : "given");
    bool tables = instance->stages > 1 && !instance->streams;
    if (tables)
        append(text, "tables:\n");
    for (uint32_t i = 1; tables && i < instance->stages; i++)
        append(text, "  T%u: {stream_shards: %u}\n", instance->stages - 1 - i, instance->shards[i]);
    append(text, "faults: {limit: %s, crash: %s, random_failure: %s, timeout: %s", instance->limit,
           instance->crash, instance->random_failure, instance->timeout);
    if (instance->kind != NULL)
        append(text, ", %s: %s", instance->kind, instance->cap);
    append(text, "}\n");
}

/* --- rig ---------------------------------------------------------------------------------- */

void instance_rig(const struct instance *instance, struct rig *rig, bool merge_local_steps,
                  bool stage_order)
{
    static const char *const names[INSTANCE_STAGES_MAX] = {"F0", "F1", "F2"};
    char template[INSTANCE_TEXT_SIZE];
    char scenario[INSTANCE_TEXT_SIZE];
    write_template(instance, template);
    write_scenario(instance, scenario);
    struct rig_setup setup = {.template = template,
                              .scenario = scenario,
                              .merge_local_steps = merge_local_steps,
                              .stage_order = stage_order,
                              .shards_in_turn = stage_order};
    for (uint32_t i = 0; i < instance->stages; i++)
        setup.handlers[i] =
            (struct rig_handler){.function = names[i],
                                 .run = generated_handler_find(instance->handlers[i])->run,
                                 .keeps_state = true,
                                 .works_on_many = (instance->on_many >> i & 1) != 0};
    if (instance->extra != NULL)
        setup.handlers[instance->stages] =
            (struct rig_handler){.function = "Extra",
                                 .run = generated_handler_find(instance->extra)->run,
                                 .keeps_state = true};
    rig_init(rig, &setup);
}

struct world *instance_world(struct rig *rig, const struct world_reductions *reductions)
{
    const struct world_inputs inputs = {.memory = &rig->memory,
                                        .store = rig->store,
                                        .pipeline = &rig->pipeline,
                                        .scenario = &rig->scenario,
                                        .faults = &rig->scenario.faults,
                                        .workload = &rig->workload,
                                        .trees = rig->trees,
                                        .merge_local_steps = reductions->merge_local_steps,
                                        .stage_order = reductions->stage_order,
                                        .shards_in_turn = reductions->shards_in_turn,
                                        .drop_dead_data = reductions->drop_dead_data};
    struct world *world = NULL;
    struct error error = ERROR_INIT;
    cr_assert_eq(world_create(&inputs, &world, &error), STATUS_OK, "%s", error.message);
    return world;
}
