#include "checker/diagnosis.h"

#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define SCENARIO                                                                                   \
    "scenario: x\nworkload:\n  shards: 2\n  messages:\n    - {trade: T1, version: 0}\n"            \
    "faults: {timeout: 2}\n"

enum { STATES_MAX = 64 };

static struct rig rig;
static struct diagnosis *diagnosis;
static struct diagnosis_part parts[DIAGNOSIS_PARTS_MAX];

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void begin(void)
{
    rig_init(&rig,
             &(struct rig_setup){.scenario = SCENARIO,
                                 .handlers = {{"Work", does_nothing}, {"Next", does_nothing}}});
    diagnosis = diagnosis_create(rig.world);
    cr_assert_not_null(diagnosis);
}

static void end(void)
{
    diagnosis_destroy(diagnosis);
    rig_release(&rig);
}

TestSuite(diagnosis, .init = begin, .fini = end);

static void add(uint32_t generator, uint32_t batch, uint32_t clock, uint32_t faults)
{
    const struct layout *layout = &rig.world->layout;
    rig.state[layout->generator_slot] = value_integer(rig.store, generator).id;
    rig.state[layout->pollers[1].batch_slot] = batch;
    rig.state[layout->clock_slots[rig_function(&rig, "Work")]] = clock;
    diagnosis_add_state(diagnosis, rig.state, faults);
}

static const struct diagnosis_part *part_of(enum diagnosis_part_kind kind, uint32_t index)
{
    size_t count = diagnosis_parts(diagnosis, parts);
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind == kind && parts[i].index == index)
            return &parts[i];
    cr_assert_fail("no such part");
    return NULL;
}

static void expect_part(enum diagnosis_part_kind kind, uint32_t index, uint64_t values,
                        double factor)
{
    const struct diagnosis_part *part = part_of(kind, index);
    cr_expect_eq(part->values, values, "%u values", (unsigned)part->values);
    cr_expect_float_eq(part->factor, factor, 1e-9, "factor %f", part->factor);
}

static void expect_steps(struct diagnosis_steps steps, uint64_t transitions, uint64_t found)
{
    cr_expect_eq(steps.transitions, transitions, "%u transitions", (unsigned)steps.transitions);
    cr_expect_eq(steps.found, found, "%u found", (unsigned)steps.found);
}

/* --- parts --------------------------------------------------------------------------------- */

/* 6 x 4 combinations: each part multiplies by its own number of values. */
Test(diagnosis, independent_parts_multiply)
{
    for (uint32_t generator = 0; generator < 6; generator++)
        for (uint32_t batch = 0; batch < 4; batch++)
            add(generator, batch, 0, 0);
    cr_assert_eq(diagnosis_states(diagnosis), 24);
    expect_part(DIAGNOSIS_GENERATOR, 0, 6, 6.0);
    expect_part(DIAGNOSIS_FUNCTION, rig_function(&rig, "Work"), 4, 4.0);
    expect_part(DIAGNOSIS_FUNCTION, rig_function(&rig, "Next"), 1, 1.0);
    expect_part(DIAGNOSIS_TOKENS, 0, 1, 1.0);
}

/* A part that follows another has many values, and multiplies nothing; nor does the other. */
Test(diagnosis, dependent_parts_do_not_multiply)
{
    for (uint32_t i = 0; i < 8; i++)
        add(i, i, 0, 0);
    expect_part(DIAGNOSIS_GENERATOR, 0, 8, 1.0);
    expect_part(DIAGNOSIS_FUNCTION, rig_function(&rig, "Work"), 8, 1.0);
}

/* All pollers of a function and its clock. */
Test(diagnosis, pollers_and_clock_are_one_part)
{
    for (uint32_t batch = 0; batch < 3; batch++)
        for (uint32_t clock = 0; clock < 5; clock++)
            add(0, batch, clock, 0);
    expect_part(DIAGNOSIS_FUNCTION, rig_function(&rig, "Work"), 15, 15.0);
}

Test(diagnosis, orders_parts_by_factor)
{
    for (uint32_t i = 0; i < 12; i++)
        add(i % 3, i / 3, 0, 0);
    size_t count = diagnosis_parts(diagnosis, parts);
    char name[DIAGNOSIS_PART_NAME_SIZE];
    cr_assert_str_eq(diagnosis_part_name(&rig.pipeline, &parts[0], name), "Work");
    cr_assert_str_eq(diagnosis_part_name(&rig.pipeline, &parts[1], name), "Generator");
    for (size_t i = 2; i < count; i++)
        cr_expect_eq(parts[i].factor, 1.0);
}

