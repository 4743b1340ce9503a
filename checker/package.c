#include "checker/package.h"

#include "checker/unpack.h"

#include "model/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool path_is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

enum status read_file(const char *path, size_t size_max, struct arena *arena, const char **bytes,
                      size_t *length, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, STATUS_BAD_INPUT, "cannot open %s: %s", path, strerror(errno));
    struct text text;
    text_init(&text, arena->memory);
    char buffer[65536];
    size_t count = 0;
    while (text.length <= size_max && (count = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_append(&text, buffer, count);
    bool failed = ferror(file) != 0;
    int reason = errno;
    (void)fclose(file); /* only read from */
    enum status status = STATUS_OK;
    char *copy = NULL;
    if (failed)
        status = error_set(error, STATUS_BAD_INPUT, "cannot read %s: %s", path, strerror(reason));
    else if (text.length > size_max)
        status = error_set(error, STATUS_LIMIT, "%s is larger than %zu bytes", path, size_max);
    else if (text_failed(&text) ||
             (copy = arena_copy(arena, text_string(&text), text.length)) == NULL)
        status = error_set(error, STATUS_NO_MEMORY, "out of memory while reading %s", path);
    *bytes = copy;
    *length = text.length;
    text_release(&text);
    return status;
}

/* "lambda_function.lambda_handler" -> "lambda_function.py"; "src/app.handler" -> "src/app.py". */
enum status package_handler_file(const struct function_config *function, char *name, size_t size,
                                 struct error *error)
{
    const char *dot = strrchr(function->handler, '.');
    if (dot == NULL || dot == function->handler || dot[1] == '\0')
        return error_set(error, STATUS_BAD_INPUT,
                         "the Handler of %s is '%s', expected 'file.function'", function->name,
                         function->handler);
    int length = snprintf(name, size, "%.*s", (int)(dot - function->handler), function->handler);
    if (length < 0 || (size_t)length + 4 > size)
        return error_set(error, STATUS_LIMIT, "the Handler of %s is too long", function->name);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '.')
            *c = '/';
    }
    memcpy(name + length, ".py", 4);
    return STATUS_OK;
}

enum status package_check(const char *path, const struct function_config *function,
                          struct error *error)
{
    char name[256];
    enum status status = package_handler_file(function, name, sizeof name, error);
    if (status != STATUS_OK)
        return status;
    if (!path_is_folder(path))
        return error_set(error, STATUS_BAD_INPUT, "%s: no such folder (code of %s)", path,
                         function->name);
    char file[4096];
    int length = snprintf(file, sizeof file, "%s/%s", path, name);
    if (length < 0 || (size_t)length >= sizeof file)
        return error_set(error, STATUS_LIMIT, "%s: the path is too long", path);
    if (!path_is_file(file))
        return error_set(error, STATUS_BAD_INPUT,
                         "%s: no file %s, which the Handler '%s' of %s names", path, name,
                         function->handler, function->name);
    return STATUS_OK;
}

/* NAME or NAMEPackage. */
static enum status find_by_name(const char *solution, const struct function_config *function,
                                struct arena *arena, const char **path, struct error *error)
{
    static const char *const suffixes[] = {"", "Package"};
    for (size_t i = 0; i < 2; i++) {
        char *folder = arena_format(arena, "%s/%s%s", solution, function->name, suffixes[i]);
        if (folder == NULL)
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        if (!path_is_folder(folder))
            continue;
        if (*path != NULL)
            return error_set(error, STATUS_BAD_INPUT,
                             "%s holds both %s and %sPackage: which one is the code of %s?",
                             solution, function->name, function->name, function->name);
        *path = folder;
    }
    return STATUS_OK;
}

/* "assets/x.zip" of "s3://bucket/assets/x.zip" and of "./assets/x.zip"; "src" of "src/". NULL: no
 * memory. */
static const char *without_bucket(struct arena *arena, const char *uri)
{
    static const char scheme[] = "s3://";
    if (strncmp(uri, scheme, strlen(scheme)) == 0) {
        uri += strlen(scheme);
        uri += strcspn(uri, "/");
    }
    while (uri[0] == '/' || (uri[0] == '.' && uri[1] == '/'))
        uri++;
    size_t length = strlen(uri);
    while (length > 1 && uri[length - 1] == '/')
        length--;
    return arena_copy(arena, uri, length);
}

