#include "model/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YAML_LIST_START = 8 };

/* A collection whose end has not been seen; `children` alternate key and value in a mapping. */
struct open_node {
    struct yaml_node *node;
    const char *anchor;
    const struct yaml_node **children;
    size_t count;
    size_t capacity;
};

struct anchor {
    const char *name;
    const struct yaml_node *node;
};

struct builder {
    struct arena *arena;
    struct error *error;
    const char *file;
    struct open_node open[YAML_DEPTH_MAX];
    size_t depth;
    struct anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    const struct yaml_node *root;
    uint32_t line; /* the last place known, for empty values, which have none of their own */
    uint32_t column;
};

static enum status no_memory(struct builder *builder)
{
    return error_at(builder->error, STATUS_NO_MEMORY, builder->file, builder->line, builder->column,
                    "out of memory while reading YAML");
}

static enum status fail_here(struct builder *builder, enum status status, const char *message)
{
    return error_at(builder->error, status, builder->file, builder->line, builder->column, "%s",
                    message);
}

static enum status yaml_limit(struct builder *builder, const char *what, int limit)
{
    return error_at(builder->error, STATUS_LIMIT, builder->file, builder->line, builder->column,
                    "more than %d YAML %s", limit, what);
}

/* Room for one more element of a growing arena array; the old block is left to the arena. */
static bool arena_grow(struct arena *arena, void **array, size_t *capacity, size_t count,
                       size_t element_size)
{
    if (count < *capacity)
        return true;
    size_t grown = *capacity == 0 ? YAML_LIST_START : *capacity * 2;
    void *moved = arena_allocate_array(arena, grown, element_size);
    if (moved == NULL)
        return false;
    if (count > 0)
        memcpy(moved, *array, count * element_size);
    *array = moved;
    *capacity = grown;
    return true;
}

static bool token_text(struct arena *arena, struct fy_token *token, const char **text)
{
    *text = NULL;
    if (token == NULL)
        return true;
    size_t length = 0;
    const char *bytes = fy_token_get_text(token, &length);
    if (bytes == NULL)
        bytes = "";
    *text = arena_copy(arena, bytes, length);
    return *text != NULL;
}

static void note_place(struct builder *builder, struct fy_event *event, struct fy_token *tag)
{
    const struct fy_mark *mark = tag != NULL ? fy_token_start_mark(tag) : NULL;
    if (mark == NULL)
        mark = fy_event_start_mark(event);
    if (mark == NULL || mark->line < 0 || mark->column < 0)
        return;
    builder->line = (uint32_t)mark->line + 1;
    builder->column = (uint32_t)mark->column + 1;
    /* The mark of a quoted scalar is behind its quotation mark, that of an alias behind its '*'. */
    bool behind = event->type == FYET_ALIAS;
    if (tag == NULL && event->type == FYET_SCALAR && event->scalar.value != NULL) {
        enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
        behind = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    }
    if (behind && builder->column > 1)
        builder->column--;
}

static struct yaml_node *new_node(struct builder *builder, enum yaml_kind kind,
                                  struct fy_token *tag)
{
    struct yaml_node *node = arena_allocate(builder->arena, sizeof *node);
    if (node == NULL || !token_text(builder->arena, tag, &node->tag))
        return NULL;
    node->kind = kind;
    node->file = builder->file;
    node->line = builder->line;
    node->column = builder->column;
    node->size = 1;
    return node;
}

static enum status add_anchor(struct builder *builder, const char *name,
                              const struct yaml_node *node)
{
    if (name == NULL)
        return STATUS_OK;
    if (builder->anchor_count == YAML_ANCHORS_MAX)
        return yaml_limit(builder, "anchors", YAML_ANCHORS_MAX);
    void *anchors = builder->anchors;
    if (!arena_grow(builder->arena, &anchors, &builder->anchor_capacity, builder->anchor_count,
                    sizeof *builder->anchors))
        return no_memory(builder);
    builder->anchors = anchors;
    builder->anchors[builder->anchor_count++] = (struct anchor){.name = name, .node = node};
    return STATUS_OK;
}