Test(diagnosis, every_slot_belongs_to_a_part)
{
    static const char *const names[] = {
        "Generator",          "records of In",       "Work",          "Next",
        "items of Out",       "stream of Out",       "items of Rows", "items of Sum",
        "idempotency tokens", "capped faults so far"};
    enum { NAMES = sizeof names / sizeof names[0] };
    diagnosis_add_state(diagnosis, rig.state, 0);
    for (uint16_t slot = 0; slot < rig.world->layout.slot_count; slot++) {
        uint32_t before = rig.state[slot];
        rig.state[slot] = rig.world->layout.slot_kinds[slot] == SLOT_VALUE
                              ? value_integer(rig.store, 1000).id
                              : HANDLER_NODE_HUNG;
        cr_assert_neq(rig.state[slot], before);
        diagnosis_add_state(diagnosis, rig.state, 0);
        rig.state[slot] = before;
    }
    size_t count = diagnosis_parts(diagnosis, parts);
    cr_assert_eq(count, NAMES, "%zu parts", count);
    uint64_t slots = 0;
    for (size_t i = 0; i < count; i++) {
        char name[DIAGNOSIS_PART_NAME_SIZE];
        bool known = false;
        diagnosis_part_name(&rig.pipeline, &parts[i], name);
        for (size_t j = 0; j < NAMES; j++)
            known = known || strcmp(names[j], name) == 0;
        cr_expect(known, "%s", name);
        slots += parts[i].values - 1;
    }
    cr_expect_eq(slots, rig.world->layout.slot_count, "%u slots", (unsigned)slots);
}

Test(diagnosis, counts_states_by_faults)
{
    for (uint32_t i = 0; i < 20; i++)
        add(i, 0, 0, i);
    cr_expect_eq(diagnosis_states_at(diagnosis, 0), 1);
    cr_expect_eq(diagnosis_states_at(diagnosis, DIAGNOSIS_LEVEL_MAX), 20 - DIAGNOSIS_LEVEL_MAX);
    cr_expect_eq(diagnosis_states_at(diagnosis, DIAGNOSIS_LEVEL_MAX + 1), 0);
    cr_expect_eq(diagnosis_states(diagnosis), 20);
}

/* --- steps --------------------------------------------------------------------------------- */

Test(diagnosis, counts_steps_by_actor_fault_and_batch)
{
    uint32_t work = rig_function(&rig, "Work");
    struct action put = {.kind = ACTION_PUT, .fault = FAULT_KIND_COUNT, .poller = ACTION_NO_POLLER};
    struct action poll = {.kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = 1, .count = 2};
    struct action many = poll;
    many.count = 1000;
    struct action crash = {.kind = ACTION_CRASH, .fault = FAULT_CRASH};
    diagnosis_add_step(diagnosis, &put, true);
    diagnosis_add_step(diagnosis, &poll, true);
    diagnosis_add_step(diagnosis, &poll, false);
    diagnosis_add_step(diagnosis, &many, true);
    diagnosis_add_step(diagnosis, &crash, false);
    expect_steps(diagnosis_steps_of(diagnosis, UINT32_MAX, ACTION_PUT), 1, 1);
    expect_steps(diagnosis_steps_of(diagnosis, work, ACTION_POLL), 3, 2);
    expect_steps(diagnosis_steps_of(diagnosis, work, ACTION_CRASH), 1, 0);
    expect_steps(diagnosis_steps_by_fault(diagnosis, FAULT_CRASH), 1, 0);
    expect_steps(diagnosis_steps_by_fault(diagnosis, FAULT_TIMEOUT), 0, 0);
    expect_steps(diagnosis_steps_by_batch(diagnosis, work, 2), 2, 1);
    expect_steps(diagnosis_steps_by_batch(diagnosis, work, DIAGNOSIS_BATCH_MAX), 1, 1);
}

