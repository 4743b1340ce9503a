/* The workshop's example: MapLambda's batches 1, 3, 4 and 2, 5 have the sums 18 and 120. */
#include "checker/steps.h"
#include "checker/verify.h"
#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct example {
    struct memory memory;
    struct run_request request;
    struct run *run;
    struct workload workload;
    struct world *world;
    struct expansion_memo *memo;
    struct steps steps;
    uint32_t *slots;
};

static void begin(struct example *example, enum run_handlers handlers)
{
    struct error error = ERROR_INIT;
    memory_init(&example->memory, SIZE_MAX);
    example->request = (struct run_request){.memory = &example->memory,
                                            .data_dir = ".",
                                            .scenario = "worked-example",
                                            .handlers = handlers,
                                            .stage_order = true,
                                            .merge_local_steps = true};
    cr_assert_eq(run_create(&example->request, &example->run, &error), STATUS_OK, "%s",
                 error.message);
    cr_assert_eq(verify_create_world(example->run, VALUATION_DISTINCT, true, &example->workload,
                                     &example->world, &error),
                 STATUS_OK, "%s", error.message);
    example->slots = calloc(example->world->layout.slot_count, sizeof *example->slots);
    steps_init(&example->steps, &example->memory);
    cr_assert(example->slots != NULL);
}

static void end(struct example *example)
{
    free(example->slots);
    steps_release(&example->steps);
    expansion_memo_destroy(example->memo);
    world_destroy(example->world);
    run_destroy(example->run);
}

/* Each stage after the one before it, in the largest batches. */
static void play(struct example *example)
{
    struct error error = ERROR_INIT;
    do {
        expansion_memo_destroy(example->memo);
        example->memo = expansion_memo_create(example->world);
        world_initial_state(example->world, example->slots);
        for (;;) {
            cr_assert_eq(steps_learn(&example->steps, example->memo, example->slots, &error),
                         STATUS_OK);
            const struct enabled *enabled = &example->steps.enabled;
            if (example->world->facts_changed || enabled->free_count == 0)
                break;
            uint32_t chosen = enabled->free[0];
            for (size_t i = 1; i < enabled->free_count; i++) {
                const struct action *best =
                    &expansion_memo_transition(example->memo, chosen)->action;
                const struct action *other =
                    &expansion_memo_transition(example->memo, enabled->free[i])->action;
                if (best->kind == ACTION_POLL && other->kind == ACTION_POLL &&
                    other->poller == best->poller && other->count > best->count)
                    chosen = enabled->free[i];
            }
            steps_take(example->memo, chosen, example->slots);
        }
    } while (world_take_facts_changed(example->world));
}

static struct value table(const struct example *example, const char *name)
{
    int index = pipeline_find_table(example->world->pipeline, name);
    cr_assert_geq(index, 0);
    return (struct value){example->slots[example->world->layout.table_slots[index]]};
}

/* The number under a member of an item. */
static double number(const struct value_store *store, struct value item, const char *member)
{
    struct value value = value_get_text(store, item, member);
    if (value_is_none(value))
        return 0;
    cr_assert_eq(value_kind(store, value), VALUE_NUMBER);
    return decimal_to_double(value_decimal(store, value));
}

static double aggregate(const struct example *example, const char *key)
{
    struct value_store *store = example->run->store;
    struct value item = value_get_text(store, table(example, "AggregateTable"), key);
    cr_assert(!value_is_none(item), "%s", key);
    return number(store, item, "Value");
}

static void expect_sums(enum run_handlers handlers)
{
    struct example example = {.memo = NULL};
    begin(&example, handlers);
    play(&example);
    const struct value_store *store = example.run->store;
    struct value rows = table(&example, "ReduceTable");
    cr_assert_eq(value_count(store, rows), 2);
    struct error error = ERROR_INIT;
    bool found[2] = {false, false};
    for (size_t i = 0; i < 2; i++) {
        struct value written =
            value_member(store, value_value_at(store, rows, i), "Message", VALUE_STRING);
        cr_assert(!value_is_none(written));
        size_t length = 0;
        const char *json = value_bytes(store, written, &length);
        struct value message = VALUE_NONE;
        cr_assert_eq(json_parse(example.run->store, json, length, NULL, &message, &error),
                     STATUS_OK);
        double delta = number(store, message, "Delta");
        double count = number(store, message, "message_count");
        found[0] = found[0] || (delta == 18 && count == 3);
        found[1] = found[1] || (delta == 120 && count == 2);
    }
    cr_expect(found[0], "the batch 1, 3, 4");
    cr_expect(found[1], "the batch 2, 5");
    cr_expect_eq(aggregate(&example, "Delta"), 138);
    cr_expect_eq(aggregate(&example, "Delta:FXSpot"), 130);
    cr_expect_eq(aggregate(&example, "Delta:FXSpot:AMER"), 30);
    cr_expect_eq(aggregate(&example, "Delta:FXSpot:EMEA"), 100);
    cr_expect_eq(aggregate(&example, "Delta:FXOptions"), 8);
    cr_expect_eq(aggregate(&example, "Delta:FXOptions:EMEA"), 8);
    end(&example);
}

Test(worked_example, sums_of_lab1) { expect_sums(RUN_REFERENCE_LAB1); }

Test(worked_example, sums_of_lab2) { expect_sums(RUN_REFERENCE_LAB2); }
