/* Fn::ForEach: what a loop of the template stands for.
 * Source: CloudFormation template reference, "Fn::ForEach" (of the transform
 * AWS::LanguageExtensions). A key Fn::ForEach::NAME holds [identifier, collection, {key: value}];
 * for each element the mapping is repeated, in the loop's place, with ${identifier} and
 * &{identifier} in keys and texts replaced by the element (behind & by its letters and digits
 * alone), and with Ref of the identifier standing for it. */
#include "model/base/ascii.h"
#include "model/base/text.h"
#include "model/template_reader.h"

#include <string.h>

enum {
    LOOPS_DEEP_MAX = 5,       /* CloudFormation's quota of loops within loops */
    EXPANDED_MAX = 1 << 18,   /* nodes that loops may make in all */
    ENTRIES_MAX = 2048,       /* of a mapping (CloudFormation: 500 resources) */
    EXPANSION_DEPTH_MAX = 512 /* of the file (YAML_DEPTH_MAX) and of the loops in it */
};

static const char loop_prefix[] = "Fn::ForEach::";

struct loop {
    const char *identifier;
    const char *element;
};

struct expansion_of_loops {
    struct template_reader *reader;
    struct loop loops[LOOPS_DEEP_MAX]; /* around what is copied now */
    size_t loop_count;
    size_t copied;
    unsigned depth;
};

/* Entries of a mapping under construction. */
struct entry_list {
    struct yaml_entry *items;
    size_t count;
    size_t capacity;
};

static enum status copy(struct expansion_of_loops *expansion, const struct yaml_node *node,
                        const struct yaml_node **copied);

static const struct loop *find_loop(const struct expansion_of_loops *expansion, const char *name,
                                    size_t length)
{
    for (size_t i = expansion->loop_count; i-- > 0;) {
        const struct loop *loop = &expansion->loops[i];
        if (strlen(loop->identifier) == length && strncmp(loop->identifier, name, length) == 0)
            return loop;
    }
    return NULL;
}

/* The text with the loops' elements in it; itself where it names none. NULL: no memory. */
static const char *substitute(struct expansion_of_loops *expansion, const char *written)
{
    struct text text;
    text_init(&text, expansion->reader->arena->memory);
    const char *rest = written;
    for (const char *at = written; *at != '\0'; at++) {
        const char *end = (*at == '$' || *at == '&') && at[1] == '{' ? strchr(at, '}') : NULL;
        const struct loop *loop =
            end == NULL ? NULL : find_loop(expansion, at + 2, (size_t)(end - at - 2));
        if (loop == NULL)
            continue;
        text_append(&text, rest, (size_t)(at - rest));
        for (const char *c = loop->element; *c != '\0'; c++) {
            if (*at == '$' || ascii_is_alphanumeric(*c))
                text_append(&text, c, 1);
        }
        rest = end + 1;
        at = end;
    }
    text_append_string(&text, rest);
    const char *result = rest == written ? written
                         : text_failed(&text)
                             ? NULL
                             : arena_copy_text(expansion->reader->arena, text_string(&text));
    text_release(&text);
    return result;
}

static enum status copy_scalar(struct expansion_of_loops *expansion, const struct yaml_node *node,
                               const struct yaml_node **copied)
{
    const char *text = substitute(expansion, node->text);
    bool is_ref = node->tag != NULL && strcmp(node->tag, "!Ref") == 0;
    const struct loop *loop = is_ref ? find_loop(expansion, node->text, strlen(node->text)) : NULL;
    *copied = node;
    if (text == node->text && loop == NULL)
        return STATUS_OK;
    struct yaml_node *scalar = arena_allocate(expansion->reader->arena, sizeof *scalar);
    if (scalar == NULL || text == NULL)
        return template_no_memory(expansion->reader, node);
    *scalar = *node;
    scalar->text = loop != NULL ? loop->element : text;
    if (loop != NULL) {
        scalar->tag = NULL;
        scalar->plain = false;
    }
    *copied = scalar;
    return STATUS_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): see copy */
static enum status copy_sequence(struct expansion_of_loops *expansion, const struct yaml_node *node,
                                 const struct yaml_node **copied)
{
    struct arena *arena = expansion->reader->arena;
    const struct yaml_node **elements =
        arena_allocate_array(arena, node->count + 1, sizeof *elements);
    struct yaml_node *list = arena_allocate(arena, sizeof *list);
    if (elements == NULL || list == NULL)
        return template_no_memory(expansion->reader, node);
    *list = *node;
    list->elements = elements;
    *copied = list;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++)
        status = copy(expansion, node->elements[i], &elements[i]);
    return status;
}

static enum status add_entry(struct expansion_of_loops *expansion, struct entry_list *list,
                             const struct yaml_node *key, const struct yaml_node *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].key->text, key->text) == 0)
            return yaml_error(expansion->reader->error, key,
                              "Fn::ForEach makes the key '%.*s' a second time", YAML_QUOTE_MAX,
                              key->text);
    }
    if (list->count == ENTRIES_MAX)
        return error_at(expansion->reader->error, STATUS_LIMIT, key->file, key->line, key->column,
                        "more than %d entries with those of Fn::ForEach", ENTRIES_MAX);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        struct yaml_entry *items =
            arena_allocate_array(expansion->reader->arena, capacity, sizeof *items);
        if (items == NULL)
            return template_no_memory(expansion->reader, key);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct yaml_entry){key, value};
    return STATUS_OK;
}

