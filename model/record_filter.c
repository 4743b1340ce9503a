#include "model/record_filter.h"

#include "model/base/digest.h"
#include "model/base/json.h"
#include "model/base/text.h"

#include <ctype.h>
#include <string.h>

/* kind, AWS's name */
#define RULES(X)                                                                                   \
    X(RULE_PREFIX, "prefix")                                                                       \
    X(RULE_SUFFIX, "suffix")                                                                       \
    X(RULE_IGNORE_CASE, "equals-ignore-case")                                                      \
    X(RULE_ANYTHING_BUT, "anything-but")                                                           \
    X(RULE_NUMERIC, "numeric")                                                                     \
    X(RULE_EXISTS, "exists")

enum rule {
#define RULE_ENUM(kind, name) kind,
    RULES(RULE_ENUM)
#undef RULE_ENUM
        RULE_COUNT
};

static const char *const rule_names[] = {
#define RULE_NAME(kind, name) [kind] = (name),
    RULES(RULE_NAME)
#undef RULE_NAME
};

enum comparison { IS_EQUAL, IS_LESS, IS_AT_MOST, IS_GREATER, IS_AT_LEAST, COMPARISON_COUNT };

static const char *const comparison_names[COMPARISON_COUNT] = {"=", "<", "<=", ">", ">="};

static bool is_kind(const struct value_store *store, struct value value, enum value_kind kind)
{
    return !value_is_none(value) && value_kind(store, value) == kind;
}

static bool is_scalar(const struct value_store *store, struct value value)
{
    return !is_kind(store, value, VALUE_MAP) && !is_kind(store, value, VALUE_LIST);
}

static enum rule rule_of(const struct value_store *store, struct value rule)
{
    for (int i = 0; i < RULE_COUNT; i++) {
        if (value_is_text(store, value_key_at(store, rule, 0), rule_names[i]))
            return (enum rule)i;
    }
    return RULE_COUNT;
}

static enum comparison comparison_of(const struct value_store *store, struct value text)
{
    for (int i = 0; i < COMPARISON_COUNT; i++) {
        if (value_is_text(store, text, comparison_names[i]))
            return (enum comparison)i;
    }
    return COMPARISON_COUNT;
}

/* --- reading --- */

static enum status check_numeric(const struct value_store *store, struct value operands,
                                 struct error *error)
{
    size_t count = is_kind(store, operands, VALUE_LIST) ? value_count(store, operands) : 0;
    bool right = count == 2 || count == 4;
    for (size_t i = 0; right && i < count; i += 2)
        right = comparison_of(store, value_at(store, operands, i)) != COMPARISON_COUNT &&
                is_kind(store, value_at(store, operands, i + 1), VALUE_NUMBER);
    return right ? STATUS_OK
                 : error_set(error, STATUS_BAD_INPUT,
                             "'numeric' must be a list of one or two comparisons, such as "
                             "[\">\", 0, \"<=\", 5]");
}

static enum status check_rule(const struct value_store *store, struct value rule, bool inner,
                              struct error *error);

/* A value, a list of values, or one of the rules about texts. */
/* NOLINTNEXTLINE(misc-no-recursion): one level */
static enum status check_anything_but(const struct value_store *store, struct value operand,
                                      struct error *error)
{
    if (is_kind(store, operand, VALUE_MAP))
        return check_rule(store, operand, true, error);
    size_t count = is_kind(store, operand, VALUE_LIST) ? value_count(store, operand) : 0;
    bool right = is_scalar(store, operand) || count > 0;
    for (size_t i = 0; i < count; i++)
        right = right && is_scalar(store, value_at(store, operand, i));
    return right ? STATUS_OK
                 : error_set(error, STATUS_BAD_INPUT,
                             "'anything-but' must be a value or a list of values");
}

/* `inner`: within anything-but, where only rules about texts may be. */
/* NOLINTNEXTLINE(misc-no-recursion): one level */
static enum status check_rule(const struct value_store *store, struct value rule, bool inner,
                              struct error *error)
{
    if (value_count(store, rule) != 1)
        return error_set(error, STATUS_BAD_INPUT, "a rule must have one key, found %zu",
                         value_count(store, rule));
    struct value operand = value_value_at(store, rule, 0);
    enum rule kind = rule_of(store, rule);
    const char *name = value_bytes(store, value_key_at(store, rule, 0), NULL);
    switch (kind) {
    case RULE_PREFIX:
    case RULE_SUFFIX:
    case RULE_IGNORE_CASE:
        if (is_kind(store, operand, VALUE_STRING))
            return STATUS_OK;
        return error_set(error, STATUS_BAD_INPUT, "'%s' must be a text", name);
    case RULE_ANYTHING_BUT:
        if (!inner)
            return check_anything_but(store, operand, error);
        break;
    case RULE_NUMERIC:
        if (!inner)
            return check_numeric(store, operand, error);
        break;
    case RULE_EXISTS:
        if (!inner && is_kind(store, operand, VALUE_BOOL))
            return STATUS_OK;
        if (!inner)
            return error_set(error, STATUS_BAD_INPUT, "'exists' must be true or false");
        break;
    case RULE_COUNT:
        return error_set(error, STATUS_UNSUPPORTED, "rules of the kind '%.60s' are not simulated",
                         name);
    }
    return error_set(error, STATUS_BAD_INPUT, "'%s' cannot be in 'anything-but'", name);
}

