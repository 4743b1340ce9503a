/* The code of a function: where it is found and its digest. */
#ifndef ONCECHECK_CHECKER_PACKAGE_H
#define ONCECHECK_CHECKER_PACKAGE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/hash.h"
#include "model/pipeline.h"

#include <stdbool.h>

enum {
    PACKAGE_FILES_MAX = 20000,
    PACKAGE_FILE_SIZE_MAX = 256 << 20, /* bytes; Lambda's own limit is 250 MB unzipped */
    PACKAGE_DEPTH_MAX = 32,
    READ_FILE_SIZE_MAX = 1 << 26
};

/* The code of `function` below `solution`: the folder NAME or NAMEPackage; or what the template's
 * CodeUri or S3Key says, a folder or a .zip archive, there or beside the other functions
 * ("assets/StateLambdaPackage.zip": that file, or assets/StateLambdaPackage/, or either without
 * "assets/"). *path is NULL if there is none. A folder without the file that the function's Handler
 * names is an error. Archives are unpacked below `unpack_folder`. */
enum status package_find(const char *solution, const struct function_config *function,
                         const char *unpack_folder, struct arena *arena, const char **path,
                         struct error *error);

/* What a CodeUri, ContentUri or S3Key says, looked for in the same places; *path NULL: nothing. */
enum status package_find_uri(const char *solution, const char *code_uri, const char *unpack_folder,
                             struct arena *arena, const char **path, struct error *error);

/* The file that the function's Handler names, relative to its package: "lambda_function.py". */
enum status package_handler_file(const struct function_config *function, char *name, size_t size,
                                 struct error *error);

/* `path` must be a folder that holds the file of the function's Handler. */
enum status package_check(const char *path, const struct function_config *function,
                          struct error *error);

/* A digest of all files below `path` (names and contents; __pycache__ and .git left out) and of the
 * Handler. */
enum status package_digest(const char *path, const struct function_config *function,
                           struct memory *memory, struct hash128 *digest, struct error *error);

/* True for the names that the digest leaves out, "." and ".." among them. */
bool package_leaves_out(const char *name);

/* True if `path` is a folder (a file). */
bool path_is_folder(const char *path);
bool path_is_file(const char *path);

/* The whole of a file, NUL-terminated. Errors name the file. */
enum status read_file(const char *path, size_t size_max, struct arena *arena, const char **bytes,
                      size_t *length, struct error *error);

#endif
