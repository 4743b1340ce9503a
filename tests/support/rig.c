#include "tests/support/rig.h"

#include "model/base/json.h"
#include "model/template.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const rig_template =
    "Resources:\n"
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 1}}\n"
    "  Out:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: Out\n"
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
    "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n"
    "  Rows:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: Rows\n"
    "      AttributeDefinitions:\n"
    "        - {AttributeName: pk, AttributeType: S}\n"
    "        - {AttributeName: sk, AttributeType: N}\n"
    "      KeySchema:\n"
    "        - {AttributeName: pk, KeyType: HASH}\n"
    "        - {AttributeName: sk, KeyType: RANGE}\n"
    "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n"
    "  Sum:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: Sum\n"
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
    "  Work:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties: {FunctionName: Work, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"
    "                 Code: {S3Bucket: b, S3Key: Work.zip}, Role: 'arn:aws:iam::1:role/r'}\n"
    "  Next:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties: {FunctionName: Next, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"
    "                 Code: {S3Bucket: b, S3Key: Next.zip}, Role: 'arn:aws:iam::1:role/r'}\n"
    "  WorkMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties:\n"
    "      {EventSourceArn: !GetAtt In.Arn, FunctionName: !Ref Work, StartingPosition: LATEST}\n"
    "  NextMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {EventSourceArn: !GetAtt Out.StreamArn, FunctionName: !Ref Next,\n"
    "                 StartingPosition: TRIM_HORIZON}\n";

static enum status make_trees(struct rig *rig, const struct rig_setup *setup)
{
    for (size_t i = 0; i < RIG_FUNCTIONS_MAX && setup->handlers[i].function != NULL; i++) {
        int function = pipeline_find_function(&rig->pipeline, setup->handlers[i].function);
        cr_assert_geq(function, 0, "no function %s", setup->handlers[i].function);
        rig->logs[i].works_on_many = setup->handlers[i].works_on_many;
        rig->logs[i].keeps_state = setup->handlers[i].keeps_state;
        struct handler_backend backend =
            scripted_backend(&rig->memory, rig->store, setup->handlers[i].run, &rig->logs[i]);
        if (backend.self == NULL)
            return error_set(&rig->error, STATUS_NO_MEMORY, "out of memory");
        rig->trees[function] = handler_tree_create(
            &rig->memory, rig->store, rig->pipeline.functions[function].name, &backend);
        if (rig->trees[function] == NULL)
            return error_set(&rig->error, STATUS_NO_MEMORY, "out of memory");
    }
    return STATUS_OK;
}

static enum valuation valuation_of(const struct scenario *scenario)
{
    for (int i = 0; i < VALUATION_COUNT; i++) {
        if (scenario->valuations[i])
            return (enum valuation)i;
    }
    return VALUATION_DISTINCT;
}

/* The scenario's template, puts and messages become the rig's, in the first of its valuations. */
static enum status read_texts(struct rig *rig, const struct rig_setup *setup)
{
    const char *template = setup->template == NULL ? rig_template : setup->template;
    enum status status = template_parse(template, strlen(template), "t.yaml", &rig->arena,
                                        &rig->pipeline, &rig->error);
    if (status == STATUS_OK)
        status = scenario_parse(setup->scenario, strlen(setup->scenario), "s.yaml", &rig->arena,
                                &rig->scenario, &rig->error);
    if (status == STATUS_OK)
        status =
            scenario_apply(&rig->scenario, &rig->arena, rig->store, &rig->pipeline, &rig->error);
    if (status == STATUS_OK)
        status = workload_create(&rig->scenario, &rig->pipeline, valuation_of(&rig->scenario),
                                 &rig->arena, rig->store, &rig->workload, &rig->error);
    return status;
}

enum status rig_try_init(struct rig *rig, const struct rig_setup *setup)
{
    rig->error = (struct error)ERROR_INIT;
    arena_init(&rig->arena, &rig->memory);
    rig->store = value_store_create(&rig->memory);
    if (rig->store == NULL)
        return STATUS_NO_MEMORY;
    enum status status = read_texts(rig, setup);
    if (status == STATUS_OK)
        status = make_trees(rig, setup);
    if (status != STATUS_OK)
        return status;
    const struct world_inputs inputs = {.memory = &rig->memory,
                                        .store = rig->store,
                                        .pipeline = &rig->pipeline,
                                        .scenario = &rig->scenario,
                                        .faults = &rig->scenario.faults,
                                        .workload = &rig->workload,
                                        .trees = rig->trees,
                                        .merge_local_steps = setup->merge_local_steps,
                                        .stage_order = setup->stage_order,
                                        .shards_in_turn = setup->shards_in_turn,
                                        .drop_dead_data = setup->drop_dead_data};
    status = world_create(&inputs, &rig->world, &rig->error);
    if (status != STATUS_OK)
        return status;
    transition_list_init(&rig->list, rig->world);
    rig->state = memory_allocate(&rig->memory, rig->world->layout.slot_count * sizeof(uint32_t));
    if (rig->state == NULL)
        return error_set(&rig->error, STATUS_NO_MEMORY, "out of memory");
    rig_reset(rig);
    return STATUS_OK;
}

