#include "model/iam.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DYNAMODB_PREFIX "DynamoDB_20120810."
#define KINESIS_PREFIX "Kinesis_20131202."
#define TABLE_ARN "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/"
#define STREAM_ARN "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/"
#define ACCESS_DENIED "com.amazon.coral.service#AccessDeniedException"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- policies --- */

static bool same(char a, char b, bool any_case)
{
    return any_case ? tolower((unsigned char)a) == tolower((unsigned char)b) : a == b;
}

/* `*` stands for any characters, `?` for one. */
static bool matches(const char *pattern, const char *text, bool any_case)
{
    const char *star = NULL;
    const char *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || (*pattern != '\0' && same(*pattern, *text, any_case))) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool one_matches(const struct iam_patterns *patterns, const char *text, bool any_case)
{
    bool found = false;
    for (size_t i = 0; !found && i < patterns->count; i++)
        found = matches(patterns->items[i], text, any_case);
    return found != patterns->negated;
}

enum iam_decision iam_decide(const struct function_config *function, const char *action,
                             const char *resource)
{
    enum iam_decision decision = IAM_NOT_ALLOWED;
    for (size_t i = 0; i < function->statement_count; i++) {
        const struct iam_statement *statement = &function->statements[i];
        if (!one_matches(&statement->actions, action, true) ||
            !one_matches(&statement->resources, resource, false))
            continue;
        if (!statement->denies)
            decision = IAM_ALLOWED;
        else if (!statement->conditional)
            return IAM_DENIED;
    }
    return decision;
}

/* --- calls --- */

struct check {
    const struct pipeline *pipeline;
    const struct function_config *function;
    const struct value_store *store;
    struct iam_refusal *refusal;
};

static void ask(struct check *check, const char *action, const char *resource)
{
    if (check->refusal->decision != IAM_ALLOWED)
        return;
    enum iam_decision decision = iam_decide(check->function, action, resource);
    if (decision == IAM_ALLOWED)
        return;
    check->refusal->decision = decision;
    snprintf(check->refusal->action, sizeof check->refusal->action, "%s", action);
    snprintf(check->refusal->resource, sizeof check->refusal->resource, "%s", resource);
}

static const char *text_of(const struct check *check, struct value map, const char *key)
{
    struct value text = value_kind(check->store, map) == VALUE_MAP
                            ? value_get_text(check->store, map, key)
                            : VALUE_NONE;
    return !value_is_none(text) && value_kind(check->store, text) == VALUE_STRING
               ? value_bytes(check->store, text, NULL)
               : NULL;
}

/* `action` without its service on a table, by name or ARN, or on one of its indexes. A name that is
 * none is answered by the service itself. */
static void ask_table(struct check *check, const char *action, const char *table, const char *index)
{
    char resource[IAM_TEXT_MAX];
    char name[IAM_TEXT_MAX];
    if (table == NULL)
        return;
    snprintf(name, sizeof name, "dynamodb:%s", action);
    snprintf(resource, sizeof resource, "%s%s%s%s", strncmp(table, "arn:", 4) == 0 ? "" : TABLE_ARN,
             table, index == NULL ? "" : "/index/", index == NULL ? "" : index);
    ask(check, name, resource);
}

/* {"Put": {"TableName": ...}}: the permission is that of the plain operation. */
static void ask_transaction(struct check *check, struct value request)
{
    static const struct {
        const char *member;
        const char *action;
    } parts[] = {{"Put", "PutItem"},
                 {"Update", "UpdateItem"},
                 {"Delete", "DeleteItem"},
                 {"ConditionCheck", "ConditionCheckItem"},
                 {"Get", "GetItem"}};
    struct value list = value_get_text(check->store, request, "TransactItems");
    if (value_is_none(list) || value_kind(check->store, list) != VALUE_LIST)
        return;
    for (size_t i = 0; i < value_count(check->store, list); i++) {
        struct value item = value_at(check->store, list, i);
        for (size_t k = 0; k < COUNT(parts) && value_kind(check->store, item) == VALUE_MAP; k++) {
            struct value part = value_get_text(check->store, item, parts[k].member);
            if (!value_is_none(part))
                ask_table(check, parts[k].action, text_of(check, part, "TableName"), NULL);
        }
    }
}

static void ask_batch(struct check *check, const char *action, struct value request)
{
    struct value items = value_get_text(check->store, request, "RequestItems");
    if (value_is_none(items) || value_kind(check->store, items) != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_count(check->store, items); i++)
        ask_table(check, action,
                  value_bytes(check->store, value_key_at(check->store, items, i), NULL), NULL);
}