/* Attach a finished node to the collection that is open, or make it the root. */
static enum status attach(struct builder *builder, const struct yaml_node *node)
{
    if (builder->depth == 0) {
        if (builder->root != NULL)
            return yaml_error(builder->error, node, "expected one YAML document, found another");
        builder->root = node;
        return STATUS_OK;
    }
    struct open_node *open = &builder->open[builder->depth - 1];
    bool is_key = open->node->kind == YAML_MAPPING && open->count % 2 == 0;
    if (is_key && node->kind != YAML_SCALAR)
        return yaml_error(builder->error, node, "a key must be a scalar, found a %s",
                          node->kind == YAML_MAPPING ? "mapping" : "list");
    if (node->size > YAML_NODES_MAX - open->node->size)
        return yaml_limit(builder, "nodes", YAML_NODES_MAX);
    void *children = open->children;
    if (!arena_grow(builder->arena, &children, &open->capacity, open->count,
                    sizeof *open->children))
        return no_memory(builder);
    open->children = children;
    open->children[open->count++] = node;
    open->node->size += node->size;
    return STATUS_OK;
}

static enum status open_collection(struct builder *builder, enum yaml_kind kind,
                                   struct fy_token *tag, struct fy_token *anchor)
{
    if (builder->depth == YAML_DEPTH_MAX)
        return error_at(builder->error, STATUS_LIMIT, builder->file, builder->line, builder->column,
                        "YAML nested deeper than %d levels", YAML_DEPTH_MAX);
    struct open_node *open = &builder->open[builder->depth];
    *open = (struct open_node){.node = new_node(builder, kind, tag)};
    if (open->node == NULL || !token_text(builder->arena, anchor, &open->anchor))
        return no_memory(builder);
    builder->depth++;
    return STATUS_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const struct yaml_node *first = *(const struct yaml_node *const *)a;
    const struct yaml_node *second = *(const struct yaml_node *const *)b;
    int order = strcmp(first->text, second->text);
    if (order != 0)
        return order;
    if (first->line != second->line)
        return first->line < second->line ? -1 : 1;
    return first->column < second->column ? -1 : first->column > second->column;
}

static enum status check_duplicates(struct builder *builder, const struct yaml_node *mapping)
{
    if (mapping->count < 2)
        return STATUS_OK;
    const struct yaml_node **keys =
        arena_allocate_array(builder->arena, mapping->count, sizeof *keys);
    if (keys == NULL)
        return no_memory(builder);
    for (size_t i = 0; i < mapping->count; i++)
        keys[i] = mapping->entries[i].key;
    qsort(keys, mapping->count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < mapping->count; i++) {
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
            return yaml_error(builder->error, keys[i], "duplicate key '%.*s' (first on line %u)",
                              YAML_QUOTE_MAX, keys[i]->text, keys[i - 1]->line);
    }
    return STATUS_OK;
}

static enum status close_collection(struct builder *builder)
{
    struct open_node *open = &builder->open[--builder->depth];
    struct yaml_node *node = open->node;
    CHECK(node != NULL);
    enum status status = STATUS_OK;
    if (node->kind == YAML_SEQUENCE) {
        node->elements = open->children;
        node->count = open->count;
    } else {
        node->count = open->count / 2;
        struct yaml_entry *entries =
            arena_allocate_array(builder->arena, node->count, sizeof *entries);
        if (entries == NULL)
            return no_memory(builder);
        for (size_t i = 0; i < node->count; i++)
            entries[i] = (struct yaml_entry){open->children[2 * i], open->children[2 * i + 1]};
        node->entries = entries;
        status = check_duplicates(builder, node);
    }
    if (status == STATUS_OK)
        status = add_anchor(builder, open->anchor, node);
    return status == STATUS_OK ? attach(builder, node) : status;
}

