#include "model/handler_cache.h"

#include "model/base/database.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct memory memory;
static struct value_store *store;
static struct handler_cache *cache;
static struct handler_cache_function function;
static char folder[64];
static char file[96];
static char warning[4096]; /* the last one */
static int warnings;

static const struct hash128 key = {1, 2};
static const struct handler_cache_facts facts = {"Python 3", "/usr/bin/python3\n", {3, 4}};

static void warn(void *context, const char *message)
{
    (void)context;
    snprintf(warning, sizeof warning, "%s", message);
    warnings++;
}

static struct handler_cache *open_cache(uint64_t bytes_max)
{
    const struct handler_cache_options options = {
        .folder = folder, .bytes_max = bytes_max, .warn = warn};
    return handler_cache_open(&memory, store, &options);
}

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    strcpy(folder, "/tmp/test_handler_cache.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/handlers.db", folder);
    cache = open_cache(0);
    cr_assert_not_null(cache);
    handler_cache_add(cache, key, &facts, &function);
    cr_assert_neq(function.id, 0);
}

static void tear_down(void)
{
    static const char *const endings[] = {"db", "db-wal", "db-shm", "db-journal", "claims"};
    handler_cache_close(cache);
    value_store_destroy(store);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/handlers.%s", folder, endings[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(folder), 0);
    cr_assert_eq(memory.used, 0);
}

TestSuite(handler_cache, .init = set_up, .fini = tear_down, .timeout = 60);

static struct handler_step call_of(const char *table)
{
    const struct value name = value_text(store, table);
    return (struct handler_step){
        .kind = HANDLER_CALL,
        .target = value_text(store, "DynamoDB_20120810.PutItem"),
        .request = value_put_text(store, value_map(store, NULL, 0), "TableName", name),
        .fresh_token = true,
        .detail = VALUE_NONE,
        .file = value_text(store, "app.py"),
        .line = 77,
        .output = value_text(store, "printed\n"),
        .slept_ms = 1500};
}

static struct hash128 prefix_of(uint64_t number) { return (struct hash128){number, 99}; }

static void put(uint64_t number)
{
    char table[32];
    snprintf(table, sizeof table, "T%llu", (unsigned long long)number);
    const struct handler_step step = call_of(table);
    handler_cache_put(cache, &function, prefix_of(number), &step);
}

static bool has(uint64_t number)
{
    char table[32];
    struct handler_step step;
    if (!handler_cache_get(cache, &function, prefix_of(number), &step))
        return false;
    snprintf(table, sizeof table, "T%llu", (unsigned long long)number);
    const struct handler_step expected = call_of(table);
    cr_assert_eq(step.kind, HANDLER_CALL);
    cr_assert(value_equal(step.target, expected.target));
    cr_assert(value_equal(step.request, expected.request));
    cr_assert(value_equal(step.file, expected.file));
    cr_assert(value_equal(step.output, expected.output));
    cr_assert(value_is_none(step.detail));
    cr_assert(step.fresh_token && step.line == 77 && step.slept_ms == 1500);
    return true;
}

static void reopen(uint64_t bytes_max)
{
    handler_cache_close(cache);
    cache = open_cache(bytes_max);
}

static bool find(void)
{
    struct handler_cache_facts found;
    if (!handler_cache_find(cache, key, &function, &found))
        return false;
    cr_assert_str_eq(found.versions, facts.versions);
    cr_assert_str_eq(found.files, facts.files);
    cr_assert(hash128_equal(found.state, facts.state));
    return true;
}

/* Run SQL on the file, as nobody should. */
static void spoil(const char *sql)
{
    static const char *const none[] = {""};
    const struct database_schema schema = {"handler cache", 0x6f6e6368, none, 1, 1000};
    struct database *database = NULL;
    struct error error = ERROR_INIT;
    cr_assert_eq(database_open(&memory, file, &schema, &database, &error), STATUS_OK, "%s",
                 error.message);
    cr_assert_eq(database_execute(database, sql, &error), STATUS_OK, "%s", error.message);
    database_close(database);
}

