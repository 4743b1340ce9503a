#include "model/service.h"

#include "model/base/hash.h"
#include "model/base/id_map.h"
#include "model/iam.h"

#include <string.h>

enum { MEMO_TABLES_MAX = 4, MEMO_SIZE_FIRST = 1024 };

/* A call is memoised on what it can see: the request, the tables it names, and whether its token
 * has been used. Calls that name more tables are computed every time. */
struct memo_key {
    uint32_t target;
    uint32_t request;
    uint32_t tables[MEMO_TABLES_MAX]; /* contents, in the order of table indices; 0: none */
    uint32_t token_outcome;
};

struct memo_entry {
    struct memo_key key;
    struct call_result *result; /* NULL: free */
};

struct call_memo {
    struct memory *memory;
    struct memo_entry *entries;
    size_t size;
    size_t count;
    struct id_map refusals[PIPELINE_FUNCTIONS_MAX]; /* (target, request) -> index; 0: allowed */
    const struct call_result **refused;
    size_t refused_count;
    size_t refused_capacity;
    struct id_map footprints; /* (target, request) -> index into footprint_values */
    uint64_t *footprint_values;
    size_t footprint_count;
    size_t footprint_capacity;
};

struct call_memo *call_memo_create(struct memory *memory)
{
    struct call_memo *memo = memory_allocate_zeroed(memory, 1, sizeof *memo);
    if (memo == NULL)
        return NULL;
    memo->memory = memory;
    id_map_init(&memo->footprints, memory);
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        id_map_init(&memo->refusals[i], memory);
    return memo;
}

void call_memo_destroy(struct call_memo *memo)
{
    if (memo == NULL)
        return;
    id_map_release(&memo->footprints);
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        id_map_release(&memo->refusals[i]);
    memory_free(memo->memory, memo->refused, memo->refused_capacity * sizeof(struct call_result *));
    memory_free(memo->memory, memo->footprint_values,
                memo->footprint_capacity * sizeof *memo->footprint_values);
    memory_free(memo->memory, memo->entries, memo->size * sizeof *memo->entries);
    memory_free(memo->memory, memo, sizeof *memo);
}

static struct memo_entry *memo_locate(const struct call_memo *memo, const struct memo_key *key)
{
    uint64_t hash = hash_mix64((uint64_t)key->target << 32 | key->request);
    for (size_t i = 0; i < MEMO_TABLES_MAX; i++)
        hash = hash_mix64(hash ^ key->tables[i]);
    hash = hash_mix64(hash ^ key->token_outcome);
    size_t slot = (size_t)hash & (memo->size - 1);
    while (memo->entries[slot].result != NULL &&
           memcmp(&memo->entries[slot].key, key, sizeof *key) != 0)
        slot = (slot + 1) & (memo->size - 1);
    return &memo->entries[slot];
}

static bool memo_grow(struct call_memo *memo)
{
    struct call_memo old = *memo;
    memo->size = old.size == 0 ? MEMO_SIZE_FIRST : old.size * 2;
    memo->entries = memory_allocate_zeroed(memo->memory, memo->size, sizeof *memo->entries);
    if (memo->entries == NULL) {
        *memo = old;
        return false;
    }
    for (size_t i = 0; i < old.size; i++) {
        if (old.entries[i].result != NULL)
            *memo_locate(memo, &old.entries[i].key) = old.entries[i];
    }
    memory_free(memo->memory, old.entries, old.size * sizeof *old.entries);
    return true;
}

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* Put the place of the call before an error about it. */
static enum status at_call(const struct world *world, uint32_t function,
                           const struct handler_step *step, struct error *error)
{
    const char *name = world->pipeline->functions[function].name;
    if (!value_is_none(step->file) && value_kind(world->store, step->file) == VALUE_STRING)
        return error_wrap(error, "%s makes a call at %s:%u", name,
                          value_bytes(world->store, step->file, NULL), (unsigned)step->line);
    return error_wrap(error, "%s makes a call", name);
}

static struct dynamodb_context context_of(struct world *world, const struct value *tables)
{
    return (struct dynamodb_context){.pipeline = world->pipeline,
                                     .store = world->store,
                                     .table_values = tables,
                                     .arena = &world->scratch};
}

/* The contents of the tables in a state. */
static void find_tables(const struct world *world, const uint32_t *state,
                        struct value tables[PIPELINE_TABLES_MAX])
{
    memset(tables, 0, PIPELINE_TABLES_MAX * sizeof *tables);
    for (size_t i = 0; i < world->pipeline->table_count; i++)
        tables[i] = (struct value){state[world->layout.table_slots[i]]};
}

