/* Which faults may happen: a scenario's faults section, and the options --faults and --fault. */
#include "model/scenario_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAULT_COUNT_MAX = 1000000, /* more faults than any search could take: a slip of the pen */
    DELAY_DIGITS_MAX = 6
};

/* Keys of the section: the kinds, and after them what else there is. */
enum { KEY_LIMIT = FAULT_KIND_COUNT, KEY_LONGEST_DELAY, KEY_COUNT };

static const char *const keys[] = {
#define FAULT_KEY(kind, name, cap) [(kind)] = (name),
    FAULT_KINDS(FAULT_KEY)
#undef FAULT_KEY
        [KEY_LIMIT] = "limit",
    [KEY_LONGEST_DELAY] = "longest_delay",
};

static void switch_kind(struct fault_config *faults, enum fault_kind kind, uint32_t cap)
{
    faults->enabled[kind] = cap > 0;
    faults->cap[kind] = cap > 0 ? cap : FAULT_UNLIMITED;
}

static bool add_function(struct fault_places *places, const char *name, size_t length)
{
    if (places->count == FAULT_FUNCTIONS_MAX || length == 0 || length >= FAULT_FUNCTION_NAME_SIZE)
        return false;
    char *added = places->names[places->count++];
    memcpy(added, name, length);
    added[length] = '\0';
    return true;
}

/* true, false or a cap. */
static enum status read_cap(const struct yaml_node *node, enum fault_kind kind,
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
        return yaml_error(error, node,
                          "'%s' must be true, false or a whole number, or an object with 'cap' "
                          "and 'functions', found %s",
                          name, yaml_describe(node, found));
    }
    if (status == STATUS_OK)
        switch_kind(faults, kind, (uint32_t)cap);
    return status;
}

static enum status read_functions(const struct yaml_node *node, enum fault_kind kind,
                                  struct fault_config *faults, struct error *error)
{
    struct fault_places *places = &faults->places[kind];
    bool valid = node->kind == YAML_SEQUENCE && node->count > 0;
    for (size_t i = 0; valid && i < node->count; i++) {
        const struct yaml_node *name = node->elements[i];
        valid = name->kind == YAML_SCALAR && add_function(places, name->text, strlen(name->text));
    }
    places->file = node->file;
    places->line = node->line;
    places->column = node->column;
    if (valid)
        return STATUS_OK;
    char found[YAML_DESCRIPTION_SIZE];
    return yaml_error(error, node, "'functions' must be a list of 1 to %d function names, found %s",
                      FAULT_FUNCTIONS_MAX, yaml_describe(node, found));
}

/* A cap alone, or {cap: 2, functions: [MapLambda]}. */
static enum status read_kind(const struct yaml_node *node, enum fault_kind kind,
                             struct fault_config *faults, struct error *error)
{
    static const char *const names[] = {"cap", "functions"};
    if (node->kind != YAML_MAPPING)
        return read_cap(node, kind, faults, error);
    enum status status = yaml_check_keys(node, fault_kind_name(kind), names, 2, error);
    switch_kind(faults, kind, FAULT_UNLIMITED);
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        status = strcmp(entry->key->text, "cap") == 0
                     ? read_cap(entry->value, kind, faults, error)
                     : read_functions(entry->value, kind, faults, error);
    }
    return status;
}

enum status fault_config_functions(const struct fault_config *faults, enum fault_kind kind,
                                   const struct pipeline *pipeline, uint64_t *functions,
                                   struct error *error)
{
    const struct fault_places *places = &faults->places[kind];
    *functions = places->count == 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < places->count; i++) {
        int function = pipeline_find_function(pipeline, places->names[i]);
        if (function < 0)
            return error_at(error, STATUS_BAD_INPUT, places->file, places->line, places->column,
                            "%sfaults of the kind %s are confined to '%s', which is no function "
                            "of the pipeline",
                            places->file == NULL ? "--fault: " : "", fault_kind_name(kind),
                            places->names[i]);
        *functions |= UINT64_C(1) << function;
    }
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

