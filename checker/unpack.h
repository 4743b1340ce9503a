/* Code of functions that is no folder yet: archives (.zip), and sources written into a template.
 *
 * It is unpacked once, into a folder named after a digest of what it holds, so that the same code
 * always lies at the same place and is found again by the next run. */
#ifndef ONCECHECK_CHECKER_UNPACK_H
#define ONCECHECK_CHECKER_UNPACK_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/hash.h"

enum {
    UNPACK_FILES_MAX = 20000,
    UNPACK_SIZE_MAX = 256 << 20 /* bytes of all files; Lambda's own limit is 250 MB unzipped */
};

/* Unpack the archive at `path` below `folder`, which is made where it is missing, for its owner
 * alone; one that belongs to somebody else is refused. *unpacked is the folder of the code. Names
 * that lead out of it are refused. */
enum status unpack_archive(const char *path, const char *folder, struct arena *arena,
                           const char **unpacked, struct error *error);

/* The same with one file `name` that holds `text`. */
enum status unpack_text(const char *text, const char *name, const char *folder, struct arena *arena,
                        const char **unpacked, struct error *error);

/* The same with a copy of the folder at `path`, whose contents have this digest (package_digest),
 * without what the digest leaves out. */
enum status unpack_copy(const char *path, struct hash128 digest, const char *folder,
                        struct arena *arena, const char **unpacked, struct error *error);

#endif