static void overwrite(long offset, size_t size)
{
    FILE *stream = fopen(file, "r+b");
    cr_assert_not_null(stream);
    cr_assert_eq(fseek(stream, offset, SEEK_SET), 0);
    for (size_t i = 0; i < size; i++)
        (void)fputc(0x5a, stream);
    cr_assert_eq(fclose(stream), 0);
}

Test(handler_cache, keeps_steps_for_the_next_run)
{
    const struct handler_step end = {.kind = HANDLER_RETURN,
                                     .target = VALUE_NONE,
                                     .request = VALUE_NONE,
                                     .detail = value_null(store),
                                     .file = value_text(store, ""),
                                     .output = value_text(store, "")};
    struct handler_step step;
    for (uint64_t i = 0; i < HANDLER_CACHE_BATCH + 7; i++)
        put(i);
    handler_cache_put(cache, &function, prefix_of(1000), &end);
    cr_assert(has(0) && has(HANDLER_CACHE_BATCH + 6), "written and pending ones");
    reopen(0);
    cr_assert(find());
    for (uint64_t i = 0; i < HANDLER_CACHE_BATCH + 7; i++)
        cr_assert(has(i));
    cr_assert_not(has(500));
    cr_assert(handler_cache_get(cache, &function, prefix_of(1000), &step));
    cr_assert(step.kind == HANDLER_RETURN && value_equal(step.detail, end.detail));
    cr_assert_eq(warnings, 0);
}

Test(handler_cache, does_not_keep_ends_that_the_machine_may_have_caused)
{
    struct handler_step step = {.kind = HANDLER_EXIT,
                                .detail = value_map(store, NULL, 0),
                                .file = value_text(store, ""),
                                .output = value_text(store, "")};
    handler_cache_put(cache, &function, prefix_of(1), &step);
    step.kind = HANDLER_HANG;
    handler_cache_put(cache, &function, prefix_of(2), &step);
    cr_assert_not(handler_cache_get(cache, &function, prefix_of(1), &step));
    cr_assert_not(handler_cache_get(cache, &function, prefix_of(2), &step));
}

Test(handler_cache, a_dropped_function_takes_its_entries_and_no_others)
{
    struct handler_cache_function other;
    const struct handler_step step = call_of("T1");
    struct handler_step found;
    handler_cache_add(cache, prefix_of(5), &facts, &other);
    handler_cache_put(cache, &other, prefix_of(1), &step);
    put(1);
    handler_cache_flush(cache);
    put(2);
    handler_cache_drop(cache, &function);
    cr_assert_eq(function.id, 0);
    cr_assert_not(find());
    cr_assert(handler_cache_get(cache, &other, prefix_of(1), &found));
    handler_cache_add(cache, key, &facts, &function);
    cr_assert_not(has(1));
    cr_assert_not(has(2));
}

Test(handler_cache, a_function_with_other_files_begins_anew)
{
    struct handler_cache_facts changed = facts;
    put(1);
    handler_cache_flush(cache);
    handler_cache_add(cache, key, &facts, &function);
    cr_assert(has(1));
    changed.state.low++;
    handler_cache_add(cache, key, &changed, &function);
    cr_assert_not(has(1));
}

Test(handler_cache, drops_damaged_entries_and_says_so_once)
{
    for (uint64_t i = 0; i < 4; i++)
        put(i);
    handler_cache_flush(cache);
    spoil("UPDATE step SET body = substr(body, 1, 20) WHERE prefix ="
          " (SELECT min(prefix) FROM step)");
    spoil("UPDATE step SET seal = x'00' WHERE prefix = (SELECT max(prefix) FROM step)");
    cr_assert_not(has(0));
    cr_assert(has(1) && has(2));
    cr_assert_not(has(3));
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(warning, "an entry of the handler cache is damaged"));
    put(0);
    reopen(0);
    cr_assert(find() && has(0) && has(1) && has(2));
    cr_assert_not(has(3));
}

Test(handler_cache, an_entry_moved_to_another_function_is_damaged)
{
    struct handler_cache_function other;
    struct handler_step step;
    put(1);
    handler_cache_add(cache, prefix_of(5), &facts, &other);
    handler_cache_flush(cache);
    spoil("UPDATE step SET function = (SELECT max(id) FROM function)");
    cr_assert_not(handler_cache_get(cache, &other, prefix_of(1), &step));
    cr_assert_eq(warnings, 1);
}

