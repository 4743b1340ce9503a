#include "model/dead_data.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

#define TWO_MESSAGES                                                                               \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\n"                         \
    "    - {trade: T2, version: 0}\n"

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create(scripted_function work, bool drop)
{
    rig_init(&rig, &(struct rig_setup){.scenario = TWO_MESSAGES,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true,
                                       .drop_dead_data = drop});
}

/* Adds 1 to a row of Sum under a token. */
static void add_under(struct scripted *run, const char *token)
{
    struct value answer;
    char request[512];
    snprintf(request, sizeof request,
             "{'ClientRequestToken': '%s', 'TransactItems': [{'Update': {"
             "'TableName': 'Sum', 'Key': {'id': {'S': 's'}}, 'UpdateExpression': 'ADD n :n', "
             "'ExpressionAttributeValues': {':n': {'N': '1'}}}}]}",
             token);
    if (scripted_call(run, "TransactWriteItems", request, &answer))
        scripted_return(run);
}

static void adds_under_own_token(struct scripted *run)
{
    const char *sequence = scripted_sequence(run, 0);
    add_under(run, sequence + strlen(sequence) - 36); /* a token's greatest length */
}

static void adds_under_one_token(struct scripted *run) { add_under(run, "the-only-one"); }

static size_t tokens(void)
{
    return value_count(rig.store, rig_value(&rig, rig.world->layout.tokens_slot));
}

static const char *const first_batch =
    "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\nacknowledge Work/shard-0";

Test(dead_data, drops_records_that_are_acknowledged)
{
    for (int drop = 0; drop < 2; drop++) {
        create(adds_under_own_token, drop == 1);
        rig_take(&rig, first_batch);
        uint16_t slot = rig.world->layout.logs[0].slot;
        cr_assert_eq(value_count(rig.store, rig_value(&rig, slot)), drop == 1 ? 0 : 1);
        cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "In", 0), 1); /* still counted */
        rig_take(&rig, "put Generator 1\npoll Work/shard-0 1");
        cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "In", 0), 2);
        cr_assert_eq(world_log_base(rig.world, rig.state, 0), drop == 1 ? 1 : 0);
        rig_release(&rig);
    }
}

Test(dead_data, drops_a_token_with_its_batch)
{
    for (int drop = 0; drop < 2; drop++) {
        create(adds_under_own_token, drop == 1);
        rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
        cr_assert_eq(tokens(), 1); /* the batch may come again */
        rig_take(&rig, "acknowledge Work/shard-0");
        cr_assert_eq(tokens(), drop == 1 ? 0 : 1);
        rig_release(&rig);
    }
}

/* A token that later batches send too keeps its meaning: the second batch is not added. */
Test(dead_data, keeps_tokens_that_come_back)
{
    char text[RIG_TEXT_SIZE];
    create(adds_under_one_token, true);
    rig_take(&rig, first_batch);
    cr_assert_not(rig.world->facts.tokens_come_back);
    (void)world_take_facts_changed(rig.world);
    rig_take(&rig, "put Generator 1\npoll Work/shard-0 1\ncall Work/shard-0");
    cr_assert(rig.world->facts.tokens_come_back);
    cr_assert(world_take_facts_changed(rig.world)); /* what has been found so far is void */
    rig_reset(&rig);
    rig_take(&rig, first_batch);
    cr_assert_eq(tokens(), 1);
    rig_take(&rig, "put Generator 1\npoll Work/shard-0 1\ncall Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'s'},'n':{'N':'1'}}");
    rig_release(&rig);
}

Test(dead_data, is_kept_where_faults_bring_it_back)
{
    struct fault_config faults = {.limit = FAULT_UNLIMITED};
    cr_assert(dead_data_allowed(&faults));
    faults.enabled[FAULT_CRASH] = true;
    cr_assert(dead_data_allowed(&faults));
    static const enum fault_kind kinds[] = {FAULT_REDELIVER, FAULT_REBATCH, FAULT_LATE_WRITE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        faults.enabled[kinds[i]] = true;
        cr_assert_not(dead_data_allowed(&faults));
        faults.enabled[kinds[i]] = false;
    }
}