/* The operation of a step; false if it is not one that is simulated. */
static bool find_operation(const struct world *world, const struct handler_step *step,
                           enum dynamodb_operation *operation)
{
    struct error ignored = ERROR_INIT;
    return dynamodb_operation_find(value_bytes(world->store, step->target, NULL), operation,
                                   &ignored) == STATUS_OK;
}

bool service_call_writes(const struct world *world, const struct handler_step *step)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    return !find_operation(world, step, &operation) || dynamodb_operation_writes(operation);
}

/* Tables that a request names, as a bit set; memoised. */
static uint64_t footprint_of(struct world *world, enum dynamodb_operation operation,
                             const struct handler_step *step)
{
    struct call_memo *memo = world->calls;
    uint64_t key = (uint64_t)step->target.id << 32 | step->request.id;
    uint32_t index = 0;
    if (id_map_find(&memo->footprints, key, &index))
        return memo->footprint_values[index];
    struct value tables[PIPELINE_TABLES_MAX] = {VALUE_NONE};
    struct dynamodb_context context = context_of(world, tables);
    uint64_t footprint = dynamodb_footprint(&context, operation, step->request);
    index = (uint32_t)memo->footprint_count;
    if (memory_reserve(memo->memory, (void **)&memo->footprint_values, &memo->footprint_capacity,
                       memo->footprint_count + 1, sizeof *memo->footprint_values) &&
        id_map_put(&memo->footprints, key, index)) {
        memo->footprint_values[index] = footprint;
        memo->footprint_count++;
    }
    return footprint;
}

uint64_t service_call_tables(struct world *world, const struct handler_step *step)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    return find_operation(world, step, &operation) ? footprint_of(world, operation, step) : 0;
}

bool service_call_is_constant_read(struct world *world, const struct handler_step *step)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    if (!find_operation(world, step, &operation) || dynamodb_operation_writes(operation))
        return false;
    uint64_t footprint = footprint_of(world, operation, step);
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if ((footprint >> i & 1) != 0 && world->facts.table_written[i])
            return false;
    }
    return true;
}

static bool has_own_token(const struct world *world, enum dynamodb_operation operation,
                          const struct handler_step *step)
{
    return operation == DYNAMODB_TRANSACT_WRITE_ITEMS && !step->fresh_token &&
           !value_is_none(value_get_text(world->store, step->request, "ClientRequestToken"));
}

bool service_call_has_token(const struct world *world, const struct handler_step *step)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    return find_operation(world, step, &operation) && has_own_token(world, operation, step);
}

struct value service_answer(struct world *world, int64_t status, struct value body)
{
    struct value_entry entries[2] = {
        {.key = world->status_name, .value = value_integer(world->store, status)},
        {.key = value_text(world->store, "body"), .value = body},
    };
    return value_map(world->store, entries, 2);
}

static struct call_result *keep_result(struct world *world, const struct value *tables,
                                       const struct dynamodb_result *result)
{
    struct call_result *kept = arena_allocate(&world->arena, sizeof *kept);
    struct item_change *changes =
        arena_allocate_array(&world->arena, result->change_count, sizeof *changes);
    struct value *after = arena_allocate_array(&world->arena, result->change_count, sizeof *after);
    if (kept == NULL || changes == NULL || after == NULL)
        return NULL;
    struct value current[PIPELINE_TABLES_MAX];
    memcpy(current, tables, sizeof current);
    for (size_t i = 0; i < result->change_count; i++) {
        uint32_t table = result->changes[i].table;
        changes[i] = result->changes[i];
        after[i] = dynamodb_table_after(world->store, current[table], &changes[i]);
        current[table] = after[i];
    }
    *kept = (struct call_result){.answer = service_answer(world, result->http_status, result->body),
                                 .changes = changes,
                                 .tables_after = after,
                                 .change_count = result->change_count,
                                 .writes = result->writes,
                                 .succeeded = result->http_status == 200};
    return kept;
}

/* Touching a table for the first time voids what was concluded from the function not touching
 * it. Items that expire change the table, whoever looks. */
