/* Intrinsic functions. Source: CloudFormation user guide, "Intrinsic function reference". */
#include "model/template_reader.h"

#include "model/base/text.h"

#include <stdio.h>
#include <string.h>

struct intrinsic {
    const char *tag;  /* short form */
    const char *name; /* long form */
    enum status (*resolve)(struct template_reader *reader, const struct yaml_node *node,
                           const struct yaml_node *argument, const struct yaml_node **resolved);
};

enum status template_no_memory(struct template_reader *reader, const struct yaml_node *node)
{
    return error_at(reader->error, STATUS_NO_MEMORY, node->file, node->line, node->column,
                    "out of memory while reading the template");
}

bool template_enter(struct template_reader *reader, const struct yaml_node *node)
{
    if (reader->depth == TEMPLATE_INTRINSIC_DEPTH_MAX) {
        (void)error_at(reader->error, STATUS_LIMIT, node->file, node->line, node->column,
                       "intrinsic functions or references nested deeper than %d levels; "
                       "do they refer to each other in a circle?",
                       TEMPLATE_INTRINSIC_DEPTH_MAX);
        return false;
    }
    if (reader->entered == TEMPLATE_INTRINSICS_MAX) {
        (void)error_at(reader->error, STATUS_LIMIT, node->file, node->line, node->column,
                       "more than %d evaluations of intrinsic functions", TEMPLATE_INTRINSICS_MAX);
        return false;
    }
    reader->entered++;
    reader->depth++;
    return true;
}

void template_leave(struct template_reader *reader)
{
    CHECK(reader->depth > 0);
    reader->depth--;
}

static enum status make_scalar(struct template_reader *reader, const struct yaml_node *origin,
                               const char *text, const struct yaml_node **resolved)
{
    *resolved = text != NULL ? yaml_make_scalar(reader->arena, origin, text) : NULL;
    return *resolved != NULL ? STATUS_OK : template_no_memory(reader, origin);
}

/* A list argument with min to max elements. */
static enum status list_argument(struct template_reader *reader, const struct yaml_node *argument,
                                 const char *function, size_t min, size_t max)
{
    if (argument->kind == YAML_SEQUENCE && argument->count >= min && argument->count <= max)
        return STATUS_OK;
    char found[YAML_DESCRIPTION_SIZE];
    return yaml_error(reader->error, argument, "%s needs a list of %zu elements, found %s of %zu",
                      function, min, yaml_describe(argument, found), argument->count);
}

static enum status resolve_ref(struct template_reader *reader, const struct yaml_node *node,
                               const struct yaml_node *argument, const struct yaml_node **resolved)
{
    if (argument->kind != YAML_SCALAR)
        return yaml_error(reader->error, argument, "Ref needs a logical id");
    return template_ref(reader, node, argument->text, resolved);
}

static enum status resolve_get_att(struct template_reader *reader, const struct yaml_node *node,
                                   const struct yaml_node *argument,
                                   const struct yaml_node **resolved)
{
    const char *logical_id = NULL;
    const char *attribute = NULL;
    if (argument->kind == YAML_SCALAR) {
        const char *point = strchr(argument->text, '.');
        if (point == NULL)
            return yaml_error(reader->error, argument,
                              "Fn::GetAtt needs a logical id and an attribute, found '%.*s'",
                              YAML_QUOTE_MAX, argument->text);
        logical_id = arena_copy(reader->arena, argument->text, (size_t)(point - argument->text));
        attribute = point + 1;
        if (logical_id == NULL)
            return template_no_memory(reader, node);
    } else {
        enum status status = list_argument(reader, argument, "Fn::GetAtt", 2, 2);
        if (status == STATUS_OK)
            status = template_text(reader, argument->elements[0], "a logical id", &logical_id);
        if (status == STATUS_OK)
            status = template_text(reader, argument->elements[1], "an attribute", &attribute);
        if (status != STATUS_OK)
            return status;
    }
    const char *text = NULL;
    enum status status = template_attribute(reader, node, logical_id, attribute, &text);
    return status == STATUS_OK ? make_scalar(reader, node, text, resolved) : status;
}

/* Append what ${name} stands for: a variable of the second argument, a reference, an attribute. */
static enum status substitute(struct template_reader *reader, const struct yaml_node *node,
                              const struct yaml_node *variables, const char *name,
                              struct text *result)
{
    const char *text = NULL;
    const struct yaml_node *variable = yaml_find(variables, name);
    enum status status = STATUS_OK;
    const char *point = strchr(name, '.');
    if (variable != NULL) {
        status = template_text(reader, variable, "a variable of Fn::Sub", &text);
    } else if (point != NULL) {
        const char *logical_id = arena_copy(reader->arena, name, (size_t)(point - name));
        if (logical_id == NULL)
            return template_no_memory(reader, node);
        status = template_attribute(reader, node, logical_id, point + 1, &text);
    } else {
        const struct yaml_node *value = NULL;
        status = template_ref(reader, node, name, &value);
        if (status == STATUS_OK && value == NULL)
            text = "";
        else if (status == STATUS_OK)
            status = template_text(reader, value, "a variable of Fn::Sub", &text);
    }
    if (status == STATUS_OK)
        text_append_string(result, text);
    return status;
}

