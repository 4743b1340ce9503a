#include "model/base/archive.h"

#include "model/base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, TITLE_MAX = 256, FILE_MODE = 0600 };

/* No array is longer; a count above comes from another file than it seems. */
#define COUNT_MAX (SIZE_MAX / 4096)

struct block_header {
    uint64_t size;
    struct hash128 hash;
};

struct archive {
    struct memory *memory;
    char file[PATH_SIZE];
    char beside[PATH_SIZE]; /* while it is written */
    int descriptor;
    bool reads;
    bool renamed;
    struct hash128 hash; /* of the block before */
    uint8_t *block;
    size_t size;     /* bytes in it */
    size_t position; /* reading: bytes used of it */
    struct error error;
};

static void fail_by_system(struct archive *archive, const char *what)
{
    if (archive->error.status == STATUS_OK)
        (void)error_set(&archive->error, STATUS_SYSTEM, "cannot %s %s: %s", what, archive->file,
                        strerror(errno));
}

void archive_reject(struct archive *archive, const char *what)
{
    if (archive->error.status == STATUS_OK)
        (void)error_set(&archive->error, STATUS_BAD_INPUT, "%s %s", archive->file, what);
}

void archive_no_memory(struct archive *archive)
{
    if (archive->error.status == STATUS_OK)
        (void)error_set(&archive->error, STATUS_NO_MEMORY, "out of memory for %s", archive->file);
}

const char *archive_file(const struct archive *archive) { return archive->file; }

bool archive_reads(const struct archive *archive) { return archive->reads; }

bool archive_failed(const struct archive *archive) { return archive->error.status != STATUS_OK; }

enum status archive_status(const struct archive *archive, struct error *error)
{
    if (archive_failed(archive))
        *error = archive->error;
    return archive->error.status;
}

static void write_all(struct archive *archive, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;
    while (size > 0 && !archive_failed(archive)) {
        ssize_t written = write(archive->descriptor, rest, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            fail_by_system(archive, "write");
            return;
        }
        rest += written;
        size -= (size_t)written;
    }
}

/* False: the file ends before, or reading fails. */
static bool read_all(struct archive *archive, void *bytes, size_t size)
{
    uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t got = read(archive->descriptor, rest, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            fail_by_system(archive, "read");
        if (got <= 0)
            return false;
        rest += got;
        size -= (size_t)got;
    }
    return true;
}

static struct hash128 chain(const struct archive *archive)
{
    struct hash128 own = hash128_tagged(archive->hash.low, archive->block, archive->size);
    const struct hash128 both[] = {archive->hash, own};
    return hash128_combine(archive->size, both, 2);
}

static void write_block(struct archive *archive)
{
    struct block_header header = {.size = archive->size, .hash = chain(archive)};
    write_all(archive, &header, sizeof header);
    write_all(archive, archive->block, archive->size);
    archive->hash = header.hash;
    archive->size = 0;
}

static void read_block(struct archive *archive)
{
    struct block_header header;
    archive->size = 0;
    archive->position = 0;
    if (!read_all(archive, &header, sizeof header)) {
        archive_reject(archive, "is cut off");
        return;
    }
    if (header.size == 0 || header.size > ARCHIVE_BLOCK_SIZE) {
        archive_reject(archive, "is damaged");
        return;
    }
    if (!read_all(archive, archive->block, header.size)) {
        archive_reject(archive, "is cut off");
        return;
    }
    archive->size = header.size;
    if (!hash128_equal(chain(archive), header.hash)) {
        archive->size = 0;
        archive_reject(archive, "is damaged");
        return;
    }
    archive->hash = header.hash;
}

void archive_write(struct archive *archive, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;
    CHECK(!archive->reads);
    while (size > 0 && !archive_failed(archive)) {
        if (archive->size == ARCHIVE_BLOCK_SIZE)
            write_block(archive);
        size_t room = ARCHIVE_BLOCK_SIZE - archive->size;
        size_t part = size < room ? size : room;
        memcpy(archive->block + archive->size, rest, part);
        archive->size += part;
        rest += part;
        size -= part;
    }
}

static void read_bytes(struct archive *archive, void *bytes, size_t size)
{
    uint8_t *rest = bytes;
    while (size > 0 && !archive_failed(archive)) {
        size_t left = archive->size - archive->position;
        if (left == 0) {
            read_block(archive);
            continue;
        }
        size_t part = size < left ? size : left;
        memcpy(rest, archive->block + archive->position, part);
        archive->position += part;
        rest += part;
        size -= part;
    }
    if (size > 0)
        memset(rest, 0, size);
}

void archive_bytes(struct archive *archive, void *bytes, size_t size)
{
    if (archive->reads)
        read_bytes(archive, bytes, size);
    else
        archive_write(archive, bytes, size);
}

void archive_count(struct archive *archive, size_t *count, size_t limit)
{
    uint64_t number = *count;
    ARCHIVE(archive, number);
    if (archive->reads && number > limit) {
        archive_reject(archive, "holds more than there can be");
        number = 0;
    }
    *count = number;
}

