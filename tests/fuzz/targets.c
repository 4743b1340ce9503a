#include "tests/fuzz/targets.h"

#include "model/base/decimal.h"
#include "model/base/json.h"
#include "model/local_aws.h"
#include "model/python/host_channel.h"
#include "model/python/host_step.h"
#include "model/scenario.h"
#include "model/template.h"
#include "reports/run_database.h"
#include "reports/trace_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sanitizers show where. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { INPUT_MAX = 64 << 10, MEMORY_MAX = 1 << 30 };

/* A copy with a NUL after it, which some readers need. */
static char *copy_text(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    MUST(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

/* An error has words, and one line of them. */
static void check_error(enum status status, const struct error *error)
{
    char text[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE + 32];
    if (status == STATUS_OK)
        return;
    MUST(error->message[0] != '\0');
    (void)error_format(error, text, sizeof text);
    MUST(strchr(text, '\n') == NULL);
}

/* --- YAML --- */

void fuzz_scenario(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct arena arena;
    struct scenario scenario;
    struct error error = ERROR_INIT;
    char *text = copy_text(bytes, size);
    memory_init(&memory, MEMORY_MAX);
    arena_init(&arena, &memory);
    check_error(scenario_parse(text, size, "input", &arena, &scenario, &error), &error);
    arena_release(&arena);
    MUST(memory.used == 0);
    free(text);
}

void fuzz_template(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct arena arena;
    struct pipeline pipeline;
    struct error error = ERROR_INIT;
    char *text = copy_text(bytes, size);
    memory_init(&memory, MEMORY_MAX);
    arena_init(&arena, &memory);
    check_error(template_parse(text, size, "input", &arena, &pipeline, &error), &error);
    arena_release(&arena);
    MUST(memory.used == 0);
    free(text);
}

/* --- JSON --- */

void fuzz_json(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct text printed;
    struct value value = VALUE_NONE;
    struct value again = VALUE_NONE;
    struct error error = ERROR_INIT;
    char *text = copy_text(bytes, size);
    memory_init(&memory, MEMORY_MAX);
    text_init(&printed, &memory);
    struct value_store *store = value_store_create(&memory);
    const enum status status = json_parse(store, text, size, "input", &value, &error);
    check_error(status, &error);
    if (status == STATUS_OK) {
        json_append(&printed, store, value);
        MUST(json_parse(store, printed.bytes, printed.length, NULL, &again, &error) == STATUS_OK);
        MUST(value_equal(value, again));
    }
    text_release(&printed);
    value_store_destroy(store);
    MUST(memory.used == 0);
    free(text);
}

void fuzz_trace(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct arena arena;
    struct trace_file trace;
    struct error error = ERROR_INIT;
    char *text = copy_text(bytes, size);
    memory_init(&memory, MEMORY_MAX);
    arena_init(&arena, &memory);
    struct value_store *store = value_store_create(&memory);
    check_error(trace_file_parse(text, size, "input", &arena, store, &trace, &error), &error);
    arena_release(&arena);
    value_store_destroy(store);
    MUST(memory.used == 0);
    free(text);
}

/* --- a Python host --- */

void fuzz_frame(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct host_channel channel;
    int sockets[2];
    if (size > INPUT_MAX)
        return;
    memory_init(&memory, MEMORY_MAX);
    struct value_store *store = value_store_create(&memory);
    MUST(host_channel_pair(sockets));
    MUST(size == 0 || send(sockets[1], bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
    close(sockets[1]);
    host_channel_init(&channel, &memory, sockets[0]);
    for (;;) {
        const char *frame = NULL;
        size_t length = 0;
        struct handler_step step;
        struct error error = ERROR_INIT;
        if (host_channel_receive(&channel, &frame, &length) != HOST_FRAME)
            break;
        const enum status status =
            host_step_parse(store, "Function", "folder", frame, length, &step, &error);
        check_error(status, &error);
        if (status == STATUS_OK) {
            struct text text;
            text_init(&text, &memory);
            host_step_describe(&text, store, &step);
            MUST(host_step_equal(store, &step, &step));
            text_release(&text);
        }
    }
    host_channel_release(&channel);
    value_store_destroy(store);
    MUST(memory.used == 0);
}

/* --- DynamoDB --- */

static const char *const preparations[] = {
    "{\"target\":\"DynamoDB_20120810.CreateTable\",\"body\":{\"TableName\":\"T\",\"KeySchema\":[{"
    "\"AttributeName\":\"k\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"s\",\"KeyType\":\"RANGE\"}]"
    ",\"AttributeDefinitions\":[{\"AttributeName\":\"k\",\"AttributeType\":\"S\"},{"
    "\"AttributeName\":\"s\",\"AttributeType\":\"N\"}],\"BillingMode\":\"PAY_PER_REQUEST\","
    "\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"}}}",
    "{\"target\":\"DynamoDB_20120810.PutItem\",\"body\":{\"TableName\":\"T\",\"Item\":{\"k\":{"
    "\"S\":\"a\"},\"s\":{\"N\":\"1\"},\"l\":{\"L\":[{\"N\":\"1\"},{\"S\":\"b\"}]},\"m\":{\"M\":{"
    "\"x\":{\"N\":\"2\"}}},\"n\":{\"N\":\"3\"},\"ss\":{\"SS\":[\"a\",\"b\"]}}}}",
};

static struct local_aws *prepare(struct memory *memory, struct text *answer)
{
    struct local_aws *aws = NULL;
    struct error error = ERROR_INIT;
    MUST(local_aws_create(memory, &aws, &error) == STATUS_OK);
    for (size_t i = 0; i < sizeof preparations / sizeof *preparations; i++)
        MUST(local_aws_answer(aws, preparations[i], strlen(preparations[i]), answer, &error) ==
             STATUS_OK);
    return aws;
}

static void ask(struct local_aws *aws, struct memory *memory, const char *line, size_t length)
{
    struct text answer;
    struct error error = ERROR_INIT;
    text_init(&answer, memory);
    check_error(local_aws_answer(aws, line, length, &answer, &error), &error);
    text_release(&answer);
}

void fuzz_request(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct text answer;
    char *text = copy_text(bytes, size);
    memory_init(&memory, MEMORY_MAX);
    text_init(&answer, &memory);
    struct local_aws *aws = prepare(&memory, &answer);
    for (char *line = text; line < text + size;) {
        const size_t length = strcspn(line, "\n");
        ask(aws, &memory, line, length);
        line += length + 1;
    }
    local_aws_destroy(aws);
    text_release(&answer);
    MUST(memory.used == 0);
    free(text);
}

/* The first byte says which expression the rest is. */
void fuzz_expression(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *operation;
        const char *member;
        const char *rest;
    } kinds[] = {
        {"UpdateItem", "UpdateExpression", "\"Key\":{\"k\":{\"S\":\"a\"},\"s\":{\"N\":\"1\"}}"},
        {"PutItem", "ConditionExpression", "\"Item\":{\"k\":{\"S\":\"a\"},\"s\":{\"N\":\"1\"}}"},
        {"Query", "KeyConditionExpression", "\"Limit\":5"},
        {"Scan", "FilterExpression", "\"Limit\":5"},
        {"GetItem", "ProjectionExpression", "\"Key\":{\"k\":{\"S\":\"a\"},\"s\":{\"N\":\"1\"}}"}};
    struct memory memory;
    struct text answer;
    struct text line;
    if (size == 0)
        return;
    const size_t kind = bytes[0] % (sizeof kinds / sizeof *kinds);
    char *text = copy_text(bytes + 1, size - 1);
    memory_init(&memory, MEMORY_MAX);
    text_init(&answer, &memory);
    text_init(&line, &memory);
    struct local_aws *aws = prepare(&memory, &answer);
    text_append_format(
        &line, "{\"target\":\"DynamoDB_20120810.%s\",\"body\":{\"TableName\":\"T\",%s,\"%s\":",
        kinds[kind].operation, kinds[kind].rest, kinds[kind].member);
    text_append_json_string(&line, text, strlen(text));
    if (strchr(text, ':') != NULL)
        text_append_string(&line, ",\"ExpressionAttributeValues\":{\":v\":{\"N\":\"1\"}}");
    if (strchr(text, '#') != NULL)
        text_append_string(&line, ",\"ExpressionAttributeNames\":{\"#n\":\"n\"}");
    text_append_string(&line, "}}");
    ask(aws, &memory, line.bytes, line.length);
    local_aws_destroy(aws);
    text_release(&line);
    text_release(&answer);
    MUST(memory.used == 0);
    free(text);
}

