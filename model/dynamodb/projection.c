#include "model/dynamodb/projection.h"

#include "model/dynamodb/path.h"

static bool check(struct call *call, struct projection *projection, struct path *paths,
                  struct placeholders *placeholders)
{
    const enum expression_kind kind = EXPRESSION_PROJECTION;
    static const enum path_relation relations[] = {PATHS_OVERLAP, PATHS_CONFLICT};
    for (size_t i = 0; i < projection->count; i++)
        if (!check_reserved(call, kind, &paths[i]))
            return false;
    for (size_t i = 0; i < projection->count; i++)
        if (!resolve_path(call, kind, placeholders, &paths[i]))
            return false;
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 1; i < projection->count; i++)
            for (size_t j = 0; j < i; j++)
                if (!path_check_relation(call, kind, &paths[j], &paths[i], relations[r]))
                    return false;
    return true;
}

bool projection_read(struct call *call, struct value text, struct placeholders *placeholders,
                     struct projection **result)
{
    struct parser parser;
    if (!parser_init(&parser, call, EXPRESSION_PROJECTION, text))
        return false;
    size_t limit = 1;
    for (const struct token *token = parser.tokens; token->lexeme != LEXEME_END; token++)
        limit += token->lexeme == LEXEME_COMMA;
    struct projection *projection = call_allocate(call, 1, sizeof *projection);
    struct path *paths = call_allocate(call, limit, sizeof paths[0]);
    if (projection == NULL || paths == NULL)
        return false;
    projection->paths = call_allocate(call, limit, sizeof projection->paths[0]);
    if (projection->paths == NULL)
        return false;
    do {
        projection->paths[projection->count] = &paths[projection->count];
        if (!parser_path(&parser, &paths[projection->count++]))
            return false;
    } while (parser_accept(&parser, LEXEME_COMMA));
    *result = projection;
    return parser_expect_end(&parser) && check(call, projection, paths, placeholders);
}

bool projection_check_keys(struct call *call, const struct table_config *table,
                           const struct projection *projection)
{
    for (size_t i = 0; i < projection->count; i++)
        if (!path_check_key(call, table, projection->paths[i]))
            return false;
    return true;
}

static struct value project(struct call *call, struct value value, const struct path *const *paths,
                            size_t count, size_t depth);

static bool leads_to(const struct path *path, size_t depth, struct value name, size_t index)
{
    const struct path_element *element = &path->elements[depth];
    return value_is_none(name) ? element->is_index && element->index == index
                               : !element->is_index && value_equal(element->name, name);
}

/* The part of one child of a container that the paths through it select; VALUE_NONE: none. */
/* NOLINTNEXTLINE(misc-no-recursion): at most PATH_DEPTH_MAX deep */
static struct value project_child(struct call *call, struct value child, struct value name,
                                  size_t index, const struct path *const *paths, size_t count,
                                  size_t depth)
{
    const struct path **through = call_allocate(call, count, sizeof through[0]);
    if (through == NULL)
        return VALUE_NONE;
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (leads_to(paths[i], depth, name, index))
            through[found++] = paths[i];
    return found == 0 ? VALUE_NONE : project(call, child, through, found, depth + 1);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PATH_DEPTH_MAX deep */
static struct value project_map(struct call *call, struct value map,
                                const struct path *const *paths, size_t count, size_t depth)
{
    struct value_store *store = call->store;
    struct value result = VALUE_NONE;
    for (size_t i = 0; i < value_count(store, map); i++) {
        struct value key = value_key_at(store, map, i);
        struct value part =
            project_child(call, value_value_at(store, map, i), key, 0, paths, count, depth);
        if (value_is_none(part))
            continue;
        if (value_is_none(result))
            result = value_map(store, NULL, 0);
        result = value_put(store, result, key, part);
        if (!call_made(call, result))
            return VALUE_NONE;
    }
    return result;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PATH_DEPTH_MAX deep */
static struct value project_list(struct call *call, struct value list,
                                 const struct path *const *paths, size_t count, size_t depth)
{
    struct value_store *store = call->store;
    struct value result = VALUE_NONE;
    for (size_t i = 0; i < value_count(store, list); i++) {
        struct value part =
            project_child(call, value_at(store, list, i), VALUE_NONE, i, paths, count, depth);
        if (value_is_none(part))
            continue;
        result =
            value_is_none(result) ? value_list(store, &part, 1) : value_append(store, result, part);
        if (!call_made(call, result))
            return VALUE_NONE;
    }
    return result;
}

/* A path that ends here is alone: paths do not overlap. */
/* NOLINTNEXTLINE(misc-no-recursion): at most PATH_DEPTH_MAX deep */
static struct value project(struct call *call, struct value value, const struct path *const *paths,
                            size_t count, size_t depth)
{
    if (paths[0]->count == depth)
        return value;
    enum value_kind kind = value_kind(call->store, value);
    if (kind == VALUE_MAP)
        return project_map(call, value, paths, count, depth);
    if (kind == VALUE_LIST)
        return project_list(call, value, paths, count, depth);
    return VALUE_NONE;
}

struct value projection_apply(struct call *call, const struct projection *projection,
                              struct value item)
{
    if (projection == NULL || projection->count == 0)
        return item;
    struct value part = project(call, item, projection->paths, projection->count, 0);
    if (value_is_none(part) && !call->no_memory) {
        part = value_map(call->store, NULL, 0);
        call_made(call, part);
    }
    return part;
}