void archive_array(struct archive *archive, struct memory *memory, void **items, size_t *count,
                   size_t *capacity, size_t size)
{
    size_t elements = *count;
    void *array = NULL;
    archive_count(archive, &elements, COUNT_MAX);
    /* `items` usually points to a pointer of another type: see memory_reserve */
    memcpy(&array, items, sizeof array);
    if (archive->reads) {
        *count = 0;
        if (elements > 0 && !memory_reserve(memory, &array, capacity, elements, size)) {
            archive_no_memory(archive);
            return;
        }
        memcpy(items, &array, sizeof array);
    }
    if (elements > 0)
        archive_bytes(archive, array, elements * size);
    if (archive->reads && !archive_failed(archive))
        *count = elements;
}

static struct archive *make(struct memory *memory, const char *file, struct error *error)
{
    struct archive *archive = memory_allocate_zeroed(memory, 1, sizeof *archive);
    uint8_t *block = memory_allocate(memory, ARCHIVE_BLOCK_SIZE);
    if (archive == NULL || block == NULL) {
        memory_free(memory, archive, sizeof *archive);
        memory_free(memory, block, ARCHIVE_BLOCK_SIZE);
        (void)error_set(error, STATUS_NO_MEMORY, "out of memory for %s", file);
        return NULL;
    }
    archive->memory = memory;
    archive->block = block;
    archive->descriptor = -1;
    archive->error = (struct error)ERROR_INIT;
    int length = snprintf(archive->file, PATH_SIZE, "%s", file);
    int beside = snprintf(archive->beside, PATH_SIZE, "%s.part", archive->file);
    if (length >= 0 && length < PATH_SIZE && beside >= 0 && beside < PATH_SIZE)
        return archive;
    archive_close(archive);
    (void)error_set(error, STATUS_BAD_INPUT, "%s: the path is too long", file);
    return NULL;
}

/* The archive if nothing has failed, else the error. */
static enum status hand_out(struct archive *made, struct archive **archive, struct error *error)
{
    enum status status = archive_status(made, error);
    *archive = status == STATUS_OK ? made : NULL;
    if (status != STATUS_OK)
        archive_close(made);
    return status;
}

enum status archive_create(struct memory *memory, const char *file, const char *title,
                           struct archive **archive, struct error *error)
{
    *archive = NULL;
    struct archive *made = make(memory, file, error);
    if (made == NULL)
        return error->status;
    made->descriptor =
        open(made->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (made->descriptor < 0)
        fail_by_system(made, "write");
    write_all(made, title, strlen(title));
    write_all(made, "\n", 1);
    return hand_out(made, archive, error);
}

enum status archive_open(struct memory *memory, const char *file, const char *title,
                         struct archive **archive, struct error *error)
{
    char found[TITLE_MAX];
    size_t length = strlen(title);
    CHECK(length < TITLE_MAX);
    *archive = NULL;
    struct archive *made = make(memory, file, error);
    if (made == NULL)
        return error->status;
    made->reads = true;
    made->descriptor = open(made->file, O_RDONLY | O_CLOEXEC);
    if (made->descriptor < 0)
        fail_by_system(made, "read");
    else if (!read_all(made, found, length + 1) || memcmp(found, title, length) != 0 ||
             found[length] != '\n')
        archive_reject(made, "is no such file as this program writes");
    return hand_out(made, archive, error);
}

/* The new name is on the disk too. A file system that has no such thing has said so: not ours. */
static void sync_folder(const struct archive *archive)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s", archive->file);
    int folder = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    (void)fsync(folder);
    (void)close(folder);
}

static void finish_writing(struct archive *archive)
{
    if (archive->size > 0)
        write_block(archive);
    if (!archive_failed(archive) && fsync(archive->descriptor) != 0)
        fail_by_system(archive, "write");
    int closed = close(archive->descriptor);
    archive->descriptor = -1;
    if (closed != 0)
        fail_by_system(archive, "write");
    if (!archive_failed(archive) && rename(archive->beside, archive->file) != 0)
        fail_by_system(archive, "write");
    archive->renamed = !archive_failed(archive);
    if (archive->renamed)
        sync_folder(archive);
}

enum status archive_finish(struct archive *archive, struct error *error)
{
    char more = 0;
    if (!archive->reads)
        finish_writing(archive);
    else if (!archive_failed(archive) &&
             (archive->position < archive->size || read_all(archive, &more, 1)))
        archive_reject(archive, "is longer than it should be");
    return archive_status(archive, error);
}

void archive_close(struct archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->descriptor >= 0)
        (void)close(archive->descriptor); /* only read from, or to be removed */
    if (!archive->reads && !archive->renamed)
        (void)unlink(archive->beside); /* it may never have been made */
    memory_free(archive->memory, archive->block, ARCHIVE_BLOCK_SIZE);
    memory_free(archive->memory, archive, sizeof *archive);
}
