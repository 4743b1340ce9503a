#include "tests/checker/generated_job.h"

#include "model/base/digest.h"
#include "model/base/hash.h"
#include "model/base/text.h"
#include "model/container.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char job_absent[] = ",'ConditionExpression':'attribute_not_exists(id)'";

/* --- events ------------------------------------------------------------------------------- */

static struct value part(const struct job *job, struct value map, const char *key)
{
    return value_is_none(map) ? VALUE_NONE : value_get_text(job->run->store, map, key);
}

static const char *string_part(const struct job *job, struct value map, const char *key)
{
    struct value text = part(job, map, key);
    return value_is_none(text) ? "" : value_bytes(job->run->store, text, NULL);
}

/* A number attribute of an image, or 0. */
int64_t job_number(const struct job *job, struct value image, const char *name)
{
    return strtoll(string_part(job, part(job, image, name), "N"), NULL, 10);
}

static int64_t weight(int64_t version)
{
    int64_t weight = 1;
    for (int64_t i = 0; i < version; i++)
        weight *= 8;
    return weight;
}

static void add_version(struct item *item, char trade, int64_t version, int sign)
{
    *(trade == '0' ? &item->a : &item->b) += sign * weight(version);
}

static uint64_t text_hash(const char *text) { return hash128_bytes(text, strlen(text)).low; }

/* What job_put_record made of attributes a and b. */
static void read_sums(const char *base64, struct item *item)
{
    struct memory memory;
    struct text text;
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
    cr_assert(base64_decode_append(&text, base64, strlen(base64)));
    const char *a = strstr(text_string(&text), "'a':{'N':'");
    const char *b = strstr(text_string(&text), "'b':{'N':'");
    if (a != NULL && b != NULL) {
        item->a = strtoll(a + 10, NULL, 10);
        item->b = strtoll(b + 10, NULL, 10);
    }
    text_release(&text);
}

struct item job_item(const struct job *job, size_t index)
{
    struct item item = {.position = text_hash(scripted_sequence(job->run, index))};
    struct value record = scripted_record(job->run, index);
    struct value kinesis = part(job, record, "kinesis");
    if (!value_is_none(kinesis)) {
        const char *key = string_part(job, kinesis, "partitionKey");
        if (key[1] != '-') {
            read_sums(string_part(job, kinesis, "data"), &item);
            return item;
        }
        item.is_version = true;
        item.trade = key[0];
        item.version = strtoll(key + 2, NULL, 10);
        add_version(&item, item.trade, item.version, 1);
        return item;
    }
    struct value change = part(job, record, "dynamodb");
    struct value new = part(job, change, "NewImage");
    struct value old = part(job, change, "OldImage");
    if (!value_is_none(part(job, new, "v"))) {
        item.is_version = true;
        item.trade = string_part(job, part(job, new, "id"), "S")[0];
        item.version = job_number(job, new, "v");
        add_version(&item, item.trade, item.version, 1);
        if (!value_is_none(old))
            add_version(&item, item.trade, job_number(job, old, "v"), -1);
        return item;
    }
    item.a = job_number(job, new, "a");
    item.b = job_number(job, new, "b");
    return item;
}

struct job job_read(struct scripted *run)
{
    struct job job = {.run = run, .count = scripted_record_count(run)};
    const char *arn = string_part(&job, scripted_record(run, 0), "eventSourceARN");
    const char *table = strstr(arn, ":table/");
    const char *name =
        table == NULL ? strstr(arn, ":stream/") + strlen(":stream/") : table + strlen(":table/");
    size_t length = strcspn(name, "/");
    cr_assert_lt(length, sizeof job.source);
    memcpy(job.source, name, length);
    job.from_table = table != NULL;
    int left = name[length - 1] - '0';
    if (left == 0)
        snprintf(job.target, sizeof job.target, "AggregateTable");
    else
        snprintf(job.target, sizeof job.target, "%c%d", name[0] == 'J' ? 'J' : 'T', left - 1);
    job.to_stream = job.target[0] == 'J';
    cr_assert_leq(job.count, JOB_RECORDS_MAX);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        job.position = hash_mix64(job.position ^ item.position);
        job.a += item.a;
        job.b += item.b;
    }
    return job;
}

/* --- requests ----------------------------------------------------------------------------- */

enum { SDK_ATTEMPTS = 2, SDK_DELAY_MS = 50, SDK_READ_TIMEOUT_MS = 60 * 1000 };

/* As the SDK would: what may go better at another time is sent again, as often as that. */
static bool is_repeated(struct job *job, struct value answer)
{
    struct value_store *store = job->run->store;
    struct value error = value_get_text(store, answer, "error");
    if (!value_is_none(error)) {
        if (value_is_text(store, error, "timeout"))
            scripted_sleep(job->run, SDK_READ_TIMEOUT_MS);
        return true;
    }
    if (scripted_status(job->run, answer) == 500)
        return true;
    struct value type = value_get_text(store, value_get_text(store, answer, "body"), "__type");
    return !value_is_none(type) &&
           strstr(value_bytes(store, type, NULL), "ThroughputExceeded") != NULL;
}

static bool request_job(struct job *job, const char *operation, struct value request,
                        struct value *answer)
{
    bool fresh_token = job->run->fresh_token;
    for (uint32_t attempt = 1; attempt <= SDK_ATTEMPTS; attempt++) {
        job->run->fresh_token = fresh_token;
        job->run->sdk_attempt = attempt;
        if (!scripted_request(job->run, operation, request, answer))
            return false;
        if (!is_repeated(job, *answer))
            break;
        scripted_sleep(job->run, SDK_DELAY_MS);
    }
    return true;
}