static enum status expand(struct template_reader *reader, const struct yaml_node *node,
                          const char *pattern, const struct yaml_node *variables,
                          struct text *result)
{
    while (*pattern != '\0') {
        const char *start = strstr(pattern, "${");
        if (start == NULL) {
            text_append_string(result, pattern);
            break;
        }
        text_append(result, pattern, (size_t)(start - pattern));
        const char *end = strchr(start, '}');
        if (end == NULL)
            return yaml_error(reader->error, node, "Fn::Sub: '${' without '}'");
        if (start[2] == '!') { /* ${!Literal} is ${Literal} */
            text_append_string(result, "${");
            text_append(result, start + 3, (size_t)(end - start - 2));
        } else {
            const char *name = arena_copy(reader->arena, start + 2, (size_t)(end - start - 2));
            if (name == NULL)
                return template_no_memory(reader, node);
            enum status status = substitute(reader, node, variables, name, result);
            if (status != STATUS_OK)
                return status;
        }
        if (result->length > TEMPLATE_TEXT_MAX)
            return error_at(reader->error, STATUS_LIMIT, node->file, node->line, node->column,
                            "Fn::Sub makes a text of more than %d bytes", TEMPLATE_TEXT_MAX);
        pattern = end + 1;
    }
    return STATUS_OK;
}

static enum status finish_text(struct template_reader *reader, const struct yaml_node *node,
                               struct text *text, const struct yaml_node **resolved)
{
    const char *copy = text_failed(text) ? NULL : arena_copy_text(reader->arena, text_string(text));
    return make_scalar(reader, node, copy, resolved);
}

static enum status resolve_sub(struct template_reader *reader, const struct yaml_node *node,
                               const struct yaml_node *argument, const struct yaml_node **resolved)
{
    const struct yaml_node *pattern = argument;
    const struct yaml_node *variables = NULL;
    if (argument->kind == YAML_SEQUENCE) {
        enum status status = list_argument(reader, argument, "Fn::Sub", 2, 2);
        if (status != STATUS_OK)
            return status;
        pattern = argument->elements[0];
        variables = argument->elements[1];
    }
    if (pattern->kind != YAML_SCALAR)
        return yaml_error(reader->error, pattern, "Fn::Sub needs a text");
    struct text text;
    text_init(&text, reader->arena->memory);
    enum status status = expand(reader, node, pattern->text, variables, &text);
    if (status == STATUS_OK)
        status = finish_text(reader, node, &text, resolved);
    text_release(&text);
    return status;
}

static enum status resolve_join(struct template_reader *reader, const struct yaml_node *node,
                                const struct yaml_node *argument, const struct yaml_node **resolved)
{
    const char *delimiter = NULL;
    const struct yaml_node *list = NULL;
    enum status status = list_argument(reader, argument, "Fn::Join", 2, 2);
    if (status != STATUS_OK)
        return status;
    if (argument->elements[0]->kind == YAML_SCALAR)
        delimiter = argument->elements[0]->text;
    else
        return yaml_error(reader->error, argument->elements[0], "Fn::Join needs a delimiter");
    status = template_resolve_all(reader, argument->elements[1], &list);
    if (status != STATUS_OK)
        return status;
    if (list == NULL || list->kind != YAML_SEQUENCE)
        return yaml_error(reader->error, argument->elements[1], "Fn::Join needs a list");
    struct text text;
    text_init(&text, reader->arena->memory);
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        const char *part = NULL;
        status = template_text(reader, list->elements[i], "an element of Fn::Join", &part);
        if (status != STATUS_OK)
            break;
        text_append_string(&text, i == 0 ? "" : delimiter);
        text_append_string(&text, part);
        if (text.length > TEMPLATE_TEXT_MAX)
            status = error_at(reader->error, STATUS_LIMIT, node->file, node->line, node->column,
                              "Fn::Join makes a text of more than %d bytes", TEMPLATE_TEXT_MAX);
    }
    if (status == STATUS_OK)
        status = finish_text(reader, node, &text, resolved);
    text_release(&text);
    return status;
}