static enum status check_rules(const struct value_store *store, struct value rules,
                               struct error *error)
{
    if (value_count(store, rules) == 0)
        return error_set(error, STATUS_BAD_INPUT, "empty lists of rules are not allowed");
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < value_count(store, rules); i++) {
        struct value rule = value_at(store, rules, i);
        if (is_kind(store, rule, VALUE_LIST))
            return error_set(error, STATUS_BAD_INPUT, "a rule must be a value or an object");
        if (is_kind(store, rule, VALUE_MAP))
            status = check_rule(store, rule, false, error);
    }
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most RECORD_FILTER_DEPTH_MAX deep */
static enum status check_object(const struct value_store *store, struct value pattern,
                                unsigned depth, struct error *error)
{
    if (!is_kind(store, pattern, VALUE_MAP) || value_count(store, pattern) == 0)
        return error_set(error, STATUS_BAD_INPUT, "a pattern must be an object that is not empty");
    if (depth == RECORD_FILTER_DEPTH_MAX)
        return error_set(error, STATUS_LIMIT, "a pattern must nest at most %d levels",
                         RECORD_FILTER_DEPTH_MAX);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < value_count(store, pattern); i++) {
        struct value key = value_key_at(store, pattern, i);
        struct value part = value_value_at(store, pattern, i);
        bool either = value_is_text(store, key, "$or");
        size_t count = is_kind(store, part, VALUE_LIST) ? value_count(store, part) : 0;
        if (either && count < 2)
            status = error_set(error, STATUS_BAD_INPUT, "'$or' must be a list of objects");
        else if (is_kind(store, part, VALUE_LIST) && !either)
            status = check_rules(store, part, error);
        else if (!either && is_kind(store, part, VALUE_MAP))
            status = check_object(store, part, depth + 1, error);
        else if (!either)
            status = error_set(error, STATUS_BAD_INPUT, "'%.60s' must be an object or a list",
                               value_bytes(store, key, NULL));
        for (size_t j = 0; either && status == STATUS_OK && j < count; j++)
            status = check_object(store, value_at(store, part, j), depth + 1, error);
    }
    return status;
}

enum status record_filter_parse(struct value_store *store, const char *text, struct value *pattern,
                                struct error *error)
{
    if (strlen(text) > RECORD_FILTER_SIZE_MAX)
        return error_set(error, STATUS_BAD_INPUT, "a pattern must have at most %d characters",
                         RECORD_FILTER_SIZE_MAX);
    enum status status = json_parse(store, text, strlen(text), NULL, pattern, error);
    if (status == STATUS_OK)
        status = check_object(store, *pattern, 0, error);
    static const char *const objects[] = {"data", "dynamodb"};
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        struct value part = value_get_text(store, *pattern, objects[i]);
        if (!value_is_none(part) && value_kind(store, part) != VALUE_MAP)
            return error_set(error, STATUS_BAD_INPUT, "'%s' must be an object", objects[i]);
    }
    return status;
}

/* --- comparing --- */

static bool compares(const struct value_store *store, struct value operands, struct value number)
{
    bool fits = true;
    for (size_t i = 0; i < value_count(store, operands); i += 2) {
        int order = decimal_compare(value_decimal(store, number),
                                    value_decimal(store, value_at(store, operands, i + 1)));
        switch (comparison_of(store, value_at(store, operands, i))) {
        case IS_EQUAL:
            fits = fits && order == 0;
            break;
        case IS_LESS:
            fits = fits && order < 0;
            break;
        case IS_AT_MOST:
            fits = fits && order <= 0;
            break;
        case IS_GREATER:
            fits = fits && order > 0;
            break;
        case IS_AT_LEAST:
            fits = fits && order >= 0;
            break;
        case COMPARISON_COUNT:
            BUG("a comparison that was checked");
        }
    }
    return fits;
}

static bool equal_but_for_case(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    }
    return true;
}

static bool text_fits(const struct value_store *store, enum rule kind, struct value operand,
                      struct value value)
{
    if (!is_kind(store, value, VALUE_STRING))
        return false;
    size_t length = 0;
    size_t wanted = 0;
    const char *text = value_bytes(store, value, &length);
    const char *part = value_bytes(store, operand, &wanted);
    if (kind == RULE_IGNORE_CASE)
        return length == wanted && equal_but_for_case(text, part, length);
    return wanted <= length &&
           memcmp(kind == RULE_PREFIX ? text : text + length - wanted, part, wanted) == 0;
}

