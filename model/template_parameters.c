/* A template's parameters: what they stand for, and which values they take.
 * Source: CloudFormation user guide, "CloudFormation template Parameters syntax" (a Default must
 * fulfil the constraints, too). */
#include "model/template_reader.h"

#include "model/base/decimal.h"
#include "model/java_pattern.h"

#include <stdio.h>
#include <string.h>

static const char *type_of(const struct yaml_node *parameter)
{
    const struct yaml_node *type = yaml_find(parameter, "Type");
    return type != NULL && type->kind == YAML_SCALAR ? type->text : "String";
}

static bool is_list(const char *type)
{
    return strcmp(type, "CommaDelimitedList") == 0 || strncmp(type, "List<", strlen("List<")) == 0;
}

static const struct template_parameter *find_given(const struct template_reader *reader,
                                                   const char *name)
{
    for (size_t i = 0; reader->given != NULL && i < reader->given->count; i++) {
        if (strcmp(reader->given->items[i].name, name) == 0)
            return &reader->given->items[i];
    }
    return NULL;
}

/* --- constraints ---------------------------------------------------------------------------- */

/* A value of a parameter: one that was given, or its Default. */
struct candidate {
    const char *name;
    const struct yaml_node *origin; /* what a message is about: the Default, or the parameter */
    const char *text;
    size_t length;
};

/* With the template's own words for it, if it has any (ConstraintDescription). */
static enum status refuse(struct template_reader *reader, const struct candidate *value,
                          const char *expected)
{
    const struct yaml_node *words =
        yaml_find(yaml_find(reader->parameters, value->name), "ConstraintDescription");
    bool described = words != NULL && words->kind == YAML_SCALAR;
    return yaml_error(reader->error, value->origin, "parameter '%.*s' is '%.*s', expected %s%s%.*s",
                      YAML_QUOTE_MAX, value->name,
                      value->length > YAML_QUOTE_MAX ? YAML_QUOTE_MAX : (int)value->length,
                      value->text, expected, described ? ": " : "", 2 * YAML_QUOTE_MAX,
                      described ? words->text : "");
}

/* CloudFormation reads True and TRUE, unquoted, as the text "true". */
static const char *text_of(const struct yaml_node *scalar)
{
    if (yaml_scalar_type(scalar) != YAML_BOOL)
        return scalar->text;
    return scalar->text[0] == 't' || scalar->text[0] == 'T' ? "true" : "false";
}

static enum status check_allowed(struct template_reader *reader, const struct yaml_node *parameter,
                                 const struct candidate *value)
{
    const struct yaml_node *allowed = yaml_find(parameter, "AllowedValues");
    if (allowed == NULL || allowed->kind != YAML_SEQUENCE)
        return STATUS_OK;
    char list[ERROR_MESSAGE_SIZE / 2] = "one of the AllowedValues";
    size_t length = strlen(list);
    for (size_t i = 0; i < allowed->count; i++) {
        const struct yaml_node *choice = allowed->elements[i];
        if (choice->kind != YAML_SCALAR)
            continue;
        if ((strlen(choice->text) == value->length &&
             strncmp(choice->text, value->text, value->length) == 0) ||
            (strlen(text_of(choice)) == value->length &&
             strncmp(text_of(choice), value->text, value->length) == 0))
            return STATUS_OK;
        int more = length < sizeof list
                       ? snprintf(list + length, sizeof list - length, "%s'%.*s'",
                                  i == 0 ? ": " : ", ", YAML_QUOTE_MAX, choice->text)
                       : 0;
        length += more > 0 ? (size_t)more : 0;
    }
    return refuse(reader, value, list);
}

/* Compare with the number under `key`: -1, 0, 1; 0 also where there is none. */
static int compare_limit(const struct yaml_node *parameter, const char *key,
                         const struct decimal *number, const char **limit)
{
    const struct yaml_node *node = yaml_find(parameter, key);
    struct decimal bound;
    if (node == NULL || node->kind != YAML_SCALAR ||
        decimal_parse(node->text, strlen(node->text), &bound) != DECIMAL_OK)
        return 0;
    *limit = node->text;
    return decimal_compare(number, &bound);
}