/* "61 s", "11min", "25 h": a whole number and a unit; false: it is none, or longer than any delay.
 */
static bool parse_delay(const char *text, uint32_t *seconds)
{
    static const struct {
        const char *unit;
        uint32_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    while (*unit == ' ')
        unit++;
    if (digits == 0 || digits > DELAY_DIGITS_MAX)
        return false;
    uint64_t number = strtoull(text, NULL, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        *seconds = (uint32_t)(number * units[i].seconds);
        return number * units[i].seconds <= FAULT_LONGEST_DELAY_S;
    }
    return false;
}

static enum status read_longest_delay(const struct yaml_node *node, struct fault_config *faults,
                                      struct error *error)
{
    if (node->kind == YAML_SCALAR && parse_delay(node->text, &faults->longest_delay_s))
        return STATUS_OK;
    char found[YAML_DESCRIPTION_SIZE];
    return yaml_error(error, node,
                      "'longest_delay' must be a time up to 25h, such as 61s or 11min, found %s",
                      yaml_describe(node, found));
}

enum status fault_config_set_longest_delay(struct fault_config *faults, const char *text,
                                           struct error *error)
{
    if (parse_delay(text, &faults->longest_delay_s))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--longest-delay: expected a time up to 25h, such as 61s or 11min, found "
                     "'%.*s'",
                     YAML_QUOTE_MAX, text);
}

enum status scenario_read_faults(const struct yaml_node *node, struct scenario *scenario,
                                 struct error *error)
{
    struct fault_config *faults = &scenario->faults;
    faults->limit = FAULT_UNLIMITED;
    faults->longest_delay_s = FAULT_LONGEST_DELAY_S;
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        switch_kind(faults, (enum fault_kind)i, 0);
    if (node == NULL)
        return STATUS_OK;
    enum status status = yaml_check_keys(node, "'faults'", keys, KEY_COUNT, error);
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        enum fault_kind kind = fault_kind_find(entry->key->text);
        if (kind != FAULT_KIND_COUNT)
            status = read_kind(entry->value, kind, faults, error);
        else if (strcmp(entry->key->text, keys[KEY_LIMIT]) == 0)
            status = read_limit(entry->value, faults, error);
        else
            status = read_longest_delay(entry->value, faults, error);
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
    size_t length = strcspn(text, "@=");
    (void)snprintf(name, sizeof name, "%.*s",
                   (int)(length < sizeof name ? length : sizeof name - 1), text);
    enum fault_kind kind = length < sizeof name ? fault_kind_find(name) : FAULT_KIND_COUNT;
    if (kind == FAULT_KIND_COUNT) {
        char suggestion[YAML_DESCRIPTION_SIZE];
        return error_set(error, STATUS_BAD_INPUT, "--fault: unknown fault kind '%s'%s", name,
                         yaml_suggestion(name, keys, FAULT_KIND_COUNT, suggestion));
    }
    struct fault_places *places = &faults->places[kind];
    if (places->file != NULL || text[length] != '@')
        *places = (struct fault_places){.count = 0};
    if (text[length] == '@') {
        const char *function = text + length + 1;
        size_t size = strcspn(function, "=");
        if (!add_function(places, function, size))
            return error_set(error, STATUS_BAD_INPUT,
                             "--fault %s: expected the name of a function after '@' (at most %d of "
                             "them), found '%.*s'",
                             name, FAULT_FUNCTIONS_MAX, YAML_QUOTE_MAX, function);
        length += 1 + size;
    }
    uint32_t cap = FAULT_UNLIMITED;
    if (text[length] == '=' && !parse_count(text + length + 1, &cap))
        return error_set(error, STATUS_BAD_INPUT,
                         "--fault %s: expected a whole number up to %d, found '%.*s'", name,
                         FAULT_COUNT_MAX, YAML_QUOTE_MAX, text + length + 1);
    switch_kind(faults, kind, cap);
    return STATUS_OK;
}