static void note_touched(struct world *world, uint32_t function, uint64_t footprint, bool writes)
{
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        uint8_t *known = &world->facts.footprints.touched[function][i];
        bool changes = writes || world->pipeline->tables[i].time_to_live != NULL;
        uint8_t touch = changes ? TOUCH_READ | TOUCH_WRITE : TOUCH_READ;
        if ((footprint >> i & 1) == 0 || (*known & touch) == touch)
            continue;
        *known |= touch;
        world->facts_changed = true;
        if (changes)
            world->facts.table_written[i] = true;
    }
}

/* Tables that transactions name can have items that one is working on. */
static void note_transacted(struct world *world, enum dynamodb_operation operation,
                            uint64_t footprint)
{
    if (!world->faults->enabled[FAULT_TRANSACTION_CONFLICT] ||
        (operation != DYNAMODB_TRANSACT_WRITE_ITEMS && operation != DYNAMODB_TRANSACT_GET_ITEMS))
        return;
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if ((footprint >> i & 1) == 0 || world->facts.table_transacted[i])
            continue;
        world->facts.table_transacted[i] = true;
        world->facts_changed = true;
    }
}

static void note_token(struct world *world, uint32_t function)
{
    bool *known = &world->facts.footprints.sends_tokens[function];
    if (!*known)
        world->facts_changed = true;
    *known = true;
}

static bool memo_key_of(const struct handler_step *step, const struct value *tables,
                        uint64_t footprint, enum token_outcome outcome, struct memo_key *key)
{
    *key = (struct memo_key){
        .target = step->target.id, .request = step->request.id, .token_outcome = outcome};
    size_t count = 0;
    for (size_t i = 0; i < PIPELINE_TABLES_MAX; i++) {
        if ((footprint >> i & 1) == 0)
            continue;
        if (count == MEMO_TABLES_MAX)
            return false;
        key->tables[count++] = tables[i].id;
    }
    return true;
}

static enum status compute(struct world *world, const struct value *tables,
                           enum dynamodb_operation operation, uint64_t footprint,
                           const struct handler_step *step, enum token_outcome outcome,
                           const struct call_result **result, struct error *error)
{
    struct call_memo *memo = world->calls;
    struct memo_key key;
    bool memoised = memo_key_of(step, tables, footprint, outcome, &key);
    if (memo->count * 2 >= memo->size && !memo_grow(memo))
        return no_memory(error);
    struct memo_entry *entry = memoised ? memo_locate(memo, &key) : NULL;
    if (entry != NULL && entry->result != NULL) {
        *result = entry->result;
        return STATUS_OK;
    }
    struct dynamodb_result computed;
    memset(&computed, 0, sizeof computed);
    struct dynamodb_context context = context_of(world, tables);
    enum status status = STATUS_OK;
    if (outcome == TOKEN_NEW)
        status = dynamodb_apply(&context, operation, step->request, &computed, error);
    else
        dynamodb_token_answer(&context, step->request, outcome, &computed);
    if (status != STATUS_OK)
        return status;
    if (value_is_none(computed.body))
        return no_memory(error);
    struct call_result *kept = keep_result(world, tables, &computed);
    if (kept == NULL || value_store_failed(world->store))
        return no_memory(error);
    if (entry != NULL) {
        *entry = (struct memo_entry){.key = key, .result = kept};
        memo->count++;
    }
    *result = kept;
    return STATUS_OK;
}

/* Remember what was refused, for the findings. */
static void note_refusal(struct world *world, uint32_t function, const struct iam_refusal *refusal)
{
    struct world_facts *facts = &world->facts;
    const struct refused_call call = {.function = function,
                                      .denied = refusal->decision == IAM_DENIED,
                                      .action = value_text(world->store, refusal->action),
                                      .resource = value_text(world->store, refusal->resource)};
    for (size_t i = 0; i < facts->refusal_count; i++) {
        const struct refused_call *known = &facts->refusals[i];
        if (known->function == function && value_equal(known->action, call.action) &&
            value_equal(known->resource, call.resource))
            return;
    }
    if (facts->refusal_count < WORLD_REFUSALS_MAX)
        facts->refusals[facts->refusal_count++] = call;
}

/* What the function's role does not let it do is answered before the tables are looked at. *result
 * is NULL where it may. */
