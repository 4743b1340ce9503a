#include "model/base/archive.h"

#include "model/base/id_map.h"
#include "model/base/value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE "a file of test_archive.c"

enum { LONG = 3 * ARCHIVE_BLOCK_SIZE + 17 };

static struct memory memory;
static struct error error;
static char folder[] = "/tmp/test_archive.XXXXXX";
static char file[64];
static uint8_t bytes[LONG];

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    error = (struct error)ERROR_INIT;
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/file", folder);
    for (size_t i = 0; i < LONG; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void teardown(void)
{
    (void)unlink(file);
    cr_expect_eq(rmdir(folder), 0); /* nothing is left beside */
    cr_assert_eq(memory.used, 0);
}

TestSuite(archive, .init = setup, .fini = teardown);

static void write_file(size_t size)
{
    struct archive *archive = NULL;
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    archive_bytes(archive, bytes, size);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
}

/* The status of reading `size` bytes, which are those written if it is OK. */
static enum status read_file(size_t size)
{
    static uint8_t found[LONG];
    struct archive *archive = NULL;
    enum status status = archive_open(&memory, file, TITLE, &archive, &error);
    if (status != STATUS_OK)
        return status;
    archive_bytes(archive, found, size);
    status = archive_finish(archive, &error);
    if (status == STATUS_OK)
        cr_assert_eq(memcmp(found, bytes, size), 0);
    archive_close(archive);
    return status;
}

Test(archive, gives_back_what_was_written)
{
    const size_t sizes[] = {1, ARCHIVE_BLOCK_SIZE - 1, ARCHIVE_BLOCK_SIZE, ARCHIVE_BLOCK_SIZE + 1,
                            LONG};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_file(sizes[i]);
        cr_expect_eq(read_file(sizes[i]), STATUS_OK);
    }
}

Test(archive, notices_every_changed_byte)
{
    enum { SIZE = 300 };
    struct stat found;
    write_file(SIZE);
    cr_assert_eq(stat(file, &found), 0);
    for (long i = 0; i < found.st_size; i++) {
        FILE *stream = fopen(file, "r+b");
        cr_assert_not_null(stream);
        cr_assert_eq(fseek(stream, i, SEEK_SET), 0);
        int byte = fgetc(stream);
        for (int turn = 0; turn < 2; turn++) { /* change it, and change it back */
            cr_assert_eq(fseek(stream, i, SEEK_SET), 0);
            cr_assert_eq(fputc(turn == 0 ? byte ^ 1 : byte, stream), turn == 0 ? byte ^ 1 : byte);
            cr_assert_eq(fflush(stream), 0);
            cr_expect_eq(read_file(SIZE), turn == 0 ? STATUS_BAD_INPUT : STATUS_OK, "byte %ld", i);
        }
        cr_assert_eq(fclose(stream), 0);
    }
}

Test(archive, notices_a_file_of_another_length)
{
    enum { SIZE = 300 };
    struct stat found;
    write_file(SIZE);
    cr_assert_eq(stat(file, &found), 0);
    for (long length = found.st_size - 1; length >= 0; length--) {
        cr_assert_eq(truncate(file, length), 0);
        cr_expect_eq(read_file(SIZE), STATUS_BAD_INPUT, "%ld bytes", length);
    }
    write_file(SIZE);
    cr_assert_eq(truncate(file, found.st_size + 1), 0);
    cr_expect_eq(read_file(SIZE), STATUS_BAD_INPUT);
    write_file(SIZE);
    cr_expect_eq(read_file(SIZE - 1), STATUS_BAD_INPUT); /* not all of it was asked for */
}

Test(archive, leaves_the_file_before_until_all_is_written)
{
    struct archive *archive = NULL;
    write_file(100);
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    archive_bytes(archive, bytes, LONG);
    cr_expect_eq(read_file(100), STATUS_OK);
    archive_close(archive);
    cr_expect_eq(read_file(100), STATUS_OK);
}

Test(archive, fails_where_nothing_can_be_written)
{
    struct archive *archive = NULL;
    cr_expect_eq(archive_create(&memory, "/proc/none", TITLE, &archive, &error), STATUS_SYSTEM);
    cr_expect_null(archive);
    cr_expect_eq(archive_open(&memory, file, TITLE, &archive, &error), STATUS_SYSTEM);
    cr_expect_null(archive);
}