/* None of what anything-but names. */
static bool is_other(const struct value_store *store, struct value operand, struct value value)
{
    if (is_kind(store, operand, VALUE_MAP))
        return !text_fits(store, rule_of(store, operand), value_value_at(store, operand, 0), value);
    if (!is_kind(store, operand, VALUE_LIST))
        return !value_equal(operand, value);
    for (size_t i = 0; i < value_count(store, operand); i++) {
        if (value_equal(value_at(store, operand, i), value))
            return false;
    }
    return true;
}

/* `value` is VALUE_NONE where the record has none. */
static bool rule_fits(const struct value_store *store, struct value rule, struct value value)
{
    bool there = !value_is_none(value);
    if (!is_kind(store, rule, VALUE_MAP))
        return there && value_equal(rule, value);
    struct value operand = value_value_at(store, rule, 0);
    enum rule kind = rule_of(store, rule);
    switch (kind) {
    case RULE_PREFIX:
    case RULE_SUFFIX:
    case RULE_IGNORE_CASE:
        return there && text_fits(store, kind, operand, value);
    case RULE_ANYTHING_BUT:
        return there && is_other(store, operand, value);
    case RULE_NUMERIC:
        return is_kind(store, value, VALUE_NUMBER) && compares(store, operand, value);
    case RULE_EXISTS:
        return there == value_truth(store, operand);
    case RULE_COUNT:
        break;
    }
    BUG("a rule that was checked");
}

static bool any_rule_fits(const struct value_store *store, struct value rules, struct value value)
{
    for (size_t i = 0; i < value_count(store, rules); i++) {
        if (rule_fits(store, value_at(store, rules, i), value))
            return true;
    }
    return false;
}

/* A leaf: a list of which one element is enough, a value, or nothing (an object is no value). */
static bool leaf_fits(const struct value_store *store, struct value rules, struct value value)
{
    if (is_kind(store, value, VALUE_LIST) && value_count(store, value) > 0) {
        for (size_t i = 0; i < value_count(store, value); i++) {
            struct value element = value_at(store, value, i);
            if (is_scalar(store, element) && any_rule_fits(store, rules, element))
                return true;
        }
        return false;
    }
    return any_rule_fits(store, rules,
                         value_is_none(value) || is_scalar(store, value) ? value : VALUE_NONE);
}

static bool object_fits(const struct value_store *store, struct value pattern,
                        struct value subject);

/* NOLINTNEXTLINE(misc-no-recursion): at most RECORD_FILTER_DEPTH_MAX deep */
static bool part_fits(const struct value_store *store, struct value part, struct value value)
{
    if (is_kind(store, part, VALUE_LIST))
        return leaf_fits(store, part, value);
    if (!is_kind(store, value, VALUE_LIST))
        return object_fits(store, part, value);
    for (size_t i = 0; i < value_count(store, value); i++) {
        if (object_fits(store, part, value_at(store, value, i)))
            return true;
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most RECORD_FILTER_DEPTH_MAX deep */
static bool object_fits(const struct value_store *store, struct value pattern, struct value subject)
{
    for (size_t i = 0; i < value_count(store, pattern); i++) {
        struct value key = value_key_at(store, pattern, i);
        struct value part = value_value_at(store, pattern, i);
        bool fits = false;
        if (value_is_text(store, key, "$or")) {
            for (size_t j = 0; !fits && j < value_count(store, part); j++)
                fits = object_fits(store, value_at(store, part, j), subject);
        } else {
            bool object = is_kind(store, subject, VALUE_MAP);
            fits = part_fits(store, part, object ? value_get(store, subject, key) : VALUE_NONE);
        }
        if (!fits)
            return false;
    }
    return true;
}

/* The JSON object that a Kinesis record's data holds; VALUE_NONE: it holds none. */
static struct value data_of(struct memory *memory, struct value_store *store, struct value kinesis)
{
    struct text text;
    text_init(&text, memory);
    size_t length = 0;
    const char *base64 = value_bytes(store, value_get_text(store, kinesis, "data"), &length);
    struct value data = VALUE_NONE;
    struct error ignored = ERROR_INIT;
    bool read =
        base64_decode_append(&text, base64, length) && !text_failed(&text) &&
        json_parse(store, text_string(&text), text.length, NULL, &data, &ignored) == STATUS_OK &&
        value_kind(store, data) == VALUE_MAP;
    if (text_failed(&text))
        (void)value_store_fail(store);
    text_release(&text);
    return read ? data : VALUE_NONE;
}

bool record_filter_accepts(struct memory *memory, struct value_store *store,
                           const struct value *patterns, size_t count, struct value record)
{
    struct value subject = record;
    struct value kinesis = value_get_text(store, record, "kinesis");
    struct value data = VALUE_NONE;
    if (!value_is_none(kinesis)) {
        data = data_of(memory, store, kinesis);
        subject = value_is_none(data) ? kinesis : value_put_text(store, kinesis, "data", data);
    }
    for (size_t i = 0; i < count; i++) {
        bool wants_data = !value_is_none(value_get_text(store, patterns[i], "data"));
        if (wants_data && !value_is_none(kinesis) && value_is_none(data))
            continue;
        if (object_fits(store, patterns[i], subject))
            return true;
    }
    return false;
}