static void ask_stream(struct check *check, const char *action, struct value request)
{
    char resource[IAM_TEXT_MAX];
    char name[IAM_TEXT_MAX];
    const char *stream = text_of(check, request, "StreamName");
    const char *arn = text_of(check, request, "StreamARN");
    if (stream == NULL && arn == NULL)
        return;
    snprintf(name, sizeof name, "kinesis:%s", action);
    snprintf(resource, sizeof resource, "%s%s", arn != NULL ? "" : STREAM_ARN,
             arn != NULL ? arn : stream);
    ask(check, name, resource);
}

void iam_check_call(const struct pipeline *pipeline, const struct function_config *function,
                    const struct value_store *store, const char *target, struct value request,
                    struct iam_refusal *refusal)
{
    struct check check = {
        .pipeline = pipeline, .function = function, .store = store, .refusal = refusal};
    refusal->decision = IAM_ALLOWED;
    if (!function->role_known || value_kind(store, request) != VALUE_MAP)
        return;
    if (strncmp(target, KINESIS_PREFIX, strlen(KINESIS_PREFIX)) == 0) {
        ask_stream(&check, target + strlen(KINESIS_PREFIX), request);
        return;
    }
    if (strncmp(target, DYNAMODB_PREFIX, strlen(DYNAMODB_PREFIX)) != 0)
        return;
    const char *operation = target + strlen(DYNAMODB_PREFIX);
    if (strcmp(operation, "TransactWriteItems") == 0 || strcmp(operation, "TransactGetItems") == 0)
        ask_transaction(&check, request);
    else if (strcmp(operation, "BatchWriteItem") == 0 || strcmp(operation, "BatchGetItem") == 0)
        ask_batch(&check, operation, request);
    else if (strcmp(operation, "ListTables") == 0)
        ask(&check, "dynamodb:ListTables", "*");
    else
        ask_table(&check, operation, text_of(&check, request, "TableName"),
                  text_of(&check, request, "IndexName"));
}

/* --- mappings --- */

void iam_check_mapping(const struct pipeline *pipeline, const struct mapping_config *mapping,
                       struct iam_refusal *refusal)
{
    static const char *const table_actions[] = {"dynamodb:DescribeStream", "dynamodb:GetRecords",
                                                "dynamodb:GetShardIterator"};
    static const char *const stream_actions[] = {"kinesis:GetRecords", "kinesis:GetShardIterator",
                                                 "kinesis:DescribeStream"};
    const struct function_config *function = &pipeline->functions[mapping->function];
    struct check check = {.pipeline = pipeline, .function = function, .refusal = refusal};
    char resource[IAM_TEXT_MAX];
    refusal->decision = IAM_ALLOWED;
    if (!function->role_known)
        return;
    if (mapping->consumer_arn != NULL) {
        ask(&check, "kinesis:SubscribeToShard", mapping->consumer_arn);
        return;
    }
    bool table = mapping->source_kind == SOURCE_TABLE;
    if (table)
        snprintf(resource, sizeof resource, TABLE_ARN "%s/stream/" PIPELINE_STREAM_LABEL,
                 pipeline->tables[mapping->source].name);
    else
        snprintf(resource, sizeof resource, STREAM_ARN "%s",
                 pipeline->streams[mapping->source].name);
    for (size_t i = 0; i < COUNT(table_actions); i++)
        ask(&check, table ? table_actions[i] : stream_actions[i], resource);
}

struct value iam_refusal_body(struct value_store *store, const struct function_config *function,
                              const struct iam_refusal *refusal)
{
    char message[3 * IAM_TEXT_MAX];
    int length = snprintf(message, sizeof message,
                          "User: arn:aws:sts::" PIPELINE_ACCOUNT
                          ":assumed-role/%s/%s is not authorized to perform: %s on resource: %s ",
                          function->role_name, function->name, refusal->action, refusal->resource);
    CHECK(length > 0 && (size_t)length < sizeof message - IAM_TEXT_MAX / 2);
    if (refusal->decision == IAM_DENIED)
        snprintf(message + length, sizeof message - (size_t)length,
                 "with an explicit deny in an identity-based policy");
    else
        snprintf(message + length, sizeof message - (size_t)length,
                 "because no identity-based policy allows the %.200s action", refusal->action);
    struct value_entry entries[2] = {
        {.key = value_text(store, "__type"), .value = value_text(store, ACCESS_DENIED)},
        {.key = value_text(store, "Message"), .value = value_text(store, message)},
    };
    return value_map(store, entries, 2);
}