static enum status check_permission(struct world *world, uint32_t function,
                                    const struct handler_step *step,
                                    const struct call_result **result, struct error *error)
{
    struct call_memo *memo = world->calls;
    const struct function_config *config = &world->pipeline->functions[function];
    uint64_t key = (uint64_t)step->target.id << 32 | step->request.id;
    uint32_t index = 0;
    *result = NULL;
    if (!config->role_known)
        return STATUS_OK;
    if (id_map_find(&memo->refusals[function], key, &index)) {
        *result = index == 0 ? NULL : memo->refused[index - 1];
        return STATUS_OK;
    }
    struct iam_refusal refusal;
    iam_check_call(world->pipeline, config, world->store,
                   value_bytes(world->store, step->target, NULL), step->request, &refusal);
    if (refusal.decision != IAM_ALLOWED) {
        struct value tables[PIPELINE_TABLES_MAX] = {VALUE_NONE};
        const struct dynamodb_result answer = {
            .http_status = 400, .body = iam_refusal_body(world->store, config, &refusal)};
        void *refused = memo->refused;
        *result = keep_result(world, tables, &answer);
        if (*result == NULL || value_store_failed(world->store) ||
            !memory_reserve(memo->memory, &refused, &memo->refused_capacity,
                            memo->refused_count + 1, sizeof *memo->refused))
            return no_memory(error);
        memo->refused = refused;
        memo->refused[memo->refused_count++] = *result;
        index = (uint32_t)memo->refused_count;
        note_refusal(world, function, &refusal);
    }
    return id_map_put(&memo->refusals[function], key, index) ? STATUS_OK : no_memory(error);
}

enum status service_call(struct world *world, const uint32_t *state, uint32_t function,
                         const struct handler_step *step, const struct call_result **result,
                         struct value *tokens_after, struct error *error)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    enum status status = STATUS_OK;
    if (service_call_is_kinesis(world, step)) {
        *tokens_after = (struct value){state[world->layout.tokens_slot]};
        status = check_permission(world, function, step, result, error);
        if (status == STATUS_OK && *result == NULL)
            status = service_put_records(world, state, function, step, result, error);
        return status == STATUS_OK ? STATUS_OK : at_call(world, function, step, error);
    }
    status =
        dynamodb_operation_find(value_bytes(world->store, step->target, NULL), &operation, error);
    if (status != STATUS_OK)
        return at_call(world, function, step, error);
    struct value tables[PIPELINE_TABLES_MAX];
    find_tables(world, state, tables);
    uint64_t footprint = footprint_of(world, operation, step);
    note_touched(world, function, footprint, dynamodb_operation_writes(operation));
    note_transacted(world, operation, footprint);
    struct value tokens = {state[world->layout.tokens_slot]};
    *tokens_after = tokens;
    status = check_permission(world, function, step, result, error);
    if (status != STATUS_OK || *result != NULL)
        return status == STATUS_OK ? status : at_call(world, function, step, error);
    enum token_outcome outcome = TOKEN_NEW;
    bool has_token = has_own_token(world, operation, step);
    int64_t now = state[world->layout.clock_slots[function]];
    struct dynamodb_context context = context_of(world, tables);
    if (has_token)
        note_token(world, function);
    if (has_token)
        outcome = dynamodb_token_check(&context, tokens, step->request, now);
    status = compute(world, tables, operation, footprint, step, outcome, result, error);
    if (status != STATUS_OK)
        return at_call(world, function, step, error);
    if (has_token && outcome == TOKEN_NEW && (*result)->succeeded)
        *tokens_after = dynamodb_token_record(&context, tokens, step->request, now);
    return STATUS_OK;
}

enum status service_repeat(struct world *world, const uint32_t *state, uint32_t function,
                           const struct handler_step *step, const struct call_result **result,
                           struct error *error)
{
    struct value tables[PIPELINE_TABLES_MAX];
    find_tables(world, state, tables);
    uint64_t footprint = footprint_of(world, DYNAMODB_TRANSACT_WRITE_ITEMS, step);
    enum status status = compute(world, tables, DYNAMODB_TRANSACT_WRITE_ITEMS, footprint, step,
                                 TOKEN_REPLAYED, result, error);
    return status == STATUS_OK ? status : at_call(world, function, step, error);
}

const char *service_error_name(const struct value_store *store, struct value body)
{
    struct value type = VALUE_NONE;
    if (!value_is_none(body) && value_kind(store, body) == VALUE_MAP)
        type = value_get_text(store, body, "__type");
    if (value_is_none(type) || value_kind(store, type) != VALUE_STRING)
        return NULL;
    const char *text = value_bytes(store, type, NULL);
    const char *hash = strrchr(text, '#');
    return hash == NULL ? text : hash + 1;
}