/* --- numbers --- */

/* Two numbers with a blank between. */
void fuzz_decimal(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes;
    const char *blank = size > 0 ? memchr(text, ' ', size) : NULL;
    const size_t length = blank != NULL ? (size_t)(blank - text) : size;
    struct decimal a;
    struct decimal b;
    struct decimal again;
    struct decimal sum;
    char printed[DECIMAL_TEXT_SIZE];
    if (decimal_parse(text, length, &a) != DECIMAL_OK)
        return;
    MUST(decimal_text(&a, printed) == strlen(printed));
    MUST(decimal_parse(printed, strlen(printed), &again) == DECIMAL_OK);
    MUST(decimal_compare(&a, &again) == 0);
    int64_t integer = 0;
    if (decimal_to_integer(&a, &integer)) {
        again = decimal_from_integer(integer);
        MUST(decimal_compare(&a, &again) == 0);
    }
    if (blank == NULL || decimal_parse(blank + 1, size - length - 1, &b) != DECIMAL_OK)
        return;
    MUST(decimal_compare(&a, &b) == -decimal_compare(&b, &a));
    if (decimal_add(&a, &b, &sum) == DECIMAL_OK) {
        MUST(decimal_subtract(&sum, &b, &again) != DECIMAL_OK || decimal_compare(&again, &a) == 0);
        MUST(decimal_add(&b, &a, &again) == DECIMAL_OK && decimal_compare(&again, &sum) == 0);
    }
}

