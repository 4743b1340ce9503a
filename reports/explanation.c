#include "reports/explanation.h"

#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 48, SHOWN_CUT = 24, WHY_SIZE = 512, POLLER_SIZE = 1024, SEARCH_DEPTH_MAX = 8 };

void explain_step(struct explanation *explanation, size_t step, const char *format, ...)
{
    struct value_store *store = explanation->store;
    char why[WHY_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    struct value entry = value_map(store, NULL, 0);
    entry = value_put_text(store, entry, "n", value_integer(store, (int64_t)step + 1));
    entry = value_put_text(store, entry, "why", value_text(store, why));
    explanation->key_steps = value_append(store, explanation->key_steps, entry);
}

struct value explained_step(const struct explanation *explanation, size_t step)
{
    return value_at(explanation->store, explanation->steps, step);
}

void append_message(struct text *text, const struct explanation *explanation, uint32_t message)
{
    const struct ledger_name *name = &explanation->names[message];
    text_append_format(text, "%s v%lld", name->trade, (long long)name->version);
}

void append_actor_of(struct text *text, const struct explanation *explanation, size_t step)
{
    size_t length = 0;
    const char *actor = ledger_actor(&explanation->ledger, step, &length);
    text_append(text, actor, length);
}

void append_component_of(struct text *text, const struct explanation *explanation, size_t write)
{
    size_t length = 0;
    const char *component =
        value_bytes(explanation->store, explanation->ledger.writes[write].component, &length);
    text_append(text, component, length > SHOWN_MAX ? SHOWN_CUT : length);
    text_append_string(text, length > SHOWN_MAX ? "..." : "");
}

void append_table_of(struct text *text, const struct explanation *explanation, size_t write)
{
    const char *component =
        value_bytes(explanation->store, explanation->ledger.writes[write].component, NULL);
    const char *slash = strchr(component, '/');
    if (strncmp(component, explanation->aggregates, strlen(explanation->aggregates)) == 0)
        text_append_string(text, "the aggregates");
    else
        text_append(text, component,
                    slash == NULL ? strlen(component) : (size_t)(slash - component));
}

void append_operation_of(struct text *text, const struct explanation *explanation, size_t step)
{
    const struct value_store *store = explanation->store;
    struct value request =
        value_member(store, explained_step(explanation, step), "request", VALUE_MAP);
    const char *target = field_text(store, request, "target");
    const char *dot = strrchr(target, '.');
    text_append_string(text, dot == NULL ? target : dot + 1);
}

struct value request_body_of(const struct explanation *explanation, size_t step)
{
    const struct value_store *store = explanation->store;
    struct value request =
        value_member(store, explained_step(explanation, step), "request", VALUE_MAP);
    return value_member(store, request, "body", VALUE_MAP);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most SEARCH_DEPTH_MAX deep */
static bool has_key(const struct value_store *store, struct value value, const char *key,
                    unsigned depth)
{
    if (depth > SEARCH_DEPTH_MAX)
        return false;
    bool map = value_kind(store, value) == VALUE_MAP;
    if (map && !value_is_none(value_get_text(store, value, key)))
        return true;
    if (!map && value_kind(store, value) != VALUE_LIST)
        return false;
    bool found = false;
    for (size_t i = 0; !found && i < value_count(store, value); i++)
        found = has_key(store, map ? value_value_at(store, value, i) : value_at(store, value, i),
                        key, depth + 1);
    return found;
}

bool has_condition(const struct explanation *explanation, size_t step)
{
    struct value body = request_body_of(explanation, step);
    return !value_is_none(body) && (has_key(explanation->store, body, "ConditionExpression", 0) ||
                                    has_key(explanation->store, body, "Expected", 0));
}

static bool is_action(const struct explanation *explanation, size_t step, const char *action)
{
    return strcmp(field_text(explanation->store, explained_step(explanation, step), "action"),
                  action) == 0;
}

static const char *interruption_at(const struct explanation *explanation, size_t step)
{
    if (is_action(explanation, step, "crash"))
        return "crashed";
    if (is_action(explanation, step, "timeout"))
        return "timed out";
    return is_action(explanation, step, "retry") || is_action(explanation, step, "bisect")
               ? "failed"
               : NULL;
}

size_t interruption_between(const struct explanation *explanation, size_t batch, size_t after,
                            size_t before, const char **how)
{
    for (size_t i = before; i > after; i--) {
        *how = interruption_at(explanation, i - 1);
        if (*how != NULL && explanation->ledger.step_batches[i - 1] == batch)
            return i - 1;
    }
    return LEDGER_NONE;
}

static bool reads(const struct explanation *explanation, size_t step, const char *prefix)
{
    static const char *const operations[] = {".Get", ".BatchGet", ".TransactGet", ".Query",
                                             ".Scan"};
    const struct value_store *store = explanation->store;
    struct value request =
        value_member(store, explained_step(explanation, step), "request", VALUE_MAP);
    const char *target = field_text(store, request, "target");
    bool read = false;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        read = read || strstr(target, operations[i]) != NULL;
    struct value body = request_body_of(explanation, step);
    if (!read || value_is_none(body))
        return false;
    size_t length = strlen(prefix) - 1;
    const char *table = field_text(store, body, "TableName");
    if (strlen(table) == length && strncmp(table, prefix, length) == 0)
        return true;
    char name[WHY_SIZE];
    (void)snprintf(name, sizeof name, "%.*s", (int)length, prefix);
    return has_key(store, body, name, 0);
}

size_t read_before(const struct explanation *explanation, size_t before, const char *prefix)
{
    size_t batch = explanation->ledger.step_batches[before];
    for (size_t i = before; i > 0; i--) {
        if (explanation->ledger.step_batches[i - 1] != batch)
            continue;
        if (interruption_at(explanation, i - 1) != NULL)
            return LEDGER_NONE;
        if (reads(explanation, i - 1, prefix))
            return i - 1;
    }
    return LEDGER_NONE;
}

/* What the aggregates' levels first disagree after. */
static void cause_levels(struct explanation *explanation, const struct counterexample *taken)
{
    struct text *text = &explanation->cause;
    for (size_t i = 0; i < taken->length; i++) {
        if (world_outcome(explanation->world, counterexample_state(taken, i + 1)).levels_agree)
            continue;
        append_actor_of(text, explanation, i);
        text_append_format(
            text,
            " changed some of the levels and not the others (step %zu), where anyone "
            "who reads sees sums that do not agree",
            i + 1);
        text_append_string(
            &explanation->defence,
            "One transaction (TransactWriteItems) for a batch's changes of all levels.");
        explain_step(explanation, i, "the levels do not agree any more");
        explanation->culprit = i;
        return;
    }
}

/* Append how the step changed what the aggregates count. */
static size_t add_changes(struct explanation *explanation, const struct counterexample *taken,
                          size_t step, struct count_change *changes)
{
    struct message_count before[SCENARIO_MESSAGES_MAX];
    struct message_count after[SCENARIO_MESSAGES_MAX];
    struct world *world = explanation->world;
    size_t count = 0;
    world_message_counts(world, counterexample_state(taken, step), before);
    world_message_counts(world, counterexample_state(taken, step + 1), after);
    for (uint32_t i = 0; i < world->workload->message_count; i++) {
        if (!before[i].known || !after[i].known || before[i].counted == after[i].counted)
            continue;
        changes[count++] = (struct count_change){
            .step = step, .message = i, .from = before[i].counted, .to = after[i].counted};
    }
    return count;
}

static bool find_changes(struct explanation *explanation, const struct counterexample *taken,
                         struct arena *arena)
{
    struct world *world = explanation->world;
    int table = world_aggregate_table(world);
    size_t steps = 0;
    if (table < 0)
        return true;
    uint16_t slot = world->layout.table_slots[table];
    for (size_t i = 0; i < taken->length; i++)
        steps += counterexample_state(taken, i)[slot] != counterexample_state(taken, i + 1)[slot];
    struct count_change *changes =
        arena_allocate_array(arena, steps * world->workload->message_count, sizeof *changes);
    if (changes == NULL)
        return false;
    explanation->changes = changes;
    for (size_t i = 0; i < taken->length; i++) {
        if (counterexample_state(taken, i)[slot] != counterexample_state(taken, i + 1)[slot])
            explanation->change_count +=
                add_changes(explanation, taken, i, changes + explanation->change_count);
    }
    return true;
}

/* Index of the newest version of a message's trade. */
static uint32_t newest_of(const struct explanation *explanation, uint32_t message)
{
    const struct workload *workload = explanation->world->workload;
    for (uint32_t i = 0; i < workload->message_count; i++) {
        if (workload->messages[i].newest &&
            strcmp(explanation->names[i].trade, explanation->names[message].trade) == 0)
            return i;
    }
    return message;
}

/* The sums do not tell which message is wrong: look at what was written to a wrong key. */
static void find_cause_of_keys(struct explanation *explanation, const uint32_t *end,
                               struct arena *arena)
{
    const struct workload *workload = explanation->world->workload;
    struct aggregate_difference *differences =
        arena_allocate_array(arena, workload->aggregate_count, sizeof *differences);
    if (differences == NULL) {
        explanation->cause.failed = true;
        return;
    }
    size_t count = world_aggregate_differences(explanation->world, end, differences);
    for (size_t i = 0; i < count; i++) {
        const char *component =
            arena_format(arena, "%s%s", explanation->aggregates, differences[i].key);
        for (uint32_t j = 0; component != NULL && j < workload->message_count; j++) {
            if (explanation->cause.length == 0)
                cause_written_twice(explanation, j, component);
        }
    }
    const char *component =
        count == 0 ? NULL
                   : arena_format(arena, "%s%s", explanation->aggregates, differences[0].key);
    if (component != NULL && explanation->cause.length == 0)
        cause_wrong_sum(explanation, &differences[0], component);
}

/* What was counted twice was done twice; what is lost may explain what is still there. So in this
 * order. */
static void find_cause(struct explanation *explanation, const struct counterexample *taken,
                       const struct search_violation *found, struct arena *arena)
{
    struct world *world = explanation->world;
    const uint32_t *end = counterexample_state(taken, taken->length);
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    char poller[POLLER_SIZE];
    size_t count = world->workload->message_count;
    if (found->stuck) {
        world_poller_name(world, found->stuck_poller, poller, sizeof poller);
        cause_stuck(explanation, poller);
        return;
    }
    if (found->property == PROPERTY_LEVELS_AGREE) {
        cause_levels(explanation, taken);
        return;
    }
    if (world_aggregate_table(world) < 0)
        return;
    world_message_counts(world, end, counts);
    for (uint32_t i = 0; i < count && explanation->cause.length == 0; i++) {
        if (counts[i].known && counts[i].counted > 1)
            cause_twice(explanation, i);
    }
    if (!found->cut && explanation->cause.length == 0)
        cause_token(explanation);
    for (uint32_t i = 0; !found->cut && i < count && explanation->cause.length == 0; i++) {
        if (counts[i].known && counts[i].expected == 1 && counts[i].counted < 1)
            cause_lost(explanation, i);
    }
    for (uint32_t i = 0; !found->cut && i < count && explanation->cause.length == 0; i++) {
        if (counts[i].known && counts[i].expected == 0 && counts[i].counted != 0)
            cause_superseded(explanation, i, newest_of(explanation, i));
    }
    if (explanation->cause.length == 0)
        find_cause_of_keys(explanation, end, arena);
}

/* In the order of steps, which puts what is said of one step in the order in which it was found. */
static struct value sorted_steps(const struct explanation *explanation, size_t length)
{
    struct value_store *store = explanation->store;
    struct value sorted = value_list(store, NULL, 0);
    for (size_t n = 1; n <= length && !value_is_none(explanation->key_steps); n++) {
        for (size_t i = 0; i < value_count(store, explanation->key_steps); i++) {
            struct value entry = value_at(store, explanation->key_steps, i);
            if (field_integer(store, entry, "n", 0) == (int64_t)n)
                sorted = value_append(store, sorted, entry);
        }
    }
    return sorted;
}

static struct value counted_value(const struct explanation *explanation)
{
    struct value_store *store = explanation->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < explanation->change_count; i++) {
        const struct count_change *change = &explanation->changes[i];
        const struct ledger_name *name = &explanation->names[change->message];
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "n", value_integer(store, (int64_t)change->step + 1));
        entry = value_put_text(store, entry, "trade", value_text(store, name->trade));
        entry = value_put_text(store, entry, "version", value_integer(store, name->version));
        entry = value_put_text(store, entry, "from", value_integer(store, change->from));
        entry = value_put_text(store, entry, "to", value_integer(store, change->to));
        list = value_append(store, list, entry);
    }
    return list;
}