/* "\0" in quotes would end our strings early. */
static bool holds_nul(struct fy_token *token)
{
    size_t length = 0;
    const char *bytes = token != NULL ? fy_token_get_text(token, &length) : NULL;
    return bytes != NULL && memchr(bytes, '\0', length) != NULL;
}

static enum status add_scalar(struct builder *builder, const struct fy_event_scalar_data *scalar)
{
    if (holds_nul(scalar->value))
        return fail_here(builder, STATUS_BAD_INPUT, "a text must not hold a NUL character");
    struct yaml_node *node = new_node(builder, YAML_SCALAR, scalar->tag);
    const char *anchor = NULL;
    if (node == NULL || !token_text(builder->arena, scalar->value, &node->text) ||
        !token_text(builder->arena, scalar->anchor, &anchor))
        return no_memory(builder);
    if (node->text == NULL)
        node->text = "";
    node->plain = scalar->value == NULL || fy_token_scalar_style(scalar->value) == FYSS_PLAIN;
    enum status status = add_anchor(builder, anchor, node);
    return status == STATUS_OK ? attach(builder, node) : status;
}

/* A later anchor of the same name replaces an earlier one. An anchor counts from the end of its
 * node on, so that no alias can lead back to a node it is within. */
static enum status add_alias(struct builder *builder, struct fy_token *token)
{
    const char *name = NULL;
    if (!token_text(builder->arena, token, &name))
        return no_memory(builder);
    for (size_t i = builder->anchor_count; i-- > 0;) {
        if (name != NULL && strcmp(builder->anchors[i].name, name) == 0)
            return attach(builder, builder->anchors[i].node);
    }
    return error_at(builder->error, STATUS_BAD_INPUT, builder->file, builder->line, builder->column,
                    "alias '*%.*s' names no anchor before it", YAML_QUOTE_MAX,
                    name != NULL ? name : "");
}