Test(archive, refuses_a_count_above_the_limit)
{
    struct archive *archive = NULL;
    size_t count = 8;
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    archive_count(archive, &count, 8);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
    cr_assert_eq(archive_open(&memory, file, TITLE, &archive, &error), STATUS_OK);
    archive_count(archive, &count, 7);
    cr_expect_eq(count, 0);
    cr_expect_eq(archive_finish(archive, &error), STATUS_BAD_INPUT);
    archive_close(archive);
}

Test(archive, reads_an_array_and_fails_without_memory)
{
    uint32_t numbers[] = {4, 8, 15, 16, 23, 42};
    void *items = numbers;
    size_t count = 6;
    size_t capacity = 6;
    struct archive *archive = NULL;
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    archive_array(archive, &memory, &items, &count, &capacity, sizeof numbers[0]);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
    for (int fails = 0; fails < 2; fails++) {
        items = NULL;
        count = capacity = 0;
        cr_assert_eq(archive_open(&memory, file, TITLE, &archive, &error), STATUS_OK);
        memory.fail_at = fails != 0 ? memory.requests + 1 : 0;
        archive_array(archive, &memory, &items, &count, &capacity, sizeof numbers[0]);
        memory.fail_at = 0;
        cr_expect_eq(archive_finish(archive, &error), fails != 0 ? STATUS_NO_MEMORY : STATUS_OK);
        cr_expect_eq(count, fails != 0 ? 0 : 6);
        cr_expect(fails != 0 || memcmp(items, numbers, sizeof numbers) == 0);
        archive_close(archive);
        memory_free(&memory, items, capacity * sizeof numbers[0]);
    }
}

/* Values of every kind, those in chunks among them. */
static void make_values(struct value_store *store)
{
    struct value list = value_list(store, NULL, 0);
    struct value map = value_map(store, NULL, 0);
    struct value words[] = {value_text(store, "b"), value_text(store, "a")};
    for (int64_t i = 0; i < 400; i++) {
        struct value number = value_integer(store, i * 31);
        list = value_append(store, list, number);
        map = value_put(store, map, number, list);
    }
    (void)value_null(store);
    (void)value_bool(store, true);
    (void)value_binary(store, bytes, 1000);
    (void)value_set(store, VALUE_STRING_SET, words, 2);
    cr_assert_not(value_store_failed(store));
}

Test(archive, gives_values_their_ids_and_maps_their_entries)
{
    struct value_store *store = value_store_create(&memory);
    struct value_store *read = value_store_create(&memory);
    struct id_map map;
    struct archive *archive = NULL;
    uint32_t number = 0;
    make_values(store);
    id_map_init(&map, &memory);
    for (uint32_t i = 0; i < 1000; i++)
        cr_assert(id_map_put(&map, (uint64_t)i << 33, i));
    cr_assert_eq(archive_create(&memory, file, TITLE, &archive, &error), STATUS_OK);
    value_store_archive(store, archive);
    id_map_archive(&map, archive);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
    id_map_clear(&map);
    cr_assert(id_map_put(&map, 77, 1)); /* not in the file */
    cr_assert_eq(archive_open(&memory, file, TITLE, &archive, &error), STATUS_OK);
    value_store_archive(read, archive);
    id_map_archive(&map, archive);
    cr_assert_eq(archive_finish(archive, &error), STATUS_OK);
    archive_close(archive);
    cr_expect_eq(value_store_count(read), value_store_count(store));
    for (uint32_t id = 1; id <= value_store_count(store); id++)
        cr_assert(hash128_equal(value_hash(store, (struct value){id}),
                                value_hash(read, (struct value){id})));
    make_values(read); /* they are found */
    cr_expect_eq(value_store_count(read), value_store_count(store));
    cr_expect_eq(map.count, 1000);
    cr_expect(id_map_find(&map, UINT64_C(999) << 33, &number) && number == 999);
    id_map_release(&map);
    value_store_destroy(store);
    value_store_destroy(read);
}