/* What CodeUri or S3Key says: as it is, without ".zip", and both without the folders before. */
enum status package_find_uri(const char *solution, const char *code_uri, const char *unpack_folder,
                             struct arena *arena, const char **path, struct error *error)
{
    static const char suffix[] = ".zip";
    const char *uri = without_bucket(arena, code_uri);
    if (uri == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    const char *slash = strrchr(uri, '/');
    const char *names[] = {uri, slash == NULL ? uri : slash + 1};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(names[i]);
        bool zipped =
            length > strlen(suffix) && strcmp(names[i] + length - strlen(suffix), suffix) == 0;
        char *file = arena_format(arena, "%s/%s", solution, names[i]);
        char *folder = arena_format(arena, "%s/%.*s", solution,
                                    (int)(zipped ? length - strlen(suffix) : length), names[i]);
        if (file == NULL || folder == NULL)
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        if (path_is_folder(folder)) {
            *path = folder;
            return STATUS_OK;
        }
        if (zipped && path_is_file(file))
            return unpack_archive(file, unpack_folder, arena, path, error);
    }
    return STATUS_OK;
}

enum status package_find(const char *solution, const struct function_config *function,
                         const char *unpack_folder, struct arena *arena, const char **path,
                         struct error *error)
{
    struct error ignored = ERROR_INIT;
    *path = NULL;
    enum status status = find_by_name(solution, function, arena, path, error);
    if (status != STATUS_OK)
        return status;
    /* a folder of that name may hold something else where the template says where the code is */
    const char *named = *path;
    if ((named == NULL || package_check(named, function, &ignored) != STATUS_OK) &&
        function->code_uri != NULL) {
        *path = NULL;
        status = package_find_uri(solution, function->code_uri, unpack_folder, arena, path, error);
        if (status == STATUS_OK && *path == NULL)
            *path = named;
    }
    return status != STATUS_OK || *path == NULL ? status : package_check(*path, function, error);
}

struct digest_walk {
    struct memory *memory;
    struct text text; /* names and digests of the files so far */
    size_t files;
};

bool package_leaves_out(const char *name)
{
    size_t length = strlen(name);
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "__pycache__") == 0 ||
           strcmp(name, ".git") == 0 || (length > 4 && strcmp(name + length - 4, ".pyc") == 0);
}

static enum status digest_file(struct digest_walk *walk, const char *path, const char *relative,
                               struct error *error)
{
    struct arena arena;
    arena_init(&arena, walk->memory);
    const char *bytes = NULL;
    size_t length = 0;
    enum status status = read_file(path, PACKAGE_FILE_SIZE_MAX, &arena, &bytes, &length, error);
    if (status == STATUS_OK) {
        char hex[HASH128_TEXT_SIZE];
        text_append_format(&walk->text, "%s\n%s\n", relative,
                           hash128_text(hash128_bytes(bytes, length), hex));
        if (++walk->files > PACKAGE_FILES_MAX)
            status = error_set(error, STATUS_LIMIT, "more than %d files in a package",
                               PACKAGE_FILES_MAX);
    }
    arena_release(&arena);
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PACKAGE_DEPTH_MAX deep */
static enum status digest_folder(struct digest_walk *walk, const char *path, const char *relative,
                                 unsigned depth, struct error *error)
{
    struct dirent **entries = NULL;
    if (depth > PACKAGE_DEPTH_MAX)
        return error_set(error, STATUS_LIMIT, "%s: folders nested more than %d deep", path,
                         PACKAGE_DEPTH_MAX);
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot read folder %s: %s", path,
                         strerror(errno));
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char file[4096];
        char below[4096];
        int length = snprintf(file, sizeof file, "%s/%s", path, name);
        (void)snprintf(below, sizeof below, "%s/%s", relative, name);
        if (status == STATUS_OK && !package_leaves_out(name)) {
            if (length < 0 || (size_t)length >= sizeof file)
                status = error_set(error, STATUS_LIMIT, "%s: the path is too long", path);
            else if (path_is_folder(file))
                status = digest_folder(walk, file, below, depth + 1, error);
            else if (path_is_file(file))
                status = digest_file(walk, file, below, error);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum status package_digest(const char *path, const struct function_config *function,
                           struct memory *memory, struct hash128 *digest, struct error *error)
{
    struct digest_walk walk = {.memory = memory};
    text_init(&walk.text, memory);
    text_append_format(&walk.text, "%s\n", function->handler);
    enum status status = digest_folder(&walk, path, "", 0, error);
    if (status == STATUS_OK && text_failed(&walk.text))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK)
        *digest = hash128_bytes(text_string(&walk.text), walk.text.length);
    text_release(&walk.text);
    return status;
}