Test(handler_cache, drops_a_function_with_damaged_facts)
{
    put(1);
    handler_cache_flush(cache);
    spoil("UPDATE function SET files = '/other'");
    cr_assert_not(find());
    cr_assert_eq(warnings, 1);
    handler_cache_add(cache, key, &facts, &function);
    cr_assert_not(has(1));
}

Test(handler_cache, removes_a_damaged_file_of_ours)
{
    for (uint64_t i = 0; i < 2000; i++)
        put(i);
    handler_cache_close(cache);
    overwrite(4096, 200000);
    cache = open_cache(0);
    const bool found = cache != NULL && find() && has(1999);
    cr_assert_not(found);
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(warning, "is removed"));
    cr_assert_neq(access(file, F_OK), 0);
    put(1); /* goes nowhere */
    reopen(0);
    handler_cache_add(cache, key, &facts, &function);
    put(1);
    cr_assert(has(1));
    cr_assert_eq(warnings, 1);
}

Test(handler_cache, survives_a_truncated_file)
{
    for (uint64_t i = 0; i < 2000; i++)
        put(i);
    handler_cache_close(cache);
    cr_assert_eq(truncate(file, 3 * 4096 + 17), 0);
    cache = open_cache(0);
    const bool found = cache != NULL && find() && has(1999);
    cr_assert_not(found);
    cr_assert_eq(warnings, 1);
}

Test(handler_cache, leaves_files_of_others_alone)
{
    struct stat before;
    struct stat after;
    handler_cache_close(cache);
    overwrite(0, 16);
    cr_assert_eq(stat(file, &before), 0);
    cache = open_cache(0);
    cr_assert_null(cache);
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(warning, "goes on without the cache"));
    cr_assert_eq(stat(file, &after), 0);
    cr_assert(before.st_size == after.st_size && before.st_ino == after.st_ino);
}

Test(handler_cache, leaves_a_file_of_a_newer_version_alone)
{
    handler_cache_close(cache);
    spoil("PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE)");
    cache = open_cache(0);
    cr_assert_null(cache);
    cr_assert_not_null(strstr(warning, "is of version 7"));
    cr_assert_eq(access(file, F_OK), 0);
}

Test(handler_cache, goes_on_without_where_there_is_no_folder)
{
    const struct handler_cache_options options = {.folder = "/dev/null/cache", .warn = warn};
    cr_assert_null(handler_cache_open(&memory, store, &options));
    cr_assert_eq(warnings, 1);
    struct handler_step step = call_of("T");
    struct handler_cache_facts found;
    struct handler_cache_function none = {0};
    cr_assert_not(handler_cache_find(NULL, key, &none, &found));
    handler_cache_add(NULL, key, &facts, &none);
    handler_cache_put(NULL, &none, prefix_of(1), &step);
    cr_assert_not(handler_cache_get(NULL, &none, prefix_of(1), &step));
    handler_cache_drop(NULL, &none);
    handler_cache_flush(NULL);
    handler_cache_close(NULL);
}

Test(handler_cache, goes_on_without_where_another_keeps_it_locked)
{
    struct handler_cache *first = cache;
    const struct database_schema schema = {"handler cache", 0x6f6e6368, (const char *const[]){""},
                                           1, 0};
    struct database *other = NULL;
    struct error error = ERROR_INIT;
    cr_assert_eq(database_open(&memory, file, &schema, &other, &error), STATUS_OK);
    cr_assert_eq(database_begin(other, &error), STATUS_OK);
    put(1);
    handler_cache_flush(first);
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(warning, "another process keeps the handler cache locked"));
    cr_assert_not(has(1));
    put(2);
    handler_cache_flush(first);
    cr_assert_eq(warnings, 1);
    database_close(other);
}

