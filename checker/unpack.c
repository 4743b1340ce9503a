#include "checker/unpack.h"

#include "checker/package.h"
#include "model/base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { PATH_SIZE = 4096, BUFFER_SIZE = 65536 };

static enum status failed(struct error *error, const char *what, const char *path)
{
    return error_set(error, STATUS_SYSTEM, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Make a folder and those above it. */
static enum status make_folders(const char *path, struct error *error)
{
    char folder[PATH_SIZE];
    size_t length = strlen(path);
    if (length >= sizeof folder)
        return error_set(error, STATUS_LIMIT, "%s: the path is too long", path);
    memcpy(folder, path, length + 1);
    for (char *c = folder + 1;; c++) {
        if (*c != '/' && *c != '\0')
            continue;
        char kept = *c;
        *c = '\0';
        if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST)
            return failed(error, "make the folder", folder);
        *c = kept;
        if (kept == '\0')
            return STATUS_OK;
    }
}

/* What lies in a folder of somebody else's might be changed by them. */
static enum status check_owner(const char *folder, struct error *error)
{
    struct stat found;
    if (lstat(folder, &found) != 0)
        return failed(error, "look at", folder);
    if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid())
        return error_set(error, STATUS_SYSTEM, "%s is not a folder of this user's", folder);
    return STATUS_OK;
}

static enum status write_all(int file, const char *bytes, size_t length, const char *path,
                             struct error *error)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failed(error, "write", path);
        bytes += written;
        length -= (size_t)written;
    }
    return STATUS_OK;
}

/* A name in an archive that stays below the folder it is unpacked into. */
static bool is_safe(const char *name)
{
    if (name[0] == '/' || name[0] == '\0' || strlen(name) > PATH_SIZE / 2)
        return false;
    for (const char *part = name; part != NULL;) {
        size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.')
            return false;
        part = part[length] == '/' ? part + length + 1 : NULL;
    }
    return strchr(name, '\\') == NULL;
}

/* Where an archive is being unpacked. */
struct unpacking {
    const char *path; /* of the archive */
    const char *folder;
    zip_t *zip;
    uint64_t size; /* bytes so far */
};

static enum status copy_file(struct unpacking *unpacking, zip_file_t *from, int file,
                             const char *target, struct error *error)
{
    char buffer[BUFFER_SIZE];
    for (;;) {
        zip_int64_t count = zip_fread(from, buffer, sizeof buffer);
        if (count < 0)
            return error_set(error, STATUS_BAD_INPUT, "%s: the archive is damaged at %s",
                             unpacking->path, target + strlen(unpacking->folder) + 1);
        if (count == 0)
            return STATUS_OK;
        unpacking->size += (uint64_t)count;
        if (unpacking->size > UNPACK_SIZE_MAX)
            return error_set(error, STATUS_LIMIT, "%s: more than %d MB of files", unpacking->path,
                             UNPACK_SIZE_MAX >> 20);
        enum status status = write_all(file, buffer, (size_t)count, target, error);
        if (status != STATUS_OK)
            return status;
    }
}

static enum status unpack_entry(struct unpacking *unpacking, zip_uint64_t index,
                                struct error *error)
{
    const char *name = zip_get_name(unpacking->zip, index, ZIP_FL_ENC_GUESS);
    char target[PATH_SIZE];
    if (name == NULL || !is_safe(name))
        return error_set(error, STATUS_BAD_INPUT, "%s: the name '%.100s' leads out of the archive",
                         unpacking->path, name == NULL ? "" : name);
    int length = snprintf(target, sizeof target, "%s/%s", unpacking->folder, name);
    if (length <= 0 || (size_t)length >= sizeof target)
        return error_set(error, STATUS_LIMIT, "%s: the path is too long", name);
    if (target[length - 1] == '/') {
        target[length - 1] = '\0';
        return make_folders(target, error);
    }
    char *slash = strrchr(target, '/');
    *slash = '\0';
    enum status status = make_folders(target, error);
    *slash = '/';
    if (status != STATUS_OK)
        return status;
    zip_file_t *from = zip_fopen_index(unpacking->zip, index, 0);
    if (from == NULL)
        return error_set(error, STATUS_BAD_INPUT, "%s: %s cannot be read: %s", unpacking->path,
                         name, zip_strerror(unpacking->zip));
    int file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    status =
        file < 0 ? failed(error, "write", target) : copy_file(unpacking, from, file, target, error);
    if (file >= 0 && close(file) != 0 && status == STATUS_OK)
        status = failed(error, "write", target);
    (void)zip_fclose(from); /* only read from */
    return status;
}

static enum status unpack_entries(const char *path, const char *folder, struct error *error)
{
    int reason = 0;
    struct unpacking unpacking = {
        .path = path, .folder = folder, .zip = zip_open(path, ZIP_RDONLY, &reason)};
    if (unpacking.zip == NULL) {
        zip_error_t why;
        zip_error_init_with_code(&why, reason);
        enum status status = error_set(error, STATUS_BAD_INPUT, "%s is no zip archive: %s", path,
                                       zip_error_strerror(&why));
        zip_error_fini(&why);
        return status;
    }
    zip_int64_t count = zip_get_num_entries(unpacking.zip, 0);
    enum status status = STATUS_OK;
    if (count > UNPACK_FILES_MAX)
        status =
            error_set(error, STATUS_LIMIT, "%s holds more than %d files", path, UNPACK_FILES_MAX);
    for (zip_int64_t i = 0; status == STATUS_OK && i < count; i++)
        status = unpack_entry(&unpacking, (zip_uint64_t)i, error);
    zip_discard(unpacking.zip);
    return status;
}