/* MinValue and MaxValue of a number, MinLength and MaxLength of a text. */
static enum status check_range(struct template_reader *reader, const struct yaml_node *parameter,
                               const struct candidate *value, const struct decimal *number,
                               const char *least, const char *most, const char *unit)
{
    const char *limit = NULL;
    const char *comparison = NULL;
    char expected[ERROR_MESSAGE_SIZE / 2];
    if (compare_limit(parameter, least, number, &limit) < 0)
        comparison = "at least";
    else if (compare_limit(parameter, most, number, &limit) > 0)
        comparison = "at most";
    if (comparison == NULL)
        return STATUS_OK;
    (void)snprintf(expected, sizeof expected, "%s %.*s%s (%s)", comparison, YAML_QUOTE_MAX, limit,
                   unit, comparison[3] == 'l' ? least : most);
    return refuse(reader, value, expected);
}

/* A parameter is noted once, whatever its list holds. */
static void note_unchecked(struct template_reader *reader, const char *name,
                           const struct yaml_node *pattern)
{
    size_t count = reader->unchecked_count;
    if (count > 0 && strcmp(reader->unchecked[count - 1].logical_id, name) == 0)
        return;
    reader->unchecked[count] = (struct skipped_resource){name, pattern->text, pattern->line};
    reader->unchecked_count = count + 1;
}

/* AllowedPattern: what the value matches as a whole. One that cannot be told is noted. */
static enum status check_pattern(struct template_reader *reader, const struct yaml_node *parameter,
                                 const struct candidate *value)
{
    const struct yaml_node *pattern = yaml_find(parameter, "AllowedPattern");
    char expected[ERROR_MESSAGE_SIZE / 2];
    if (pattern == NULL || pattern->kind != YAML_SCALAR)
        return STATUS_OK;
    switch (java_pattern_match(reader->arena->memory, pattern->text, value->text, value->length)) {
    case JAVA_MATCHES:
        return STATUS_OK;
    case JAVA_UNKNOWN:
        note_unchecked(reader, value->name, pattern);
        return STATUS_OK;
    case JAVA_DIFFERS:
        break;
    }
    (void)snprintf(expected, sizeof expected, "a text like %.*s (AllowedPattern)",
                   2 * YAML_QUOTE_MAX, pattern->text);
    return refuse(reader, value, expected);
}

/* One value, or one element of a list. */
static enum status check_value(struct template_reader *reader, const struct yaml_node *parameter,
                               const struct candidate *value)
{
    const char *type = type_of(parameter);
    struct decimal number;
    if (strcmp(type, "Number") == 0 || strcmp(type, "List<Number>") == 0) {
        if (decimal_parse(value->text, value->length, &number) != DECIMAL_OK)
            return refuse(reader, value, "a number");
        enum status status =
            check_range(reader, parameter, value, &number, "MinValue", "MaxValue", "");
        return status == STATUS_OK ? check_allowed(reader, parameter, value) : status;
    }
    if (strcmp(type, "String") == 0) {
        int64_t characters = 0;
        for (size_t i = 0; i < value->length; i++) /* bytes that begin a character in UTF-8 */
            characters += ((unsigned char)value->text[i] & 0xC0) != 0x80;
        number = decimal_from_integer(characters);
        enum status status =
            check_range(reader, parameter, value, &number, "MinLength", "MaxLength", " characters");
        if (status != STATUS_OK)
            return status;
    }
    if (strcmp(type, "String") == 0 || strcmp(type, "CommaDelimitedList") == 0) {
        enum status status = check_pattern(reader, parameter, value);
        if (status != STATUS_OK)
            return status;
    }
    return check_allowed(reader, parameter, value);
}

static enum status check_values(struct template_reader *reader, const struct yaml_node *parameter,
                                const struct candidate *whole)
{
    if (!is_list(type_of(parameter)))
        return check_value(reader, parameter, whole);
    const char *start = whole->text;
    enum status status = STATUS_OK;
    for (bool more = true; status == STATUS_OK && more;) {
        struct candidate element = *whole;
        size_t span = strcspn(start, ",");
        size_t blanks = strspn(start, " ");
        more = start[span] == ',';
        element.text = start + (blanks < span ? blanks : span);
        element.length = span - (blanks < span ? blanks : span);
        while (element.length > 0 && element.text[element.length - 1] == ' ')
            element.length--;
        status = check_value(reader, parameter, &element);
        start += span + 1;
    }
    return status;
}

/* --- what was given -------------------------------------------------------------------------- */

