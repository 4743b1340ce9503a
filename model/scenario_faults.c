/* Which faults may happen: a scenario's faults section, and the options --faults and --fault. */
#include "model/scenario_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAULT_COUNT_MAX = 1000000 }; /* more faults than any search could take: a slip of the pen */

/* The names of the kinds, with "limit" before them, as keys of the section. */
static const char *const keys[] = {"limit",
#define FAULT_KEY(kind, name, simulated) [(kind) + 1] = (name),
                                   FAULT_KINDS(FAULT_KEY)
#undef FAULT_KEY
};

static void switch_kind(struct fault_config *faults, enum fault_kind kind, uint32_t cap)
{
    faults->enabled[kind] = cap > 0;
    faults->cap[kind] = cap > 0 ? cap : FAULT_UNLIMITED;
}

/* true, false or a cap. */
static enum status read_kind(const struct yaml_node *node, enum fault_kind kind,
                             struct fault_config *faults, struct error *error)
{
    const char *name = fault_kind_name(kind);
    bool truth = false;
    int64_t cap = 0;
    enum status status = STATUS_OK;
    if (node->kind == YAML_SCALAR && yaml_scalar_type(node) == YAML_INTEGER) {
        status = yaml_get_integer(node, name, 0, FAULT_COUNT_MAX, &cap, error);
    } else if (node->kind == YAML_SCALAR && yaml_scalar_type(node) == YAML_BOOL) {
        status = yaml_get_bool(node, name, &truth, error);
        cap = truth ? FAULT_UNLIMITED : 0;
    } else {
        char found[YAML_DESCRIPTION_SIZE];
        return yaml_error(error, node, "'%s' must be true, false or a whole number, found %s", name,
                          yaml_describe(node, found));
    }
    if (status != STATUS_OK)
        return status;
    if (cap > 0 && !fault_kind_is_simulated(kind))
        return yaml_unsupported(error, node, "faults of the kind '%s' are not simulated yet", name);
    switch_kind(faults, kind, (uint32_t)cap);
    return STATUS_OK;
}

static enum status read_limit(const struct yaml_node *node, struct fault_config *faults,
                              struct error *error)
{
    if (node->kind == YAML_SCALAR && strcmp(node->text, "any") == 0)
        return STATUS_OK;
    if (node->kind != YAML_SCALAR || yaml_scalar_type(node) != YAML_INTEGER) {
        char found[YAML_DESCRIPTION_SIZE];
        return yaml_error(error, node, "'limit' must be any or a whole number, found %s",
                          yaml_describe(node, found));
    }
    int64_t limit = 0;
    enum status status = yaml_get_integer(node, "'limit'", 0, FAULT_COUNT_MAX, &limit, error);
    if (status == STATUS_OK)
        faults->limit = (uint32_t)limit;
    return status;
}

enum status scenario_read_faults(const struct yaml_node *node, struct scenario *scenario,
                                 struct error *error)
{
    struct fault_config *faults = &scenario->faults;
    faults->limit = FAULT_UNLIMITED;
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        switch_kind(faults, (enum fault_kind)i, 0);
    if (node == NULL)
        return STATUS_OK;
    enum status status = yaml_check_keys(node, "'faults'", keys, sizeof keys / sizeof *keys, error);
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        enum fault_kind kind = fault_kind_find(entry->key->text);
        status = kind == FAULT_KIND_COUNT ? read_limit(entry->value, faults, error)
                                          : read_kind(entry->value, kind, faults, error);
    }
    return status;
}

/* Digits only, up to FAULT_COUNT_MAX. */
static bool parse_count(const char *text, uint32_t *count)
{
    size_t length = strlen(text);
    if (length == 0 || strspn(text, "0123456789") != length)
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno != 0 || number > FAULT_COUNT_MAX)
        return false;
    *count = (uint32_t)number;
    return true;
}

enum status fault_config_set_limit(struct fault_config *faults, const char *text,
                                   struct error *error)
{
    if (strcmp(text, "any") == 0) {
        faults->limit = FAULT_UNLIMITED;
        return STATUS_OK;
    }
    if (!parse_count(text, &faults->limit))
        return error_set(error, STATUS_BAD_INPUT,
                         "--faults: expected any or a whole number up to %d, found '%.*s'",
                         FAULT_COUNT_MAX, YAML_QUOTE_MAX, text);
    return STATUS_OK;
}

enum status fault_config_set_kind(struct fault_config *faults, const char *text,
                                  struct error *error)
{
    char name[SCENARIO_NAME_MAX + 1];
    size_t length = strcspn(text, "=");
    (void)snprintf(name, sizeof name, "%.*s",
                   (int)(length < sizeof name ? length : sizeof name - 1), text);
    enum fault_kind kind = length < sizeof name ? fault_kind_find(name) : FAULT_KIND_COUNT;
    if (kind == FAULT_KIND_COUNT) {
        char suggestion[YAML_DESCRIPTION_SIZE];
        return error_set(error, STATUS_BAD_INPUT, "--fault: unknown fault kind '%s'%s", name,
                         yaml_suggestion(name, keys + 1, FAULT_KIND_COUNT, suggestion));
    }
    uint32_t cap = FAULT_UNLIMITED;
    if (text[length] == '=' && !parse_count(text + length + 1, &cap))
        return error_set(error, STATUS_BAD_INPUT,
                         "--fault %s: expected a whole number up to %d, found '%.*s'", name,
                         FAULT_COUNT_MAX, YAML_QUOTE_MAX, text + length + 1);
    if (cap > 0 && !fault_kind_is_simulated(kind))
        return error_set(error, STATUS_UNSUPPORTED,
                         "--fault: faults of the kind '%s' are not simulated yet", name);
    switch_kind(faults, kind, cap);
    return STATUS_OK;
}
