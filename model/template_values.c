/* Values of a template as literals: properties, texts, numbers, conditions. */
#include "model/template_reader.h"

#include <stdio.h>
#include <string.h>

/* NOLINTBEGIN(misc-no-recursion): at most TEMPLATE_INTRINSIC_DEPTH_MAX deep */
static enum status resolve_elements(struct template_reader *reader, const struct yaml_node *node,
                                    struct yaml_node *copy)
{
    const struct yaml_node **elements =
        arena_allocate_array(reader->arena, node->count, sizeof *elements);
    if (elements == NULL)
        return template_no_memory(reader, node);
    copy->count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *element = NULL;
        enum status status = template_resolve_all(reader, node->elements[i], &element);
        if (status != STATUS_OK)
            return status;
        if (element != NULL)
            elements[copy->count++] = element;
    }
    copy->elements = elements;
    return STATUS_OK;
}

static enum status resolve_entries(struct template_reader *reader, const struct yaml_node *node,
                                   struct yaml_node *copy)
{
    struct yaml_entry *entries = arena_allocate_array(reader->arena, node->count, sizeof *entries);
    if (entries == NULL)
        return template_no_memory(reader, node);
    copy->count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *value = NULL;
        enum status status = template_resolve_all(reader, node->entries[i].value, &value);
        if (status != STATUS_OK)
            return status;
        if (value != NULL)
            entries[copy->count++] = (struct yaml_entry){node->entries[i].key, value};
    }
    copy->entries = entries;
    return STATUS_OK;
}

enum status template_resolve_all(struct template_reader *reader, const struct yaml_node *node,
                                 const struct yaml_node **resolved)
{
    enum status status = template_resolve(reader, node, resolved);
    if (status != STATUS_OK || *resolved == NULL || (*resolved)->kind == YAML_SCALAR)
        return status;
    if (!template_enter(reader, node))
        return reader->error->status;
    struct yaml_node *copy = arena_allocate(reader->arena, sizeof *copy);
    if (copy == NULL) {
        status = template_no_memory(reader, node);
    } else {
        *copy = **resolved;
        status = copy->kind == YAML_SEQUENCE ? resolve_elements(reader, *resolved, copy)
                                             : resolve_entries(reader, *resolved, copy);
    }
    template_leave(reader);
    *resolved = copy;
    return status;
}

/* NOLINTEND(misc-no-recursion) */

enum status template_property(struct template_reader *reader, const struct yaml_node *mapping,
                              const char *key, const struct yaml_node **value)
{
    *value = NULL;
    const struct yaml_node *written = yaml_find(mapping, key);
    return written != NULL ? template_resolve(reader, written, value) : STATUS_OK;
}

enum status template_text(struct template_reader *reader, const struct yaml_node *node,
                          const char *what, const char **text)
{
    const struct yaml_node *value = NULL;
    enum status status = template_resolve(reader, node, &value);
    if (status != STATUS_OK)
        return status;
    if (value == NULL || value->kind != YAML_SCALAR) {
        char found[YAML_DESCRIPTION_SIZE] = "AWS::NoValue";
        return yaml_error(reader->error, node, "%s must be a text, found %s", what,
                          value == NULL ? found : yaml_describe(value, found));
    }
    *text = value->text;
    return STATUS_OK;
}

enum status template_text_property(struct template_reader *reader, const struct yaml_node *mapping,
                                   const char *key, const char **text)
{
    const struct yaml_node *value = NULL;
    enum status status = template_property(reader, mapping, key, &value);
    if (status != STATUS_OK || value == NULL)
        return status;
    status = template_text(reader, value, key, text);
    if (status == STATUS_OK && (*text)[0] == '\0')
        return yaml_error(reader->error, value, "%s must not be empty", key);
    return status;
}

enum status template_integer_property(struct template_reader *reader,
                                      const struct yaml_node *mapping, const char *key, int64_t min,
                                      int64_t max, int64_t *integer)
{
    const struct yaml_node *value = NULL;
    enum status status = template_property(reader, mapping, key, &value);
    if (status != STATUS_OK || value == NULL)
        return status;
    return yaml_get_integer(value, key, min, max, integer, reader->error);
}