static enum status check_given(struct template_reader *reader)
{
    enum { CANDIDATES_MAX = 512 };
    const char *candidates[CANDIDATES_MAX];
    const struct yaml_node *parameters = reader->parameters;
    size_t count = 0;
    for (size_t i = 0; parameters != NULL && i < parameters->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = parameters->entries[i].key->text;
    for (size_t i = 0; i < reader->given->count; i++) {
        const char *name = reader->given->items[i].name;
        char suggestion[YAML_DESCRIPTION_SIZE];
        if (yaml_find(parameters, name) == NULL)
            return error_set(reader->error, STATUS_BAD_INPUT,
                             "--parameter %.*s: %s has no parameter of that name%s", YAML_QUOTE_MAX,
                             name, reader->root->file,
                             count == 0 ? " (it has none at all)"
                                        : yaml_suggestion(name, candidates, count, suggestion));
        for (size_t k = 0; k < i; k++) {
            if (strcmp(reader->given->items[k].name, name) == 0)
                return error_set(reader->error, STATUS_BAD_INPUT,
                                 "--parameter %.*s: given twice, as '%.*s' and as '%.*s'",
                                 YAML_QUOTE_MAX, name, YAML_QUOTE_MAX,
                                 reader->given->items[k].value, YAML_QUOTE_MAX,
                                 reader->given->items[i].value);
        }
    }
    return STATUS_OK;
}

enum status template_check_parameters(struct template_reader *reader)
{
    enum status status = reader->given != NULL ? check_given(reader) : STATUS_OK;
    size_t count = reader->parameters != NULL ? reader->parameters->count : 0;
    reader->unchecked = arena_allocate_array(reader->arena, count + 1, sizeof *reader->unchecked);
    if (reader->unchecked == NULL)
        return template_no_memory(reader, reader->root);
    for (size_t i = 0;
         status == STATUS_OK && reader->parameters != NULL && i < reader->parameters->count; i++) {
        const struct yaml_entry *entry = &reader->parameters->entries[i];
        const struct yaml_node *written = yaml_find(entry->value, "Default");
        const struct template_parameter *given = find_given(reader, entry->key->text);
        struct candidate value = {.name = entry->key->text, .origin = entry->key};
        if (given != NULL) {
            value.text = given->value;
        } else if (written != NULL && written->kind == YAML_SCALAR) {
            value.text = text_of(written);
            value.origin = written;
        } else {
            continue;
        }
        value.length = strlen(value.text);
        status = check_values(reader, entry->value, &value);
    }
    return status;
}

/* --- values ---------------------------------------------------------------------------------- */

static enum status split_list(struct template_reader *reader, const struct yaml_node *node,
                              const struct yaml_node *scalar, const struct yaml_node **resolved)
{
    const struct yaml_node **arguments = arena_allocate_array(reader->arena, 2, sizeof *arguments);
    struct yaml_node *split = arena_allocate(reader->arena, sizeof *split);
    const struct yaml_node *delimiter = yaml_make_scalar(reader->arena, node, ",");
    if (arguments == NULL || split == NULL || delimiter == NULL)
        return template_no_memory(reader, node);
    arguments[0] = delimiter;
    arguments[1] = scalar;
    *split = (struct yaml_node){.kind = YAML_SEQUENCE,
                                .file = node->file,
                                .line = node->line,
                                .column = node->column,
                                .tag = "!Split",
                                .elements = arguments,
                                .count = 2,
                                .size = 3};
    return template_resolve(reader, split, resolved);
}

enum status template_parameter_value(struct template_reader *reader, const struct yaml_node *node,
                                     const char *name, const struct yaml_node *parameter,
                                     const struct yaml_node **resolved)
{
    const struct yaml_node *value = yaml_find(parameter, "Default");
    const struct template_parameter *given = find_given(reader, name);
    const char *type = type_of(parameter);
    if (strncmp(type, "AWS::SSM::", strlen("AWS::SSM::")) == 0)
        return yaml_unsupported(reader->error, node,
                                "parameter '%.*s' of type %.*s: values of the parameter store are "
                                "not simulated",
                                YAML_QUOTE_MAX, name, YAML_QUOTE_MAX, type);
    if (given == NULL && value == NULL && !reader->lenient)
        return yaml_error(reader->error, node,
                          "parameter '%.*s' has no Default: say its value with --parameter "
                          "%.*s=VALUE",
                          YAML_QUOTE_MAX, name, YAML_QUOTE_MAX, name);
    if (given == NULL && value != NULL && value->kind != YAML_SCALAR)
        return yaml_error(reader->error, value, "the Default of a parameter must be a text");
    const char *text = given != NULL ? given->value : value != NULL ? value->text : "";
    const struct yaml_node *scalar = yaml_make_scalar(reader->arena, node, text);
    if (scalar == NULL)
        return template_no_memory(reader, node);
    *resolved = scalar;
    if (!is_list(type) || (given == NULL && value == NULL))
        return STATUS_OK;
    return split_list(reader, node, scalar, resolved);
}