static enum status handle_event(struct builder *builder, struct fy_event *event)
{
    switch (event->type) {
    case FYET_MAPPING_START:
        note_place(builder, event, event->mapping_start.tag);
        return open_collection(builder, YAML_MAPPING, event->mapping_start.tag,
                               event->mapping_start.anchor);
    case FYET_SEQUENCE_START:
        note_place(builder, event, event->sequence_start.tag);
        return open_collection(builder, YAML_SEQUENCE, event->sequence_start.tag,
                               event->sequence_start.anchor);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        return close_collection(builder);
    case FYET_SCALAR:
        note_place(builder, event, event->scalar.tag);
        return add_scalar(builder, &event->scalar);
    case FYET_ALIAS:
        note_place(builder, event, NULL);
        return add_alias(builder, event->alias.anchor);
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_START:
    case FYET_DOCUMENT_END:
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status syntax_error(struct builder *builder, struct fy_diag *diag)
{
    void *iterator = NULL;
    struct fy_diag_error *found = fy_diag_errors_iterate(diag, &iterator);
    if (found == NULL || found->msg == NULL)
        return fail_here(builder, STATUS_BAD_INPUT, "not valid YAML");
    return error_at(builder->error, STATUS_BAD_INPUT, builder->file,
                    found->line > 0 ? (uint32_t)found->line : 0,
                    found->column > 0 ? (uint32_t)found->column : 0, "not valid YAML: %s",
                    found->msg);
}

static enum status build(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
    enum status status = STATUS_OK;
    struct fy_event *event = NULL;
    while (status == STATUS_OK && (event = fy_parser_parse(parser)) != NULL) {
        status = handle_event(builder, event);
        fy_parser_event_free(parser, event);
    }
    if (status != STATUS_OK)
        return status;
    if (fy_parser_get_stream_error(parser) || fy_diag_got_error(diag))
        return syntax_error(builder, diag);
    if (builder->root == NULL) {
        builder->line = 1;
        builder->column = 1;
        return fail_here(builder, STATUS_BAD_INPUT, "expected a YAML document, found nothing");
    }
    return STATUS_OK;
}

/* The length of the UTF-8 sequence at `text`, of which `left` bytes are there; 0: it is none (RFC
 * 3629). */
static size_t sequence_length(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char first_min, first_max, second_min, second_max;
        size_t length;
    } forms[] = {
        {0x01, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t length = forms[i].length;
        if (text[0] < forms[i].first_min || text[0] > forms[i].first_max)
            continue;
        if (length > left ||
            (length > 1 && (text[1] < forms[i].second_min || text[1] > forms[i].second_max)))
            return 0;
        for (size_t k = 2; k < length; k++) {
            if ((text[k] & 0xC0) != 0x80)
                return 0;
        }
        return length;
    }
    return 0;
}

/* The library stops at a NUL and takes what comes before for all there is; and there is text that
 * is not UTF-8 on which it never ends. */
static enum status check_text(const char *bytes, size_t length, const char *file,
                              struct error *error)
{
    const unsigned char *text = (const unsigned char *)bytes;
    uint32_t line = 1;
    uint32_t column = 1;
    for (size_t i = 0; i < length;) {
        size_t step = sequence_length(text + i, length - i);
        if (text[i] == '\0')
            return error_at(error, STATUS_BAD_INPUT, file, line, column,
                            "not valid YAML: a NUL byte");
        if (step == 0)
            return error_at(error, STATUS_BAD_INPUT, file, line, column,
                            "not valid YAML: the byte 0x%02X, which is not UTF-8", text[i]);
        bool ends_line = text[i] == '\n';
        line += ends_line ? 1 : 0;
        column = ends_line ? 1 : column + 1;
        i += step;
    }
    return STATUS_OK;
}

enum status yaml_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                       const struct yaml_node **root, struct error *error)
{
    enum status status = check_text(bytes, length, file, error);
    if (status != STATUS_OK)
        return status;
    struct builder *builder = arena_allocate(arena, sizeof *builder);
    const char *name = arena_copy_text(arena, file);
    if (builder == NULL || name == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory while reading %s", file);
    *builder = (struct builder){.arena = arena, .error = error, .file = name};

    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL; /* collected, not printed */
    struct fy_diag *diag = fy_diag_create(&diag_config);
    if (diag == NULL)
        return no_memory(builder);
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    if (parser == NULL || fy_parser_set_string(parser, bytes, length) != 0)
        status = no_memory(builder);
    else
        status = build(builder, parser, diag);
    if (parser != NULL)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    if (status == STATUS_OK)
        *root = builder->root;
    return status;
}

/* One byte more than `size_max` is asked for, so that a file that grows meanwhile is noticed. */
enum status yaml_read_file(const char *file, size_t size_max, struct arena *arena,
                           const struct yaml_node **root, struct error *error)
{
    FILE *stream = fopen(file, "rbe");
    if (stream == NULL)
        return error_at(error, STATUS_BAD_INPUT, file, 0, 0, "cannot be opened: %s",
                        strerror(errno));
    char *bytes = memory_allocate(arena->memory, size_max + 1);
    size_t length = bytes != NULL ? fread(bytes, 1, size_max + 1, stream) : 0;
    bool failed = ferror(stream) != 0;
    int reason = errno;
    (void)fclose(stream);
    enum status status;
    if (bytes == NULL)
        status = error_at(error, STATUS_NO_MEMORY, file, 0, 0, "out of memory while reading");
    else if (failed)
        status =
            error_at(error, STATUS_BAD_INPUT, file, 0, 0, "cannot be read: %s", strerror(reason));
    else if (length > size_max)
        status = error_at(error, STATUS_LIMIT, file, 0, 0, "longer than %zu bytes", size_max);
    else
        status = yaml_parse(bytes, length, file, arena, root, error);
    memory_free(arena->memory, bytes, size_max + 1);
    return status;
}