enum status template_check_properties(struct template_reader *reader,
                                      const struct yaml_node *properties, const char *what,
                                      const char *const *known, size_t count)
{
    if (properties == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < properties->count; i++) {
        const struct yaml_node *key = properties->entries[i].key;
        const char *meant = yaml_closest(key->text, known, count, 2);
        if (meant != NULL && strcmp(meant, key->text) != 0)
            return yaml_error(reader->error, key,
                              "unknown property '%.*s' of %s, "
                              "did you mean '%s'?",
                              YAML_QUOTE_MAX, key->text, what, meant);
    }
    return STATUS_OK;
}

static enum status condition_equals(struct template_reader *reader, const struct yaml_node *node,
                                    const struct yaml_node *argument, bool *truth)
{
    if (argument->kind != YAML_SEQUENCE || argument->count != 2)
        return yaml_error(reader->error, node, "Fn::Equals needs a list of 2 elements");
    const char *left = "";
    const char *right = "";
    enum status status =
        template_text(reader, argument->elements[0], "an operand of Fn::Equals", &left);
    if (status == STATUS_OK)
        status = template_text(reader, argument->elements[1], "an operand of Fn::Equals", &right);
    if (status == STATUS_OK)
        *truth = strcmp(left, right) == 0;
    return status;
}

/* NOLINTBEGIN(misc-no-recursion): at most TEMPLATE_INTRINSIC_DEPTH_MAX deep */
/* Fn::And and Fn::Or take 2 to 10 conditions, Fn::Not takes one. */
static enum status condition_combined(struct template_reader *reader, const struct yaml_node *node,
                                      const char *function, const struct yaml_node *argument,
                                      bool *truth)
{
    bool negate = strcmp(function, "Fn::Not") == 0;
    bool all = strcmp(function, "Fn::And") == 0;
    size_t min = negate ? 1 : 2;
    size_t max = negate ? 1 : 10;
    if (argument->kind != YAML_SEQUENCE || argument->count < min || argument->count > max)
        return yaml_error(reader->error, node, "%s needs a list of %s", function,
                          negate ? "1 condition" : "2 to 10 conditions");
    bool result = all;
    for (size_t i = 0; i < argument->count; i++) {
        bool part = false;
        enum status status = template_condition_value(reader, argument->elements[i], &part);
        if (status != STATUS_OK)
            return status;
        result = all ? result && part : result || part;
    }
    *truth = negate ? !result : result;
    return STATUS_OK;
}

static enum status condition_value(struct template_reader *reader, const struct yaml_node *node,
                                   bool *truth)
{
    const struct yaml_node *argument = NULL;
    bool failed = false;
    const char *function = template_intrinsic(reader, node, &argument, &failed);
    if (failed)
        return template_no_memory(reader, node);
    if (function == NULL)
        return yaml_error(reader->error, node, "expected a condition function such as Fn::Equals");
    if (strcmp(function, "Fn::Equals") == 0)
        return condition_equals(reader, node, argument, truth);
    if (strcmp(function, "Condition") == 0) {
        if (argument->kind != YAML_SCALAR)
            return yaml_error(reader->error, node, "Condition needs a condition's name");
        return template_condition(reader, node, argument->text, truth);
    }
    if (strcmp(function, "Fn::And") == 0 || strcmp(function, "Fn::Or") == 0 ||
        strcmp(function, "Fn::Not") == 0)
        return condition_combined(reader, node, function, argument, truth);
    return yaml_error(reader->error, node, "%s is no condition function", function);
}

enum status template_condition_value(struct template_reader *reader, const struct yaml_node *node,
                                     bool *truth)
{
    if (!template_enter(reader, node))
        return reader->error->status;
    enum status status = condition_value(reader, node, truth);
    template_leave(reader);
    return status;
}

enum status template_condition(struct template_reader *reader, const struct yaml_node *node,
                               const char *name, bool *truth)
{
    const struct yaml_node *condition = yaml_find(reader->conditions, name);
    if (condition == NULL)
        return yaml_error(reader->error, node, "no condition '%.*s' in Conditions", YAML_QUOTE_MAX,
                          name);
    return template_condition_value(reader, condition, truth);
}
/* NOLINTEND(misc-no-recursion) */