void rig_init(struct rig *rig, const struct rig_setup *setup)
{
    memset(rig, 0, sizeof *rig);
    memory_init(&rig->memory, SIZE_MAX);
    enum status status = rig_try_init(rig, setup);
    cr_assert_eq(status, STATUS_OK, "%s:%u: %s", rig->error.file, rig->error.line,
                 rig->error.message);
}

void rig_release(struct rig *rig)
{
    if (rig->world != NULL) {
        transition_list_release(&rig->list);
        if (rig->state != NULL)
            memory_free(&rig->memory, rig->state, rig->world->layout.slot_count * sizeof(uint32_t));
    }
    world_destroy(rig->world);
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        handler_tree_destroy(rig->trees[i]);
    value_store_destroy(rig->store);
    arena_release(&rig->arena);
    cr_assert_eq(rig->memory.used, 0);
}

void rig_reset(struct rig *rig) { world_initial_state(rig->world, rig->state); }

void rig_expand(struct rig *rig)
{
    enum status status = world_expand(rig->world, rig->state, &rig->list, &rig->error);
    cr_assert_eq(status, STATUS_OK, "%s", rig->error.message);
}

static void append_format(char *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append_format(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text + length, RIG_TEXT_SIZE - length, format, arguments);
    va_end(arguments);
    cr_assert(added >= 0 && length + (size_t)added < RIG_TEXT_SIZE, "too much text");
}

static void describe_one(const struct rig *rig, const struct transition *transition, char *text)
{
    const struct action *action = &transition->action;
    char actor[256];
    action_actor(rig->world, action, actor, sizeof actor);
    append_format(text, "%s %s", action_kind_name(action->kind), actor);
    if (action->kind == ACTION_PUT || action->count > 0)
        append_format(text, " %u", action->count);
    if (action->place > 0)
        append_format(text, " place %u", action->place);
    if (action->low_draw > 0)
        append_format(text, " low %u", action->low_draw);
    bool fault = action->fault != FAULT_KIND_COUNT;
    if (fault)
        append_format(text, " !%s", fault_kind_name(action->fault));
    cr_assert_eq(transition->cost, fault ? 1 : 0, "%s costs %u", text, transition->cost);
    append_format(text, "\n");
}

static const char *describe_list(const struct rig *rig, char *text)
{
    text[0] = '\0';
    for (size_t i = 0; i < rig->list.count; i++)
        describe_one(rig, &rig->list.items[i], text);
    return text;
}

const char *rig_describe(struct rig *rig, char *text)
{
    rig_expand(rig);
    return describe_list(rig, text);
}

void rig_expect_at(struct rig *rig, const char *transitions, const char *file, int line)
{
    char text[RIG_TEXT_SIZE];
    rig_describe(rig, text);
    cr_assert_str_eq(text, transitions, "%s:%d: found\n%sexpected\n%s", file, line, text,
                     transitions);
}

static void take_one(struct rig *rig, const char *line, size_t length)
{
    char text[RIG_TEXT_SIZE] = "";
    char all[RIG_TEXT_SIZE];
    rig_expand(rig);
    for (size_t i = 0; i < rig->list.count; i++) {
        text[0] = '\0';
        describe_one(rig, &rig->list.items[i], text);
        if (strlen(text) != length + 1 || strncmp(text, line, length) != 0)
            continue;
        memcpy(rig->state, rig->list.slots + i * rig->list.slot_count,
               rig->list.slot_count * sizeof *rig->state);
        return;
    }
    cr_assert_fail("no '%.*s' among\n%s", (int)length, line, describe_list(rig, all));
}

void rig_take(struct rig *rig, const char *transitions)
{
    while (*transitions != '\0') {
        const char *end = strchr(transitions, '\n');
        size_t length = end == NULL ? strlen(transitions) : (size_t)(end - transitions);
        take_one(rig, transitions, length);
        transitions += length + (end == NULL ? 0 : 1);
    }
}

/* --- what can be reached --------------------------------------------------------------- */

/* States with the faults they took in front, one after the other. */
struct reached {
    uint32_t *slots;
    size_t width;
    size_t count;
};