static enum status add_entries(struct expansion_of_loops *expansion, const struct yaml_node *node,
                               struct entry_list *list);

/* The three parts of a loop, checked; *elements are texts. */
/* NOLINTNEXTLINE(misc-no-recursion): see copy */
static enum status read_loop(struct expansion_of_loops *expansion, const struct yaml_node *node,
                             const char **identifier, const struct yaml_node **elements)
{
    struct error *error = expansion->reader->error;
    const struct yaml_node *collection = NULL;
    if (node->kind != YAML_SEQUENCE || node->count != 3 || node->elements[0]->kind != YAML_SCALAR ||
        node->elements[2]->kind != YAML_MAPPING)
        return yaml_error(error, node,
                          "Fn::ForEach needs a list of an identifier, a collection and a mapping");
    *identifier = node->elements[0]->text;
    enum status status = copy(expansion, node->elements[1], &collection);
    if (status == STATUS_OK)
        status = template_resolve_all(expansion->reader, collection, elements);
    if (status != STATUS_OK)
        return status;
    bool texts = *elements != NULL && (*elements)->kind == YAML_SEQUENCE;
    for (size_t i = 0; texts && i < (*elements)->count; i++)
        texts = (*elements)->elements[i]->kind == YAML_SCALAR;
    return texts ? STATUS_OK
                 : yaml_error(error, node->elements[1],
                              "the collection of Fn::ForEach must be a list of texts");
}

/* NOLINTNEXTLINE(misc-no-recursion): loops within loops, LOOPS_DEEP_MAX */
static enum status add_loop(struct expansion_of_loops *expansion, const struct yaml_entry *entry,
                            struct entry_list *list)
{
    const char *identifier = NULL;
    const struct yaml_node *elements = NULL;
    enum status status = read_loop(expansion, entry->value, &identifier, &elements);
    if (status != STATUS_OK)
        return status;
    if (expansion->loop_count == LOOPS_DEEP_MAX)
        return error_at(expansion->reader->error, STATUS_LIMIT, entry->key->file, entry->key->line,
                        entry->key->column, "more than %d Fn::ForEach within each other",
                        LOOPS_DEEP_MAX);
    struct loop *loop = &expansion->loops[expansion->loop_count++];
    for (size_t i = 0; status == STATUS_OK && i < elements->count; i++) {
        *loop = (struct loop){identifier, elements->elements[i]->text};
        status = add_entries(expansion, entry->value->elements[2], list);
    }
    expansion->loop_count--;
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): see add_loop */
static enum status add_entries(struct expansion_of_loops *expansion, const struct yaml_node *node,
                               struct entry_list *list)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        const struct yaml_node *key = NULL;
        const struct yaml_node *value = NULL;
        if (strncmp(entry->key->text, loop_prefix, strlen(loop_prefix)) == 0) {
            status = add_loop(expansion, entry, list);
            continue;
        }
        status = copy_scalar(expansion, entry->key, &key);
        if (status == STATUS_OK)
            status = copy(expansion, entry->value, &value);
        if (status == STATUS_OK)
            status = add_entry(expansion, list, key, value);
    }
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): see copy */
static enum status copy_mapping(struct expansion_of_loops *expansion, const struct yaml_node *node,
                                const struct yaml_node **copied)
{
    const struct yaml_node *named = yaml_find(node, "Ref");
    const struct loop *loop = node->count == 1 && named != NULL && named->kind == YAML_SCALAR
                                  ? find_loop(expansion, named->text, strlen(named->text))
                                  : NULL;
    struct yaml_node *mapping = arena_allocate(expansion->reader->arena, sizeof *mapping);
    struct entry_list list = {.items = NULL};
    if (mapping == NULL)
        return template_no_memory(expansion->reader, node);
    *mapping = *node;
    *copied = mapping;
    if (loop != NULL) {
        *mapping = *named;
        mapping->text = loop->element;
        mapping->plain = false;
        return STATUS_OK;
    }
    enum status status = add_entries(expansion, node, &list);
    mapping->entries = list.items;
    mapping->count = list.count;
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): EXPANSION_DEPTH_MAX */
static enum status copy(struct expansion_of_loops *expansion, const struct yaml_node *node,
                        const struct yaml_node **copied)
{
    struct error *error = expansion->reader->error;
    if (++expansion->copied > EXPANDED_MAX || expansion->depth == EXPANSION_DEPTH_MAX)
        return error_at(error, STATUS_LIMIT, node->file, node->line, node->column,
                        "Fn::ForEach makes more than %d values, or values nested deeper than %d",
                        EXPANDED_MAX, EXPANSION_DEPTH_MAX);
    enum status status = STATUS_OK;
    expansion->depth++;
    switch (node->kind) {
    case YAML_SCALAR:
        status = copy_scalar(expansion, node, copied);
        break;
    case YAML_SEQUENCE:
        status = copy_sequence(expansion, node, copied);
        break;
    case YAML_MAPPING:
        status = copy_mapping(expansion, node, copied);
        break;
    }
    expansion->depth--;
    return status;
}

enum status template_expand_loops(struct template_reader *reader, const struct yaml_node *node,
                                  const struct yaml_node **expanded)
{
    struct expansion_of_loops expansion = {.reader = reader};
    *expanded = node;
    return node != NULL ? copy(&expansion, node, expanded) : STATUS_OK;
}