/* The call was done, as far as its last answer tells. */
static bool is_done(struct job *job, struct value answer)
{
    return value_is_none(value_get_text(job->run->store, answer, "error")) &&
           scripted_status(job->run, answer) == 200;
}

bool job_put_record(struct job *job, const char *stream, const char *key, const char *attributes,
                    bool *ok)
{
    struct value answer;
    struct memory memory;
    struct text data;
    memory_init(&memory, SIZE_MAX);
    text_init(&data, &memory);
    base64_append(&data, attributes, strlen(attributes));
    struct value request =
        scripted_format(job->run->store, "{'StreamName':'%s','PartitionKey':'%s','Data':'%s'}",
                        stream, key, text_string(&data));
    text_release(&data);
    if (!request_job(job, "Kinesis_20131202.PutRecord", request, &answer))
        return false;
    *ok = is_done(job, answer);
    return true;
}

bool job_put(struct job *job, const char *id, const char *attributes, const char *condition,
             bool *ok)
{
    struct value answer;
    if (job->to_stream)
        return job_put_record(job, job->target, id, attributes, ok);
    struct value request =
        scripted_format(job->run->store, "{'TableName':'%s','Item':{'id':{'S':'%s'}%s}%s}",
                        job->target, id, attributes, condition);
    if (!request_job(job, "PutItem", request, &answer))
        return false;
    *ok = is_done(job, answer);
    return true;
}

bool job_put_version(struct job *job, const struct item *item, bool guarded, bool *ok)
{
    char id[JOB_NAME_SIZE] = {item->trade, '\0'};
    char attributes[JOB_NAME_SIZE];
    if (job->to_stream)
        snprintf(id, sizeof id, "%c-%" PRId64 "-0", item->trade, item->version);
    char condition[256] = "";
    snprintf(attributes, sizeof attributes, ",'v':{'N':'%" PRId64 "'}", item->version);
    if (guarded)
        snprintf(condition, sizeof condition,
                 ",'ConditionExpression':'attribute_not_exists(id) OR v < :v',"
                 "'ExpressionAttributeValues':{':v':{'N':'%" PRId64 "'}}",
                 item->version);
    return job_put(job, id, attributes, condition, ok);
}

bool job_put_row(struct job *job, const char *prefix, uint64_t key, int64_t a, int64_t b,
                 const char *condition, bool *ok)
{
    char id[JOB_NAME_SIZE];
    char attributes[JOB_NAME_SIZE * 2];
    snprintf(id, sizeof id, "%s%016" PRIx64, prefix, key);
    snprintf(attributes, sizeof attributes, ",'a':{'N':'%" PRId64 "'},'b':{'N':'%" PRId64 "'}", a,
             b);
    return job_put(job, id, attributes, condition, ok);
}

bool job_get(struct job *job, const char *table, const char *id, struct value *item)
{
    struct value answer;
    struct value request =
        scripted_format(job->run->store, "{'TableName':'%s','Key':{'id':{'S':'%s'}}}", table, id);
    if (!request_job(job, "GetItem", request, &answer))
        return false;
    *item = part(job, part(job, answer, "body"), "Item");
    return true;
}

bool job_transact(struct job *job, int64_t a, int64_t b, const char *token, const char *marker,
                  bool *ok)
{
    struct value answer;
    char items[1024] = "";
    size_t length = 0;
    *ok = true;
    for (int i = 0; i < 2; i++) {
        int64_t sum = i == 0 ? a : b;
        if (sum == 0)
            continue;
        length += (size_t)snprintf(
            items + length, sizeof items - length,
            "%s{'Update':{'TableName':'%s','Key':{'id':{'S':'%s'}},'UpdateExpression':"
            "'ADD a :s','ExpressionAttributeValues':{':s':{'N':'%" PRId64 "'}}}}",
            length == 0 ? "" : ",", job->target, i == 0 ? "sum0" : "sum1", sum);
    }
    if (marker != NULL)
        length += (size_t)snprintf(items + length, sizeof items - length,
                                   "%s{'Put':{'TableName':'%s','Item':{'id':{'S':'%s'}}%s}}",
                                   length == 0 ? "" : ",", job->target, marker, job_absent);
    if (length == 0)
        return true;
    cr_assert_lt(length, sizeof items);
    struct value request =
        token == NULL
            ? scripted_format(job->run->store, "{'TransactItems':[%s]}", items)
            : scripted_format(job->run->store, "{'TransactItems':[%s],'ClientRequestToken':'%s'}",
                              items, token);
    if (!request_job(job, "TransactWriteItems", request, &answer))
        return false;
    *ok = is_done(job, answer);
    return true;
}

const char *job_named(char text[JOB_NAME_SIZE], const char *prefix, uint64_t number)
{
    snprintf(text, JOB_NAME_SIZE, "%s%016" PRIx64, prefix, number);
    return text;
}

uint64_t job_content(const struct job *job)
{
    return hash_mix64((uint64_t)job->a) ^ hash_mix64((uint64_t)job->b + 1);
}

uint64_t job_random(const struct job *job)
{
    struct hash128 event =
        value_hash(job->run->store, event_delivered(job->run->store, job->run->run->event));
    return hash_mix64(event.low ^ hash_mix64(job->run->run->attempt + UINT64_C(99)));
}