static void reach_state(struct reached *reached, uint32_t faults, const uint32_t *slots)
{
    uint32_t *next = reached->slots + reached->count * reached->width;
    next[0] = faults;
    memcpy(next + 1, slots, (reached->width - 1) * sizeof *slots);
    for (size_t i = 0; i < reached->count; i++) {
        if (memcmp(reached->slots + i * reached->width, next, reached->width * sizeof *next) == 0)
            return;
    }
    reached->count++;
    cr_assert_lt(reached->count, RIG_STATES_MAX, "more than %d states", RIG_STATES_MAX);
}

/* False: facts have changed. */
static bool reach_all(struct rig *rig, uint32_t faults, struct reached *reached,
                      struct rig_reach *result)
{
    reached->count = 0;
    *result = (struct rig_reach){0};
    rig_reset(rig);
    reach_state(reached, 0, rig->state);
    for (size_t i = 0; i < reached->count; i++) {
        uint32_t used = reached->slots[i * reached->width];
        memcpy(rig->state, reached->slots + i * reached->width + 1,
               (reached->width - 1) * sizeof *rig->state);
        rig_expand(rig);
        if (world_take_facts_changed(rig->world))
            return false;
        size_t costless = 0;
        for (size_t j = 0; j < rig->list.count; j++) {
            uint32_t cost = rig->list.items[j].cost;
            costless += cost == 0 ? 1 : 0;
            if (used + cost > faults)
                continue;
            result->transitions++;
            reach_state(reached, used + cost, rig->list.slots + j * rig->list.slot_count);
        }
        result->ends += costless == 0 ? 1 : 0;
    }
    result->states = reached->count;
    return true;
}

struct rig_reach rig_reach(struct rig *rig, uint32_t faults)
{
    struct rig_reach result;
    struct reached reached = {.width = rig->world->layout.slot_count + 1U};
    size_t size = RIG_STATES_MAX * reached.width * sizeof *reached.slots;
    reached.slots = memory_allocate(&rig->memory, size);
    cr_assert_not_null(reached.slots);
    while (!reach_all(rig, faults, &reached, &result)) {
    }
    memory_free(&rig->memory, reached.slots, size);
    rig_reset(rig);
    return result;
}

void rig_learn(struct rig *rig, uint32_t faults) { (void)rig_reach(rig, faults); }

/* --- parts of the state ---------------------------------------------------------------- */

uint32_t rig_slot(const struct rig *rig, uint16_t slot)
{
    cr_assert_lt(slot, rig->world->layout.slot_count);
    return rig->state[slot];
}

struct value rig_value(const struct rig *rig, uint16_t slot)
{
    return (struct value){rig_slot(rig, slot)};
}

uint32_t rig_function(const struct rig *rig, const char *name)
{
    int function = pipeline_find_function(&rig->pipeline, name);
    cr_assert_geq(function, 0);
    return (uint32_t)function;
}

uint32_t rig_table(const struct rig *rig, const char *name)
{
    int table = pipeline_find_table(&rig->pipeline, name);
    cr_assert_geq(table, 0);
    return (uint32_t)table;
}

size_t rig_log_length(const struct rig *rig, enum source_kind kind, const char *name,
                      uint32_t shard)
{
    const struct layout *layout = &rig->world->layout;
    int source = kind == SOURCE_STREAM ? pipeline_find_stream(&rig->pipeline, name)
                                       : pipeline_find_table(&rig->pipeline, name);
    cr_assert_geq(source, 0);
    int32_t first =
        kind == SOURCE_STREAM ? layout->stream_logs[source] : layout->table_logs[source];
    cr_assert_geq(first, 0);
    return world_log_length(rig->world, rig->state, (uint32_t)first + shard);
}

uint32_t rig_clock(const struct rig *rig, const char *function)
{
    return rig_slot(rig, rig->world->layout.clock_slots[rig_function(rig, function)]);
}

const char *rig_items(struct rig *rig, const char *table, char *text)
{
    struct value contents = rig_value(rig, rig->world->layout.table_slots[rig_table(rig, table)]);
    struct text json;
    text_init(&json, &rig->memory);
    for (size_t i = 0; i < value_count(rig->store, contents); i++) {
        if (i > 0)
            text_append_char(&json, ' ');
        json_append(&json, rig->store,
                    item_to_wire(rig->store, value_value_at(rig->store, contents, i)));
    }
    cr_assert(!text_failed(&json) && json.length < RIG_TEXT_SIZE);
    memcpy(text, text_string(&json), json.length + 1);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '"' ? '\'' : *c;
    text_release(&json);
    return text;
}