/* The folder for contents with this digest; *ready: it is there already. *draft, where the contents
 * are to be written before finish() gives them their name. */
static enum status prepare(const char *folder, struct hash128 digest, struct arena *arena,
                           const char **unpacked, char **draft, struct error *error)
{
    char hex[HASH128_TEXT_SIZE];
    *draft = NULL;
    enum status status = make_folders(folder, error);
    if (status == STATUS_OK)
        status = check_owner(folder, error);
    if (status != STATUS_OK)
        return status;
    *unpacked = arena_format(arena, "%s/%s", folder, hash128_text(digest, hex));
    if (*unpacked == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (path_is_folder(*unpacked))
        return check_owner(*unpacked, error);
    *draft = arena_format(arena, "%s/draft-XXXXXX", folder);
    if (*draft == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return mkdtemp(*draft) == NULL ? failed(error, "make a folder below", folder) : STATUS_OK;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Give the draft its name, or remove it where that is not to be. Another process may have been
 * quicker; what it made is the same. */
static enum status finish(const char *draft, const char *unpacked, enum status status,
                          struct error *error)
{
    enum { OPEN_FOLDERS_MAX = 16 };
    if (status == STATUS_OK && rename(draft, unpacked) == 0)
        return STATUS_OK;
    if (status == STATUS_OK && !path_is_folder(unpacked))
        status = failed(error, "rename", draft);
    (void)nftw(draft, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
    return status;
}

enum status unpack_archive(const char *path, const char *folder, struct arena *arena,
                           const char **unpacked, struct error *error)
{
    struct arena scratch;
    arena_init(&scratch, arena->memory);
    const char *bytes = NULL;
    size_t length = 0;
    char *draft = NULL;
    enum status status = read_file(path, UNPACK_SIZE_MAX, &scratch, &bytes, &length, error);
    if (status == STATUS_OK)
        status = prepare(folder, hash128_bytes(bytes, length), arena, unpacked, &draft, error);
    arena_release(&scratch);
    if (status != STATUS_OK || draft == NULL)
        return status;
    return finish(draft, *unpacked, unpack_entries(path, draft, error), error);
}

static enum status write_text(const char *folder, const char *name, const char *text,
                              struct error *error)
{
    char target[PATH_SIZE];
    int length = snprintf(target, sizeof target, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof target)
        return error_set(error, STATUS_LIMIT, "%s: the path is too long", name);
    int file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return failed(error, "write", target);
    enum status status = write_all(file, text, strlen(text), target, error);
    if (close(file) != 0 && status == STATUS_OK)
        status = failed(error, "write", target);
    return status;
}

enum status unpack_text(const char *text, const char *name, const char *folder, struct arena *arena,
                        const char **unpacked, struct error *error)
{
    const struct hash128 parts[] = {hash128_bytes(name, strlen(name)),
                                    hash128_bytes(text, strlen(text))};
    char *draft = NULL;
    enum status status =
        prepare(folder, hash128_combine(0, parts, 2), arena, unpacked, &draft, error);
    if (status != STATUS_OK || draft == NULL)
        return status;
    return finish(draft, *unpacked, write_text(draft, name, text, error), error);
}

/* --- copies --- */

static enum status copy_one(const char *from, const char *to, struct memory *memory,
                            struct error *error)
{
    struct arena arena;
    arena_init(&arena, memory);
    const char *bytes = NULL;
    size_t length = 0;
    int file = -1;
    enum status status = read_file(from, PACKAGE_FILE_SIZE_MAX, &arena, &bytes, &length, error);
    if (status == STATUS_OK) {
        file = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        status = file < 0 ? failed(error, "write", to) : write_all(file, bytes, length, to, error);
    }
    if (file >= 0 && close(file) != 0 && status == STATUS_OK)
        status = failed(error, "write", to);
    arena_release(&arena);
    return status;
}

/* Into a folder that is there. NOLINTNEXTLINE(misc-no-recursion): at most PACKAGE_DEPTH_MAX deep */
static enum status copy_folder(const char *from, const char *to, unsigned depth,
                               struct memory *memory, struct error *error)
{
    struct dirent **entries = NULL;
    int count = depth > PACKAGE_DEPTH_MAX ? -1 : scandir(from, &entries, NULL, alphasort);
    if (count < 0)
        return failed(error, "read the folder", from);
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char source[PATH_SIZE];
        char target[PATH_SIZE];
        int length = snprintf(source, sizeof source, "%s/%s", from, name);
        int other = snprintf(target, sizeof target, "%s/%s", to, name);
        if (status == STATUS_OK && !package_leaves_out(name)) {
            if (length < 0 || (size_t)length >= sizeof source || other < 0 ||
                (size_t)other >= sizeof target)
                status = error_set(error, STATUS_LIMIT, "%s: the path is too long", from);
            else if (path_is_folder(source))
                status = mkdir(target, S_IRWXU) != 0
                             ? failed(error, "make the folder", target)
                             : copy_folder(source, target, depth + 1, memory, error);
            else if (path_is_file(source))
                status = copy_one(source, target, memory, error);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum status unpack_copy(const char *path, struct hash128 digest, const char *folder,
                        struct arena *arena, const char **unpacked, struct error *error)
{
    char *draft = NULL;
    enum status status = prepare(folder, digest, arena, unpacked, &draft, error);
    if (status != STATUS_OK || draft == NULL)
        return status;
    return finish(draft, *unpacked, copy_folder(path, draft, 0, arena->memory, error), error);
}