static struct value text_or_null(struct value_store *store, const struct text *text)
{
    if (text_failed(text))
        return VALUE_NONE;
    return text->length == 0 ? value_null(store)
                             : value_string(store, text_string(text), text->length);
}

/* The first step that starts an invocation in a container of another; the length if none does. */
static size_t first_warm_start(const struct counterexample *taken)
{
    size_t i = 0;
    while (i < taken->length &&
           !action_starts_warm(taken->actions[i].kind, taken->actions[i].place))
        i++;
    return i;
}

/* The function to be changed, by the step that is to blame; null. */
static struct value culprit_function(const struct explanation *explanation)
{
    struct value_store *store = explanation->store;
    if (explanation->culprit == LEDGER_NONE)
        return value_null(store);
    const char *actor =
        field_text(store, explained_step(explanation, explanation->culprit), "actor");
    return value_string(store, actor, strcspn(actor, "/#"));
}

struct value explanation_put(struct world *world, const struct counterexample *counterexample,
                             struct value steps, const struct search_violation *found,
                             struct value violation)
{
    struct value_store *store = world->store;
    struct ledger_name names[SCENARIO_MESSAGES_MAX];
    struct arena arena;
    char aggregates[WHY_SIZE] = "/";
    int table = world_aggregate_table(world);
    if (value_is_none(steps))
        return VALUE_NONE;
    if (table >= 0)
        (void)snprintf(aggregates, sizeof aggregates, "%.500s/",
                       world->pipeline->tables[table].name);
    for (size_t i = 0; i < world->workload->message_count; i++)
        names[i] = (struct ledger_name){.trade = world->scenario->messages[i].trade,
                                        .version = world->scenario->messages[i].version};
    struct explanation explanation = {.world = world,
                                      .store = store,
                                      .steps = steps,
                                      .names = names,
                                      .aggregates = aggregates,
                                      .key_steps = value_list(store, NULL, 0),
                                      .culprit = LEDGER_NONE};
    arena_init(&arena, world->memory);
    text_init(&explanation.cause, world->memory);
    text_init(&explanation.defence, world->memory);
    bool read = ledger_read(&explanation.ledger, store, steps, names,
                            world->workload->message_count, &arena) &&
                find_changes(&explanation, counterexample, &arena);
    if (read) {
        find_cause(&explanation, counterexample, found, &arena);
        /* a shortest counterexample uses new containers where these will do */
        size_t warm = first_warm_start(counterexample);
        if (warm < counterexample->length)
            cause_container(&explanation, warm);
        struct value code = explanation.culprit == LEDGER_NONE
                                ? VALUE_NONE
                                : value_member(store, value_at(store, steps, explanation.culprit),
                                               "code", VALUE_MAP);
        if (!value_is_none(code))
            violation = value_put_text(store, violation, "code", code);
        violation = value_put_text(store, violation, "function", culprit_function(&explanation));
        violation =
            value_put_text(store, violation, "cause", text_or_null(store, &explanation.cause));
        violation =
            value_put_text(store, violation, "defence", text_or_null(store, &explanation.defence));
        violation = value_put_text(store, violation, "key_steps",
                                   sorted_steps(&explanation, counterexample->length));
        violation = value_put_text(store, violation, "counted_at", counted_value(&explanation));
    }
    text_release(&explanation.cause);
    text_release(&explanation.defence);
    arena_release(&arena);
    return read ? violation : VALUE_NONE;
}