static enum status resolve_select(struct template_reader *reader, const struct yaml_node *node,
                                  const struct yaml_node *argument,
                                  const struct yaml_node **resolved)
{
    const struct yaml_node *index = NULL;
    const struct yaml_node *list = NULL;
    int64_t position = 0;
    enum status status = list_argument(reader, argument, "Fn::Select", 2, 2);
    if (status == STATUS_OK)
        status = template_resolve(reader, argument->elements[0], &index);
    if (status == STATUS_OK)
        status = template_resolve(reader, argument->elements[1], &list);
    if (status != STATUS_OK)
        return status;
    if (index == NULL || list == NULL || list->kind != YAML_SEQUENCE || list->count == 0)
        return yaml_error(reader->error, node, "Fn::Select needs an index and a list");
    status = yaml_get_integer(index, "the index of Fn::Select", 0, (int64_t)list->count - 1,
                              &position, reader->error);
    return status == STATUS_OK ? template_resolve(reader, list->elements[position], resolved)
                               : status;
}

static enum status resolve_split(struct template_reader *reader, const struct yaml_node *node,
                                 const struct yaml_node *argument,
                                 const struct yaml_node **resolved)
{
    const char *delimiter = NULL;
    const char *source = NULL;
    enum status status = list_argument(reader, argument, "Fn::Split", 2, 2);
    if (status == STATUS_OK)
        status = template_text(reader, argument->elements[0], "the delimiter", &delimiter);
    if (status == STATUS_OK)
        status = template_text(reader, argument->elements[1], "the text of Fn::Split", &source);
    if (status != STATUS_OK)
        return status;
    size_t step = strlen(delimiter);
    if (step == 0)
        return yaml_error(reader->error, node, "Fn::Split needs a delimiter");
    size_t count = 1;
    for (const char *at = source; (at = strstr(at, delimiter)) != NULL; at += step)
        count++;
    const struct yaml_node **parts = arena_allocate_array(reader->arena, count, sizeof *parts);
    struct yaml_node *list = arena_allocate(reader->arena, sizeof *list);
    if (parts == NULL || list == NULL)
        return template_no_memory(reader, node);
    for (size_t i = 0; i < count; i++) {
        const char *end = strstr(source, delimiter);
        size_t length = end != NULL ? (size_t)(end - source) : strlen(source);
        status = make_scalar(reader, node, arena_copy(reader->arena, source, length), &parts[i]);
        if (status != STATUS_OK)
            return status;
        source += length + step;
    }
    *list = (struct yaml_node){.kind = YAML_SEQUENCE,
                               .file = node->file,
                               .line = node->line,
                               .column = node->column,
                               .elements = parts,
                               .count = count,
                               .size = (uint32_t)count + 1};
    *resolved = list;
    return STATUS_OK;
}

static enum status resolve_find_in_map(struct template_reader *reader, const struct yaml_node *node,
                                       const struct yaml_node *argument,
                                       const struct yaml_node **resolved)
{
    enum status status = list_argument(reader, argument, "Fn::FindInMap", 3, 4);
    const struct yaml_node *map = reader->mappings;
    const struct yaml_node *otherwise = status == STATUS_OK && argument->count == 4
                                            ? yaml_find(argument->elements[3], "DefaultValue")
                                            : NULL;
    for (size_t i = 0; status == STATUS_OK && i < 3; i++) {
        const char *key = NULL;
        status = template_text(reader, argument->elements[i], "a key of Fn::FindInMap", &key);
        if (status != STATUS_OK)
            break;
        map = yaml_find(map, key);
        if (map == NULL && otherwise != NULL)
            return template_resolve(reader, otherwise, resolved);
        if (map == NULL)
            return yaml_error(reader->error, argument->elements[i],
                              "Fn::FindInMap: no key '%.*s' in Mappings", YAML_QUOTE_MAX, key);
    }
    return status == STATUS_OK
               ? template_resolve(reader, map, resolved)
               : error_wrap(reader->error, "resolving the function on line %u", node->line);
}

static enum status resolve_if(struct template_reader *reader, const struct yaml_node *node,
                              const struct yaml_node *argument, const struct yaml_node **resolved)
{
    enum status status = list_argument(reader, argument, "Fn::If", 3, 3);
    if (status != STATUS_OK)
        return status;
    if (argument->elements[0]->kind != YAML_SCALAR)
        return yaml_error(reader->error, argument->elements[0], "Fn::If needs a condition's name");
    bool truth = false;
    status = template_condition(reader, node, argument->elements[0]->text, &truth);
    return status == STATUS_OK
               ? template_resolve(reader, argument->elements[truth ? 1 : 2], resolved)
               : status;
}

static enum status resolve_length(struct template_reader *reader, const struct yaml_node *node,
                                  const struct yaml_node *argument,
                                  const struct yaml_node **resolved)
{
    const struct yaml_node *list = NULL;
    enum status status = template_resolve_all(reader, argument, &list);
    if (status != STATUS_OK)
        return status;
    if (list == NULL || list->kind != YAML_SEQUENCE)
        return yaml_error(reader->error, argument, "Fn::Length needs a list");
    return make_scalar(reader, node, arena_format(reader->arena, "%zu", list->count), resolved);
}

