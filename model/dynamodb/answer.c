#include "model/dynamodb/answer.h"

#include "model/dynamodb/request.h"

enum { READ_UNIT_SIZE = 4096, WRITE_UNIT_SIZE = 1024 };

void answer_add(struct call *call, struct answer *answer, const char *name, struct value value)
{
    CHECK(answer->member_count < ANSWER_MEMBERS_MAX);
    call_made(call, value);
    answer->members[answer->member_count++] =
        (struct value_entry){value_text(call->store, name), value};
}

bool answer_reserve(struct call *call, struct answer *answer, size_t count)
{
    answer->changes = call_allocate(call, count, sizeof answer->changes[0]);
    return answer->changes != NULL;
}

void answer_change(struct answer *answer, uint32_t table, struct value key, struct value before,
                   struct value after)
{
    if (!value_equal(before, after))
        answer->changes[answer->change_count++] = (struct item_change){table, key, before, after};
}

static uint64_t units(size_t size, size_t unit) { return size == 0 ? 1 : (size + unit - 1) / unit; }

void answer_count_read(struct answer *answer, uint32_t table, size_t size, bool consistent,
                       unsigned factor)
{
    answer->half_units[table] += units(size, READ_UNIT_SIZE) * (consistent ? 2 : 1) * factor;
    answer->used[table] = true;
}

void answer_count_write(const struct call *call, struct answer *answer, uint32_t table,
                        struct value before, struct value after, unsigned factor)
{
    size_t old_size = value_is_none(before) ? 0 : item_size(call->store, before);
    size_t new_size = value_is_none(after) ? 0 : item_size(call->store, after);
    size_t size = old_size > new_size ? old_size : new_size;
    answer->half_units[table] += units(size, WRITE_UNIT_SIZE) * 2 * factor;
    answer->used[table] = true;
}

static struct value halves(struct value_store *store, uint64_t count)
{
    if (count % 2 == 0)
        return value_integer(store, (int64_t)(count / 2));
    struct decimal number = {(uint128)count * 5, -1, false};
    return value_number(store, &number);
}

static struct value capacity(struct call *call, const struct answer *answer, uint32_t table,
                             bool by_index)
{
    struct value_store *store = call->store;
    struct value_entry amount = {value_text(store, "CapacityUnits"),
                                 halves(store, answer->half_units[table])};
    struct value_entry entries[3] = {
        {value_text(store, "TableName"), value_text(store, table_config(call, table)->name)},
        amount,
        {value_text(store, "Table"), value_map(store, &amount, 1)},
    };
    return value_map(store, entries, by_index ? 3 : 2);
}

bool answer_add_capacity(struct call *call, struct answer *answer, struct value request, bool list)
{
    enum { NONE, TOTAL, INDEXES };
    static const char *const options[] = {"NONE", "TOTAL", "INDEXES", NULL};
    size_t choice;
    if (!request_get_choice(call, request, "ReturnConsumedCapacity", options,
                            "INDEXES, TOTAL, NONE", &choice))
        return false;
    if (choice == NONE)
        return true;
    struct value all = value_list(call->store, NULL, 0);
    for (uint32_t i = 0; i < call->context->pipeline->table_count; i++) {
        if (!answer->used[i])
            continue;
        struct value one = capacity(call, answer, i, choice == INDEXES);
        if (!list) {
            answer_add(call, answer, "ConsumedCapacity", one);
            return true;
        }
        all = value_append(call->store, all, one);
    }
    if (list)
        answer_add(call, answer, "ConsumedCapacity", all);
    return true;
}
