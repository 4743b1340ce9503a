#include "reports/cause.h"

#include "model/base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = WORKLOAD_KEY_SIZE + 256 };

static const char *field(const struct value_store *store, struct value map, const char *name)
{
    struct value value = value_get_text(store, map, name);
    bool text = !value_is_none(value) && value_kind(store, value) == VALUE_STRING;
    return text ? value_bytes(store, value, NULL) : "";
}

static bool changes_component(const struct value_store *store, struct value step,
                              const char *component)
{
    struct value changes = value_get_text(store, step, "changes");
    for (size_t i = 0; i < value_count(store, changes); i++) {
        if (strcmp(field(store, value_at(store, changes, i), "component"), component) == 0)
            return true;
    }
    return false;
}

/* The length of an actor's name without the number of its invocation. */
static size_t actor_length(const char *actor)
{
    const char *hash = strrchr(actor, '#');
    return hash == NULL ? strlen(actor) : (size_t)(hash - actor);
}

static bool same_actor(const char *a, const char *b)
{
    size_t length = actor_length(a);
    return length == actor_length(b) && strncmp(a, b, length) == 0;
}

/* What ended the first invocation of the actor between two steps: a fault's name, or its own
 * failure. */
static const char *interruption(const struct value_store *store, struct value steps, size_t from,
                                size_t to, size_t *at)
{
    const char *actor = field(store, value_at(store, steps, from), "actor");
    for (size_t i = from; i < to; i++) {
        struct value step = value_at(store, steps, i);
        const char *action = field(store, step, "action");
        if (!same_actor(actor, field(store, step, "actor")))
            continue;
        *at = i + 1;
        if (strcmp(action, "crash") == 0)
            return "crashed";
        if (strcmp(action, "timeout") == 0)
            return "timed out";
        if (strcmp(action, "retry") == 0)
            return "failed";
    }
    return NULL;
}

static void explain_twice(struct text *text, struct world *world, struct value steps,
                          const struct message_count *count)
{
    const struct value_store *store = world->store;
    const struct scenario_message *message = &world->scenario->messages[count->message];
    char key[WORKLOAD_KEY_SIZE];
    char component[NAME_SIZE];
    workload_aggregate_key(&world->workload->messages[count->message].hierarchy,
                           HIERARCHY_LEVELS - 1, key);
    snprintf(component, sizeof component, "%.200s/%s",
             world->pipeline->tables[world_aggregate_table(world)].name, key);
    size_t found[2] = {0, 0};
    size_t times = 0;
    for (size_t i = 0; i < value_count(store, steps); i++) {
        if (!changes_component(store, value_at(store, steps, i), component))
            continue;
        found[0] = found[1];
        found[1] = i;
        times++;
    }
    if (times < 2)
        return;
    const char *first = field(store, value_at(store, steps, found[0]), "actor");
    const char *second = field(store, value_at(store, steps, found[1]), "actor");
    size_t at = 0;
    const char *how =
        same_actor(first, second) ? interruption(store, steps, found[0], found[1], &at) : NULL;
    if (how != NULL)
        text_append_format(text,
                           "%.*s wrote %s v%lld to the aggregates (step %zu), %s before its batch "
                           "was acknowledged (step %zu), and its retry wrote it again (step %zu)",
                           (int)actor_length(first), first, message->trade,
                           (long long)message->version, found[0] + 1, how, at, found[1] + 1);
    else
        text_append_format(
            text,
            "%s v%lld was written to the aggregates by %s (step %zu) and again by %s (step %zu)",
            message->trade, (long long)message->version, first, found[0] + 1, second, found[1] + 1);
}

static void explain_stuck(struct text *text, struct world *world, struct value steps,
                          const struct search_violation *violation)
{
    const struct value_store *store = world->store;
    char poller[NAME_SIZE];
    world_poller_name(world, violation->stuck_poller, poller, sizeof poller);
    for (size_t i = value_count(store, steps); i > 0; i--) {
        struct value step = value_at(store, steps, i - 1);
        struct value end = value_get_text(store, step, "end");
        if (value_is_none(end) || !same_actor(field(store, step, "actor"), poller) ||
            strcmp(field(store, end, "kind"), "return") == 0)
            continue;
        struct value detail = value_get_text(store, end, "detail");
        bool known = !value_is_none(detail) && value_kind(store, detail) == VALUE_MAP;
        text_append_format(
            text,
            "every invocation of %s with this batch ends in %s%s%s (step %zu), so the "
            "batch is tried again for ever and nothing behind it is read",
            poller, known ? field(store, detail, "class") : "an error",
            known && field(store, detail, "class")[0] != '\0' ? ": " : "",
            known ? field(store, detail, "message") : "", i);
        return;
    }
}

struct value cause_value(struct world *world, const uint32_t *state, struct value steps,
                         const struct search_violation *violation)
{
    struct text text;
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    text_init(&text, world->memory);
    if (violation->stuck) {
        explain_stuck(&text, world, steps, violation);
    } else if (world_aggregate_table(world) >= 0) {
        world_message_counts(world, state, counts);
        for (size_t i = 0; i < world->workload->message_count && text.length == 0; i++) {
            if (counts[i].known && counts[i].counted > 1)
                explain_twice(&text, world, steps, &counts[i]);
        }
    }
    struct value cause = text.length == 0
                             ? value_null(world->store)
                             : value_string(world->store, text_string(&text), text.length);
    text_release(&text);
    return cause;
}
