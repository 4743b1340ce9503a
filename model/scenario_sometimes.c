/* What a scenario must lead to, else it proves little. */
#include "model/scenario_reader.h"

#include "model/fault.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BATCH_PREFIX "batch_of_"

static const char *const names[] = {"retry",
                                    "retry_after_commit",
                                    "conditional_check_held",
                                    "conditional_check_failed",
                                    "insert",
                                    "transaction_canceled",
                                    "modify",
                                    "remove"};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    if (strncmp(name, BATCH_PREFIX, strlen(BATCH_PREFIX)) != 0)
        return fault_kind_find(name) != FAULT_KIND_COUNT;
    const char *digits = name + strlen(BATCH_PREFIX);
    return digits[0] >= '1' && digits[0] <= '9' && strspn(digits, "0123456789") == strlen(digits);
}

enum status scenario_read_sometimes(const struct yaml_node *node, struct scenario *scenario,
                                    struct error *error)
{
    if (node == NULL)
        return STATUS_OK;
    enum status status = yaml_expect(node, YAML_SEQUENCE, "'sometimes'", error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = node->elements[i];
        status = yaml_expect(item, YAML_SCALAR, "a name in 'sometimes'", error);
        if (status != STATUS_OK)
            return status;
        if (!is_known(item->text))
            return yaml_error(error, item,
                              "'sometimes': found '%s', expected retry, retry_after_commit, "
                              "conditional_check_held, conditional_check_failed, "
                              "transaction_canceled, insert, modify, remove, batch_of_N or a kind "
                              "of faults",
                              item->text);
        if (scenario->sometimes_count == SCENARIO_SOMETIMES_MAX)
            return yaml_error(error, item, "'sometimes': more than %d names",
                              SCENARIO_SOMETIMES_MAX);
        scenario->sometimes[scenario->sometimes_count++] = item->text;
    }
    return STATUS_OK;
}
