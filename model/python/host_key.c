/* What decides a function's steps, as hashes. */
#include "model/python/host_process.h"
#include "model/python/host_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Change it when events, inputs, seeds or steps come to mean something else. */
    PROTOCOL_VERSION = 2,
    TAG_FILE = 0x46494c,
    TAG_KEY = 0x4b4559,
    READ_SIZE = 64 << 10
};

/* --- files outside the package --- */

struct hash128 python_host_files_state(const char *files)
{
    struct hash128 state = {0};
    while (*files != '\0') {
        char path[PATH_MAX];
        struct stat found;
        const size_t length = strcspn(files, "\n");
        int64_t facts[4] = {0};
        if (length < sizeof path) {
            memcpy(path, files, length);
            path[length] = '\0';
            if (stat(path, &found) == 0) {
                facts[0] = (int64_t)(found.st_mode & S_IFMT);
                facts[1] = S_ISREG(found.st_mode) ? (int64_t)found.st_size : 0;
                facts[2] = (int64_t)found.st_mtim.tv_sec;
                facts[3] = (int64_t)found.st_mtim.tv_nsec;
            }
        }
        const struct hash128 parts[] = {state, hash128_bytes(files, length),
                                        hash128_bytes(facts, sizeof facts)};
        state = hash128_combine(TAG_FILE, parts, 3);
        files += length;
        files += *files == '\n' ? 1 : 0;
    }
    return state;
}

/* --- our own files --- */

static enum status append_file(struct text *text, const char *folder, const char *name,
                               struct error *error)
{
    char path[PATH_MAX];
    char bytes[READ_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = length < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return error_set(error, STATUS_SYSTEM, "cannot open %s/%s: error %d", folder, name, errno);
    text_append_format(text, "%s\n", name);
    ssize_t count = 0;
    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        text_append(text, bytes, (size_t)count);
    close(fd);
    return count == 0 ? STATUS_OK
                      : error_set(error, STATUS_SYSTEM, "cannot read %s: error %d", path, errno);
}

static int is_runtime_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && (strcmp(dot, ".py") == 0 || strcmp(dot, ".so") == 0);
}

static enum status append_runtime(struct text *text, const char *folder, struct error *error)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_runtime_file, alphasort);
    enum status status = STATUS_OK;
    if (count < 0)
        return error_set(error, STATUS_SYSTEM, "cannot read folder %s: error %d", folder, errno);
    for (int i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = append_file(text, folder, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* --- the key --- */

/* Seeds and the keys of entries come from content hashes: should values be hashed in another way,
 * these mean something else. */
static struct hash128 hash_of_hashes(struct value_store *store)
{
    const struct value parts[] = {value_integer(store, -15), value_text(store, "text"),
                                  value_binary(store, "bytes", 5), value_null(store)};
    const struct value list = value_list(store, parts, sizeof parts / sizeof parts[0]);
    const struct value map = value_put_text(store, value_map(store, NULL, 0), "key", list);
    struct hash128 hash = {0};
    if (!value_is_none(map))
        hash = host_prefix_start(store, map, 1);
    return hash;
}

enum status python_host_key(struct value_store *store, const struct python_host_options *options,
                            struct hash128 package, struct hash128 *key, struct error *error)
{
    struct text text;
    char *folder = realpath(options->package_dir, NULL);
    if (folder == NULL)
        return error_set(error, STATUS_BAD_INPUT, "no folder %s, the package of %s",
                         options->package_dir, options->function->name);
    text_init(&text, value_store_memory(store));
    text_append_format(&text, "protocol %d\n%s\n", PROTOCOL_VERSION, options->python);
    host_append_config(&text, options, folder, &(struct host_zygote){.control = -1}, false);
    enum status status = append_runtime(&text, options->runtime_dir, error);
    if (status == STATUS_OK && text_failed(&text))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK) {
        const struct hash128 parts[] = {hash128_bytes(text.bytes, text.length), package,
                                        hash_of_hashes(store)};
        *key = hash128_combine(TAG_KEY, parts, 3);
    }
    free(folder);
    text_release(&text);
    return status;
}
