/* A file of structures as they lie in memory, to be read back by the program that wrote it.
 *
 * One function for each structure serves both ways: it names the structure's parts in order, and
 * the archive writes them or fills them. So what is written and what is read cannot differ.
 *
 * The file is a line that says what it is, then blocks: number of bytes, XXH3 of these bytes seeded
 * with the hash of the block before, the bytes. A block is compared with its hash before anything
 * in it is used: a file that is cut off or damaged is an error and not a wrong structure. That is
 * no protection against somebody who makes such a file on purpose.
 *
 * Writing goes to a file beside, which takes the name of the one that was there only when all of it
 * is on the disk (fsync, rename, fsync of the folder): so there is always an old one or a new one,
 * never half of one.
 *
 * The first failure is kept; all calls after it do nothing, but that reading fills with zeros. */
#ifndef ONCECHECK_MODEL_BASE_ARCHIVE_H
#define ONCECHECK_MODEL_BASE_ARCHIVE_H

#include "model/base/error.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_BLOCK_SIZE = 65536 };

struct archive;

/* `title` is the line that the file begins with, without newline. STATUS_SYSTEM: the file cannot be
 * made or read; STATUS_BAD_INPUT: it is no such file, or damaged. On failure *archive is NULL. */
enum status archive_create(struct memory *memory, const char *file, const char *title,
                           struct archive **archive, struct error *error);
enum status archive_open(struct memory *memory, const char *file, const char *title,
                         struct archive **archive, struct error *error);

/* Writing: everything is on the disk under its name. Reading: all of the file was read. Whatever
 * failed before fails here at the latest. */
enum status archive_finish(struct archive *archive, struct error *error);

/* What was written without archive_finish is removed. `archive` may be NULL. */
void archive_close(struct archive *archive);

const char *archive_file(const struct archive *archive);
bool archive_reads(const struct archive *archive);
bool archive_failed(const struct archive *archive);

/* Fail, because what was read does not fit what is there, or for want of memory. */
void archive_reject(struct archive *archive, const char *what);
void archive_no_memory(struct archive *archive);

/* What failed first; STATUS_OK: nothing. */
enum status archive_status(const struct archive *archive, struct error *error);

void archive_bytes(struct archive *archive, void *bytes, size_t size);
#define ARCHIVE(archive, object) archive_bytes((archive), &(object), sizeof(object))

/* Of an archive that is written. */
void archive_write(struct archive *archive, const void *bytes, size_t size);

/* A count; reading one above `limit` fails. */
void archive_count(struct archive *archive, size_t *count, size_t limit);

/* A growing array of *count elements (memory_reserve), which reading makes longer where needed. */
void archive_array(struct archive *archive, struct memory *memory, void **items, size_t *count,
                   size_t *capacity, size_t size);

#endif
