#include "model/dynamodb/path.h"

#include "model/dynamodb/item.h"

static bool fits(const struct value_store *store, struct value container,
                 const struct path_element *element)
{
    return value_kind(store, container) == (element->is_index ? VALUE_LIST : VALUE_MAP);
}

static struct value step(const struct value_store *store, struct value container,
                         const struct path_element *element)
{
    if (!fits(store, container, element))
        return VALUE_NONE;
    if (!element->is_index)
        return value_get(store, container, element->name);
    if (element->index >= value_count(store, container))
        return VALUE_NONE;
    return value_at(store, container, element->index);
}

static struct value get_prefix(const struct value_store *store, struct value item,
                               const struct path *path, size_t count)
{
    struct value value = item;
    for (size_t i = 0; i < count && !value_is_none(value); i++)
        value = step(store, value, &path->elements[i]);
    return value;
}

struct value path_get(const struct value_store *store, struct value item, const struct path *path)
{
    return get_prefix(store, item, path, path->count);
}

bool path_has_parent(const struct value_store *store, struct value item, const struct path *path)
{
    struct value parent = get_prefix(store, item, path, path->count - 1);
    return !value_is_none(parent) && fits(store, parent, &path->elements[path->count - 1]);
}

static struct value put(struct value_store *store, struct value container,
                        const struct path_element *element, struct value value)
{
    if (!element->is_index)
        return value_put(store, container, element->name, value);
    if (element->index >= value_count(store, container))
        return value_append(store, container, value);
    return value_replace_at(store, container, element->index, value);
}

static struct value list_without(struct value_store *store, struct value list, size_t index)
{
    struct value result = value_slice(store, list, 0, index);
    size_t count = value_count(store, list);
    for (size_t i = index + 1; i < count; i++)
        result = value_append(store, result, value_at(store, list, i));
    return result;
}

/* Put `value` at the element `last` of the path and rebuild the containers around it. */
static struct value rebuild(struct value_store *store, struct value item, const struct path *path,
                            size_t last, struct value value)
{
    struct value containers[PATH_DEPTH_MAX];
    containers[0] = item;
    for (size_t i = 1; i <= last; i++)
        containers[i] = step(store, containers[i - 1], &path->elements[i - 1]);
    for (size_t i = last + 1; i-- > 0 && !value_is_none(value);)
        value = put(store, containers[i], &path->elements[i], value);
    return value;
}

struct value path_set(struct value_store *store, struct value item, const struct path *path,
                      struct value value)
{
    return rebuild(store, item, path, path->count - 1, value);
}

struct value path_remove(struct value_store *store, struct value item, const struct path *path)
{
    size_t last = path->count - 1;
    const struct path_element *element = &path->elements[last];
    struct value parent = get_prefix(store, item, path, last);
    struct value rest = element->is_index ? list_without(store, parent, element->index)
                                          : value_remove(store, parent, element->name);
    return last == 0 || value_is_none(rest) ? rest : rebuild(store, item, path, last - 1, rest);
}

static int compare_elements(const struct value_store *store, const struct path_element *a,
                            const struct path_element *b)
{
    if (a->is_index != b->is_index)
        return a->is_index ? -1 : 1;
    if (a->is_index)
        return (a->index > b->index) - (a->index < b->index);
    return value_compare(store, a->name, b->name);
}

int path_compare(const struct value_store *store, const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = compare_elements(store, &a->elements[i], &b->elements[i]);
        if (order != 0)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

enum path_relation path_relation(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct path_element *x = &a->elements[i];
        const struct path_element *y = &b->elements[i];
        if (x->is_index != y->is_index)
            return PATHS_CONFLICT;
        if (x->is_index ? x->index != y->index : !value_equal(x->name, y->name))
            return PATHS_APART;
    }
    return PATHS_OVERLAP;
}

const char *path_text(struct call *call, const struct path *path)
{
    const char *text = "[";
    for (size_t i = 0; i < path->count && text != NULL; i++) {
        const struct path_element *element = &path->elements[i];
        const char *comma = i == 0 ? "" : ", ";
        text = element->is_index
                   ? arena_format(call->arena, "%s%s[%u]", text, comma, (unsigned)element->index)
                   : arena_format(call->arena, "%s%s%s", text, comma,
                                  value_bytes(call->store, element->name, NULL));
    }
    if (text != NULL)
        text = arena_format(call->arena, "%s]", text);
    if (text == NULL)
        call_no_memory(call);
    return text;
}

bool path_check_relation(struct call *call, enum expression_kind kind, const struct path *one,
                         const struct path *two, enum path_relation relation)
{
    if (path_relation(one, two) != relation)
        return true;
    const char *first = path_text(call, one);
    const char *second = path_text(call, two);
    if (first == NULL || second == NULL)
        return false;
    return expression_invalid(call, kind,
                              "Two document paths %s with each other; must remove or rewrite one "
                              "of these paths; path one: %s, path two: %s",
                              relation == PATHS_OVERLAP ? "overlap" : "conflict", first, second);
}

bool path_check_key(struct call *call, const struct table_config *table, const struct path *path)
{
    struct value head = path->elements[0].name;
    if (path->count == 1)
        return true;
    bool own = is_key_attribute(call->store, table, head);
    bool indexed = false;
    for (size_t i = 0; !indexed && i < table->index_count; i++) {
        const struct table_config index = {.hash_key = table->indexes[i].hash_key,
                                           .range_key = table->indexes[i].range_key};
        indexed = is_key_attribute(call->store, &index, head);
    }
    if (!own && !indexed)
        return true;
    return call_invalid(call,
                        "Key attributes must be scalars; list random access '[]' and map lookup "
                        "'.' are not allowed: %s: %s",
                        own ? "Key" : "IndexKey", value_bytes(call->store, head, NULL));
}