static enum status resolve_condition(struct template_reader *reader, const struct yaml_node *node,
                                     const struct yaml_node *argument,
                                     const struct yaml_node **resolved)
{
    (void)argument;
    bool truth = false;
    enum status status = template_condition_value(reader, node, &truth);
    return status == STATUS_OK ? make_scalar(reader, node, truth ? "true" : "false", resolved)
                               : status;
}

static const struct intrinsic intrinsics[] = {
    {"!Ref", "Ref", resolve_ref},
    {"!GetAtt", "Fn::GetAtt", resolve_get_att},
    {"!Sub", "Fn::Sub", resolve_sub},
    {"!Join", "Fn::Join", resolve_join},
    {"!Select", "Fn::Select", resolve_select},
    {"!Split", "Fn::Split", resolve_split},
    {"!FindInMap", "Fn::FindInMap", resolve_find_in_map},
    {"!If", "Fn::If", resolve_if},
    {"!Equals", "Fn::Equals", resolve_condition},
    {"!And", "Fn::And", resolve_condition},
    {"!Or", "Fn::Or", resolve_condition},
    {"!Not", "Fn::Not", resolve_condition},
    {"!Condition", "Condition", resolve_condition},
    {"!Length", "Fn::Length", resolve_length},
    /* Known and not simulated: what they give depends on the account. */
    {"!ImportValue", "Fn::ImportValue", NULL},
    {"!Base64", "Fn::Base64", NULL},
    {"!Cidr", "Fn::Cidr", NULL},
    {"!GetAZs", "Fn::GetAZs", NULL},
    {"!Transform", "Fn::Transform", NULL},
    {"!ToJsonString", "Fn::ToJsonString", NULL},
};

static const struct intrinsic *find_intrinsic(struct template_reader *reader,
                                              const struct yaml_node *node,
                                              const struct yaml_node **argument, bool *failed)
{
    bool tagged = node->tag != NULL && node->tag[0] == '!';
    bool keyed = node->tag == NULL && node->kind == YAML_MAPPING && node->count == 1;
    for (size_t i = 0; (tagged || keyed) && i < sizeof intrinsics / sizeof *intrinsics; i++) {
        const struct intrinsic *intrinsic = &intrinsics[i];
        if (keyed && strcmp(node->entries[0].key->text, intrinsic->name) == 0) {
            *argument = node->entries[0].value;
            return intrinsic;
        }
        if (tagged && strcmp(node->tag, intrinsic->tag) == 0) {
            struct yaml_node *untagged = arena_allocate(reader->arena, sizeof *untagged);
            if (untagged == NULL) {
                *failed = true;
                return NULL;
            }
            *untagged = *node;
            untagged->tag = NULL;
            *argument = untagged;
            return intrinsic;
        }
    }
    return NULL;
}

const char *template_intrinsic(struct template_reader *reader, const struct yaml_node *node,
                               const struct yaml_node **argument, bool *failed)
{
    const struct intrinsic *intrinsic = find_intrinsic(reader, node, argument, failed);
    return intrinsic != NULL ? intrinsic->name : NULL;
}

/* CloudFormation makes no difference between "100" and 100. */
static enum status resolve_literal(struct template_reader *reader, const struct yaml_node *node,
                                   const struct yaml_node **resolved)
{
    if (node->kind != YAML_SCALAR) {
        *resolved = node;
        return STATUS_OK;
    }
    if (strstr(node->text, "{{resolve:") != NULL)
        return yaml_unsupported(reader->error, node,
                                "dynamic references ({{resolve:...}}) are not simulated yet");
    return make_scalar(reader, node, node->text, resolved);
}

enum status template_resolve(struct template_reader *reader, const struct yaml_node *node,
                             const struct yaml_node **resolved)
{
    const struct yaml_node *argument = NULL;
    bool failed = false;
    const struct intrinsic *intrinsic = find_intrinsic(reader, node, &argument, &failed);
    if (failed)
        return template_no_memory(reader, node);
    bool foreign = node->tag != NULL && node->tag[0] == '!';
    if (intrinsic == NULL && foreign)
        return yaml_error(reader->error, node, "unknown intrinsic function %.*s", YAML_QUOTE_MAX,
                          node->tag);
    if (intrinsic == NULL)
        return resolve_literal(reader, node, resolved);
    if (intrinsic->resolve == NULL)
        return yaml_unsupported(reader->error, node, "%s is not simulated yet", intrinsic->name);
    if (!template_enter(reader, node))
        return reader->error->status;
    enum status status = intrinsic->resolve(reader, node, argument, resolved);
    template_leave(reader);
    return status;
}