Test(handler_cache, is_shared)
{
    struct handler_cache *mine = cache;
    struct handler_cache *other = open_cache(0);
    struct handler_cache_function same;
    struct handler_cache_facts found;
    struct handler_step step = call_of("T7");
    cr_assert(handler_cache_find(other, key, &same, &found));
    put(1);
    handler_cache_put(other, &same, prefix_of(1), &step); /* too late */
    handler_cache_put(other, &same, prefix_of(7), &step);
    handler_cache_flush(mine);
    handler_cache_flush(other);
    cr_assert(has(1) && has(7));
    /* One finds the function changed; what the other writes for it goes nowhere. */
    handler_cache_drop(other, &same);
    put(3);
    handler_cache_flush(mine);
    cr_assert_not(has(1));
    handler_cache_close(other);
    cr_assert_eq(warnings, 0);
}

Test(handler_cache, keeps_to_its_limit)
{
    enum { LIMIT = 40000 }; /* bytes: more than the entries of one function, not of two */
    struct handler_cache_function young;
    struct handler_step step = call_of("T1");
    handler_cache_add(cache, prefix_of(5), &facts, &young);
    for (uint64_t i = 0; i < 200; i++) {
        put(i);
        handler_cache_put(cache, &young, prefix_of(i), &step);
    }
    reopen(0);
    cr_assert(find(), "used last");
    reopen(LIMIT);
    reopen(LIMIT);
    cr_assert(find() && has(0) && has(199));
    struct handler_cache_facts found;
    cr_assert_not(handler_cache_find(cache, prefix_of(5), &young, &found));
    /* A single function stops at the limit. */
    for (uint64_t i = 200; i < 1000; i++)
        put(i);
    handler_cache_flush(cache);
    cr_assert_lt(function.bytes, LIMIT + HANDLER_CACHE_BATCH * 400);
}

/* Whatever allocation fails: no crash, no leak, and no step but the right one. */
Test(handler_cache, survives_every_failing_allocation)
{
    handler_cache_close(cache);
    value_store_destroy(store);
    for (unsigned long long n = 1; n < 120; n++) {
        memory_init(&memory, SIZE_MAX);
        store = value_store_create(&memory);
        memory.fail_at = atomic_load(&memory.requests) + n;
        cache = open_cache(0);
        handler_cache_add(cache, key, &facts, &function);
        const struct handler_step step = call_of("T1");
        if (!value_store_failed(store)) {
            handler_cache_put(cache, &function, prefix_of(1), &step);
            handler_cache_flush(cache);
            memory.fail_at = 0;
            (void)has(1);
        }
        memory.fail_at = 0;
        handler_cache_close(cache);
        value_store_destroy(store);
        cr_assert_eq(memory.used, 0);
    }
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    cache = NULL;
}

/* Another process that claims a question, says so, and some time later answers it. */
static pid_t answer_elsewhere(int said, uint64_t number)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    cache = open_cache(0);
    struct handler_cache_facts found;
    if (cache == NULL || !handler_cache_find(cache, key, &function, &found))
        _exit(1);
    handler_cache_claim(cache, &function, prefix_of(number));
    if (write(said, "c", 1) != 1)
        _exit(2);
    usleep(50000);
    put(number);
    handler_cache_release_claim(cache);
    usleep(50000); /* the answer is there before this process ends */
    _exit(0);
}

Test(handler_cache, a_claimed_question_is_answered_once)
{
    int channel[2];
    char c = 0;
    int status = -1;
    handler_cache_close(cache);
    cache = NULL;
    cr_assert_eq(pipe(channel), 0);
    const pid_t other = answer_elsewhere(channel[1], 7);
    cache = open_cache(0);
    struct handler_cache_facts found;
    cr_assert(handler_cache_find(cache, key, &function, &found));
    cr_assert_eq(read(channel[0], &c, 1), 1);
    cr_assert_not(has(7));
    handler_cache_claim(cache, &function, prefix_of(8)); /* another question is free */
    cr_assert_not(has(7));
    handler_cache_release_claim(cache);
    handler_cache_claim(cache, &function, prefix_of(7));
    cr_assert(has(7));
    cr_assert_eq(waitpid(other, &status, WNOHANG), 0);
    handler_cache_release_claim(cache);
    cr_assert_eq(waitpid(other, &status, 0), other);
    cr_assert_eq(status, 0);
    cr_assert_eq(close(channel[0]), 0);
    cr_assert_eq(close(channel[1]), 0);
    cr_assert_eq(warnings, 0);
}