/* --- the run database --- */

static void read_all(struct run_database *database, struct memory *memory)
{
    struct arena arena;
    struct error error = ERROR_INIT;
    const struct run_filter filter = {.since_ms = INT64_MIN};
    struct run_record *rows = NULL;
    size_t count = 0;
    arena_init(&arena, memory);
    const enum status status = run_database_list(database, &filter, &arena, &rows, &count, &error);
    check_error(status, &error);
    for (size_t i = 0; status == STATUS_OK && i < count && i < 4; i++) {
        struct run_code *codes = NULL;
        struct run_violation *violations = NULL;
        const char *result = NULL;
        size_t length = 0;
        (void)run_database_codes(database, rows[i].id, &arena, &codes, &length, &error);
        (void)run_database_violations(database, rows[i].id, true, &arena, &violations, &length,
                                      &error);
        (void)run_database_result(database, rows[i].id, &arena, &result, &length, &error);
    }
    arena_release(&arena);
}

void fuzz_database(const uint8_t *bytes, size_t size)
{
    struct memory memory;
    struct error error = ERROR_INIT;
    struct run_database *database = NULL;
    char folder[] = "/dev/shm/oncecheck-fuzz-XXXXXX";
    char file[sizeof folder + 8];
    MUST(mkdtemp(folder) != NULL);
    (void)snprintf(file, sizeof file, "%s/db", folder);
    FILE *stream = fopen(file, "wb");
    MUST(stream != NULL && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
    memory_init(&memory, MEMORY_MAX);
    const enum status status = run_database_open(&memory, file, &database, &error);
    check_error(status, &error);
    if (status == STATUS_OK)
        read_all(database, &memory);
    run_database_close(database);
    MUST(memory.used == 0);
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[sizeof file + 16];
        (void)snprintf(name, sizeof name, "%s%s", file, suffixes[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
}
