#include "reports/run_database.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_SIZE = 128 };

static struct memory memory;
static struct arena arena;
static struct error error;
static char folder[64];
static char file[FILE_SIZE];
static struct run_database *database;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    error = (struct error)ERROR_INIT;
    strcpy(folder, "/tmp/test_run_database.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/runs.db", folder);
    cr_assert_eq(run_database_open(&memory, file, &database, &error), STATUS_OK, "%s",
                 error.message);
}

static void tear_down(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    run_database_close(database);
    arena_release(&arena);
    for (size_t i = 0; i < 3; i++) {
        char path[FILE_SIZE + 16];
        snprintf(path, sizeof path, "%s%s", file, endings[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(folder), 0);
    cr_assert_eq(memory.used, 0);
}

TestSuite(run_database, .init = set_up, .fini = tear_down);

static const struct run_record violated = {.started_ms = 1700000000123,
                                           .seconds = 1.5,
                                           .command = "verify",
                                           .oncecheck = "0.1.0",
                                           .scenario = "lab2",
                                           .scenario_text = "scenario: lab2\n",
                                           .template_text = "Resources: {}\n",
                                           .solution = "mine",
                                           .faults = "any: crash",
                                           .verdict = "violated",
                                           .exit_code = 1,
                                           .summary = "T1 v0 is counted twice",
                                           .states = 10,
                                           .transitions = 20,
                                           .depth = 5,
                                           .handler_events = 3,
                                           .handler_runs = 4,
                                           .peak_memory_bytes = 5000000000};

static const struct run_code codes[] = {
    {.function = "Reduce", .path = "mine/Reduce", .digest = "abc", .fallback = false},
    {.function = "Map", .path = NULL, .digest = "lab2", .fallback = true}};

static const struct run_violation violations[] = {
    {"exactly_once: counted twice, Reduce", "exactly_once", "T1 v0 is counted twice", "Reduce",
     "lambda_function.py", 76, "{\"format\": \"oncecheck-trace/1\"}"},
    {"no_stuck_shard", "no_stuck_shard", "a batch fails for ever", NULL, NULL, 0, "{}"}};

static int64_t add(const struct run_record *record)
{
    int64_t id = 0;
    cr_assert_eq(run_database_add(database, record, codes, 2, violations, 2, &id, &error),
                 STATUS_OK, "%s", error.message);
    cr_assert_eq(run_database_finish(database, id, "{\"run\": 1}", &error), STATUS_OK, "%s",
                 error.message);
    return id;
}

static int64_t count_of(const char *sql)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_open(file, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(handle));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(handle);
    return number;
}

Test(run_database, gives_back_what_was_recorded)
{
    struct run_record found;
    struct run_code *found_codes = NULL;
    struct run_violation *found_violations = NULL;
    const char *result = NULL;
    size_t count = 0;
    size_t length = 0;
    int64_t id = add(&violated);
    cr_assert_eq(run_database_find(database, id, &arena, &found, &error), STATUS_OK);
    cr_assert_eq(found.id, id);
    cr_assert_eq(found.started_ms, 1700000000123);
    cr_assert_eq(found.seconds, 1.5);
    cr_assert_str_eq(found.solution, "mine");
    cr_assert_null(found.handlers);
    cr_assert_str_eq(found.faults, "any: crash");
    cr_assert_eq(found.exit_code, 1);
    cr_assert_str_eq(found.summary, "T1 v0 is counted twice");
    cr_assert_eq(found.peak_memory_bytes, 5000000000);
    cr_assert_eq(run_database_codes(database, id, &arena, &found_codes, &count, &error), STATUS_OK);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(found_codes[0].function, "Map");
    cr_assert_null(found_codes[0].path);
    cr_assert(found_codes[0].fallback);
    cr_assert_str_eq(found_codes[1].digest, "abc");
    cr_assert_eq(
        run_database_violations(database, id, false, &arena, &found_violations, &count, &error),
        STATUS_OK);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(found_violations[0].file, "lambda_function.py");
    cr_assert_eq(found_violations[0].line, 76);
    cr_assert_null(found_violations[0].trace);
    cr_assert_null(found_violations[1].function);
    cr_assert_eq(
        run_database_violations(database, id, true, &arena, &found_violations, &count, &error),
        STATUS_OK);
    cr_assert_str_eq(found_violations[0].trace, violations[0].trace);
    cr_assert_eq(run_database_result(database, id, &arena, &result, &length, &error), STATUS_OK);
    cr_assert_str_eq(result, "{\"run\": 1}");
    cr_assert_eq(length, 10);
}

Test(run_database, a_run_without_its_result_is_not_recorded)
{
    int64_t id = 0;
    struct run_record found;
    cr_assert_eq(run_database_add(database, &violated, codes, 2, violations, 2, &id, &error),
                 STATUS_OK);
    run_database_close(database);
    cr_assert_eq(run_database_open(&memory, file, &database, &error), STATUS_OK);
    cr_assert_eq(run_database_find(database, id, &arena, &found, &error), STATUS_BAD_INPUT);
    cr_assert_eq(count_of("SELECT count(*) FROM source"), 0);
}

Test(run_database, lists_the_newest_first_and_filters)
{
    struct run_record other = violated;
    struct run_record *rows = NULL;
    size_t count = 0;
    other.scenario = "calm";
    other.verdict = "holds";
    other.solution = NULL;
    other.started_ms = 1800000000000;
    int64_t first = add(&violated);
    int64_t second = add(&other);
    struct run_filter filter = {.since_ms = INT64_MIN};
    cr_assert_eq(run_database_list(database, &filter, &arena, &rows, &count, &error), STATUS_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(rows[0].id, second);
    cr_assert_eq(rows[1].id, first);
    const struct run_filter filters[] = {{.scenario = "lab2", .since_ms = INT64_MIN},
                                         {.solution = "mine", .since_ms = INT64_MIN},
                                         {.verdict = "violated", .since_ms = INT64_MIN},
                                         {.verdict = "holds", .since_ms = INT64_MIN},
                                         {.since_ms = 1750000000000},
                                         {.rows_max = 1, .since_ms = INT64_MIN},
                                         {.scenario = "lab2", .verdict = "holds"}};
    const int64_t expected[] = {first, first, first, second, second, second, 0};
    for (size_t i = 0; i < 7; i++) {
        cr_assert_eq(run_database_list(database, &filters[i], &arena, &rows, &count, &error),
                     STATUS_OK);
        cr_assert_eq(count, expected[i] == 0 ? 0 : 1, "filter %zu", i);
        cr_assert(count == 0 || rows[0].id == expected[i], "filter %zu", i);
    }
}

Test(run_database, finds_the_newest)
{
    int64_t id = 0;
    cr_assert_eq(run_database_newest(database, 0, &id, &error), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "no run is recorded");
    int64_t first = add(&violated);
    int64_t second = add(&violated);
    cr_assert_eq(run_database_newest(database, 0, &id, &error), STATUS_OK);
    cr_assert_eq(id, second);
    cr_assert_eq(run_database_newest(database, 1, &id, &error), STATUS_OK);
    cr_assert_eq(id, first);
    cr_assert_eq(run_database_newest(database, 2, &id, &error), STATUS_BAD_INPUT);
}

Test(run_database, texts_are_kept_once_and_as_long_as_a_run_needs_them)
{
    struct run_record other = violated;
    other.scenario_text = "scenario: other\n";
    int64_t ids[] = {add(&violated), add(&violated), add(&other)};
    cr_assert_eq(count_of("SELECT count(*) FROM source"), 3);
    cr_assert_eq(run_database_delete(database, ids, 1, &error), STATUS_OK, "%s", error.message);
    cr_assert_eq(count_of("SELECT count(*) FROM source"), 3);
    cr_assert_eq(count_of("SELECT count(*) FROM violation"), 4);
    cr_assert_eq(run_database_delete(database, ids + 1, 1, &error), STATUS_OK);
    cr_assert_eq(count_of("SELECT count(*) FROM source"), 2);
    cr_assert_eq(run_database_delete(database, ids + 2, 1, &error), STATUS_OK);
    cr_assert_eq(count_of("SELECT count(*) FROM source"), 0);
    cr_assert_eq(count_of("SELECT count(*) FROM code"), 0);
    cr_assert_eq(count_of("SELECT count(*) FROM violation"), 0);
    cr_assert_gt(add(&violated), ids[2], "a number is never given twice");
}

Test(run_database, deletes_all_or_none)
{
    struct run_record found;
    int64_t ids[] = {add(&violated), 99};
    cr_assert_eq(run_database_delete(database, ids, 2, &error), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "there is no run 99");
    cr_assert_eq(run_database_find(database, ids[0], &arena, &found, &error), STATUS_OK);
}

Test(run_database, a_newer_version_is_refused)
{
    sqlite3 *handle = NULL;
    run_database_close(database);
    cr_assert_eq(sqlite3_open(file, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, "PRAGMA user_version = 9999", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(handle);
    cr_assert_eq(run_database_open(&memory, file, &database, &error), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "the run database is of version 9999"), "%s",
                       error.message);
}

static void change(const char *sql)
{
    sqlite3 *handle = NULL;
    cr_assert_eq(sqlite3_open(file, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(handle));
    (void)sqlite3_close(handle);
}

static enum status read_details(int64_t id)
{
    struct run_code *found_codes = NULL;
    struct run_violation *found_violations = NULL;
    const char *text = NULL;
    size_t length = 0;
    const enum status statuses[] = {
        run_database_codes(database, id, &arena, &found_codes, &length, &error),
        run_database_violations(database, id, true, &arena, &found_violations, &length, &error),
        run_database_result(database, id, &arena, &text, &length, &error),
        run_database_coverage(database, id, &arena, &text, &length, &error)};
    for (size_t i = 1; i < sizeof statuses / sizeof statuses[0]; i++)
        cr_assert_eq(statuses[i], statuses[0], "%zu", i);
    return statuses[0];
}

Test(run_database, shows_no_facts_that_were_not_recorded)
{
    static const char *const changes[] = {
        "UPDATE run SET verdict = 'holds'", "UPDATE run SET exit_code = 0",
        "UPDATE run SET summary = NULL",    "UPDATE run SET seconds = seconds * 2",
        "UPDATE run SET started_ms = 1",    "UPDATE run SET scenario = 'lab3'"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct run_filter filter = {.since_ms = INT64_MIN};
        struct run_record *rows = NULL;
        struct run_record found;
        size_t count = 0;
        int64_t id = add(&violated);
        change(changes[i]);
        cr_assert_eq(run_database_list(database, &filter, &arena, &rows, &count, &error),
                     STATUS_BAD_INPUT, "%s", changes[i]);
        cr_assert_eq(run_database_find(database, id, &arena, &found, &error), STATUS_BAD_INPUT);
        cr_assert_not_null(strstr(error.message, "is damaged"), "%s", error.message);
        cr_assert_eq(run_database_delete(database, &id, 1, &error), STATUS_OK);
    }
}

Test(run_database, shows_no_details_that_were_not_recorded)
{
    static const char *const changes[] = {
        "UPDATE run SET result = '{\"run\": 2}'",
        "UPDATE run SET coverage = '{}'",
        "UPDATE code SET digest = 'abd' WHERE function = 'Reduce'",
        "DELETE FROM code WHERE function = 'Map'",
        "UPDATE violation SET trace = '{}' WHERE n = 1",
        "UPDATE violation SET line = 0",
        "DELETE FROM violation"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        int64_t id = add(&violated);
        cr_assert_eq(read_details(id), STATUS_OK, "%s", error.message);
        change(changes[i]);
        cr_assert_eq(read_details(id), STATUS_BAD_INPUT, "%s", changes[i]);
        cr_assert_eq(run_database_delete(database, &id, 1, &error), STATUS_OK);
    }
}

/* A database from before there were digests. */
Test(run_database, runs_without_digests_are_shown)
{
    int64_t id = add(&violated);
    change("UPDATE run SET facts_digest = NULL, details_digest = NULL");
    cr_assert_eq(read_details(id), STATUS_OK, "%s", error.message);
}

Test(run_database, every_failing_allocation_is_a_status)
{
    struct run_filter filter = {.since_ms = INT64_MIN};
    struct run_violation *found = NULL;
    struct run_record *rows = NULL;
    size_t count = 0;
    for (int i = 0; i < 20; i++)
        (void)add(&violated);
    enum status status = STATUS_NO_MEMORY;
    for (unsigned long long n = 1; status != STATUS_OK; n++) {
        arena_release(&arena);
        arena_init(&arena, &memory);
        memory.fail_at = memory.requests + n;
        status = run_database_list(database, &filter, &arena, &rows, &count, &error);
        if (status == STATUS_OK)
            status = run_database_violations(database, 1, true, &arena, &found, &count, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    memory.fail_at = 0;
    cr_assert_eq(count, 2);
}

static void expect_key(const char *json, const char *expected)
{
    struct value_store *store = value_store_create(&memory);
    struct value violation;
    struct text key;
    cr_assert_eq(json_parse(store, json, strlen(json), NULL, &violation, &error), STATUS_OK);
    text_init(&key, &memory);
    run_database_append_key(&key, store, violation);
    cr_assert_str_eq(text_string(&key), expected);
    text_release(&key);
    value_store_destroy(store);
}

Test(run_database, a_key_says_what_became_of_the_messages_and_where)
{
    expect_key("{\"property\": \"exactly_once\", \"messages\": [{\"expected\": 1, \"counted\": 2}],"
               " \"code\": {\"function\": \"Reduce\"}}",
               "exactly_once: counted twice, Reduce");
    expect_key("{\"property\": \"exactly_once\", \"messages\": [{\"expected\": 1, \"counted\": 0},"
               " {\"expected\": 0, \"counted\": 1}], \"code\": null}",
               "exactly_once: lost, an old version counted");
    expect_key(
        "{\"property\": \"nothing_lost\", \"messages\": [{\"expected\": 1, \"counted\": 0}]}",
        "nothing_lost: lost");
    expect_key(
        "{\"property\": \"exactly_once\", \"messages\": [{\"expected\": 1, \"counted\": null}],"
        " \"code\": null}",
        "exactly_once: wrong");
    expect_key("{\"property\": \"no_stuck_shard\", \"messages\": [],"
               " \"code\": {\"function\": \"State\"}}",
               "no_stuck_shard, State");
    expect_key("{}", ": wrong");
}