Test(diagnosis, merges_what_workers_have_counted)
{
    struct action poll = {.kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = 0, .count = 1};
    struct diagnosis *other = diagnosis_create(rig.world);
    cr_assert_not_null(other);
    for (uint32_t i = 0; i < 10; i++)
        add(i, 0, 0, 0);
    diagnosis_add_step(diagnosis, &poll, true);
    diagnosis_merge(other, diagnosis);
    diagnosis_clear(diagnosis);
    cr_assert_eq(diagnosis_states(diagnosis), 0);
    for (uint32_t i = 0; i < 10; i++)
        add(i, 1, 0, 1);
    diagnosis_add_step(diagnosis, &poll, false);
    diagnosis_merge(diagnosis, other);
    diagnosis_destroy(other);
    expect_part(DIAGNOSIS_GENERATOR, 0, 10, 10.0);
    expect_part(DIAGNOSIS_FUNCTION, rig_function(&rig, "Work"), 2, 2.0);
    cr_expect_eq(diagnosis_states_at(diagnosis, 0), 10);
    cr_expect_eq(diagnosis_states_at(diagnosis, 1), 10);
    expect_steps(diagnosis_steps_of(diagnosis, rig_function(&rig, "Work"), ACTION_POLL), 2, 1);
}

Test(diagnosis, begins_again)
{
    struct action crash = {.kind = ACTION_CRASH, .fault = FAULT_CRASH};
    add(1, 1, 1, 1);
    diagnosis_add_step(diagnosis, &crash, true);
    diagnosis_clear(diagnosis);
    add(0, 0, 0, 0);
    expect_part(DIAGNOSIS_GENERATOR, 0, 1, 1.0);
    expect_steps(diagnosis_steps_by_fault(diagnosis, FAULT_CRASH), 0, 0);
    cr_expect_eq(diagnosis_states(diagnosis), 1);
}

Test(diagnosis, needs_memory)
{
    for (unsigned long long request = 1; request <= 4; request++) {
        size_t used = atomic_load(&rig.memory.used);
        rig.memory.fail_at = atomic_load(&rig.memory.requests) + request;
        cr_expect_null(diagnosis_create(rig.world));
        cr_expect_eq(atomic_load(&rig.memory.used), used);
    }
    rig.memory.fail_at = 0;
}

/* --- a whole state space ------------------------------------------------------------------- */

/* A put, a poll, a call, an acknowledgement; and a crash, after which the batch comes again with
 * its token known: six states, six transitions. */
Test(diagnosis, of_one_put_that_crashes)
{
    struct instance instance = {.stages = 1,
                                .handlers = {"reduce_token"},
                                .shards = {1},
                                .batch = {2},
                                .timeout_s = 10,
                                .puts = {{.trade = 0, .copies = 1}},
                                .put_count = 1,
                                .limit = "any",
                                .crash = "true",
                                .random_failure = "false",
                                .timeout = "false"};
    struct rig small;
    instance_rig(&instance, &small, true, true);
    rig_learn(&small, 4);
    uint16_t width = small.world->layout.slot_count;
    uint32_t *states = memory_allocate_zeroed(&small.memory, STATES_MAX, width * sizeof *states);
    struct diagnosis *of = diagnosis_create(small.world);
    cr_assert(states != NULL && of != NULL);
    size_t known = 1;
    memcpy(states, small.state, width * sizeof *states);
    for (size_t i = 0; i < known; i++) {
        memcpy(small.state, states + i * width, width * sizeof *states);
        diagnosis_add_state(of, small.state, 0);
        rig_expand(&small);
        for (size_t t = 0; t < small.list.count; t++) {
            const uint32_t *slots = small.list.slots + t * width;
            size_t at = 0;
            while (at < known && memcmp(states + at * width, slots, width * sizeof *states) != 0)
                at++;
            diagnosis_add_step(of, &small.list.items[t].action, at == known);
            cr_assert_lt(known, STATES_MAX);
            if (at == known)
                memcpy(states + known++ * width, slots, width * sizeof *states);
        }
    }
    cr_expect_eq(diagnosis_states(of), 6);
    expect_steps(diagnosis_steps_of(of, UINT32_MAX, ACTION_PUT), 1, 1);
    expect_steps(diagnosis_steps_of(of, 0, ACTION_POLL), 1, 1);
    expect_steps(diagnosis_steps_of(of, 0, ACTION_CALL), 2, 1);
    expect_steps(diagnosis_steps_of(of, 0, ACTION_ACKNOWLEDGE), 1, 1);
    expect_steps(diagnosis_steps_by_fault(of, FAULT_CRASH), 1, 1);
    expect_steps(diagnosis_steps_by_batch(of, 0, 1), 1, 1);
    diagnosis_destroy(of);
    memory_free(&small.memory, states, STATES_MAX * (width * sizeof *states));
    rig_release(&small);
}
