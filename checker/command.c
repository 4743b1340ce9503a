#include "checker/command.h"

#include "checker/package.h"
#include "model/base/json.h"
#include "model/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double command_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int command_report_error(const struct error *error)
{
    char text[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE + 32];
    fprintf(stderr, "oncecheck: %s\n", error_format(error, text, sizeof text));
    switch (error->status) {
    case STATUS_NO_MEMORY:
    case STATUS_INTERRUPTED:
        return 3;
    case STATUS_NONDETERMINISTIC:
        return 4;
    case STATUS_OK:
    case STATUS_BAD_INPUT:
    case STATUS_UNSUPPORTED:
    case STATUS_SYSTEM:
    case STATUS_LIMIT:
    case STATUS_DEFERRED:
        break;
    }
    return 2;
}

static enum status write_stream(FILE *stream, const char *name, const char *bytes, size_t length,
                                struct error *error)
{
    if (fwrite(bytes, 1, length, stream) != length || fflush(stream) != 0)
        return error_set(error, STATUS_SYSTEM, "cannot write %s: %s", name, strerror(errno));
    return STATUS_OK;
}

enum status command_write_file(const char *file, const char *bytes, size_t length,
                               struct error *error)
{
    if (strcmp(file, "-") == 0)
        return write_stream(stdout, "standard output", bytes, length, error);
    /* what is no ordinary file (a pipe, /dev/null) is written as it is */
    bool plain = !path_is_folder(file) && (access(file, F_OK) != 0 || path_is_file(file));
    char beside[PATH_TEXT_SIZE];
    int needed =
        snprintf(beside, sizeof beside, plain ? "%s.%ld.part" : "%s", file, (long)getpid());
    if (needed < 0 || (size_t)needed >= sizeof beside)
        return error_set(error, STATUS_BAD_INPUT, "%s: the path is too long", file);
    FILE *stream = fopen(beside, "wb");
    if (stream == NULL)
        return error_set(error, STATUS_SYSTEM, "cannot write %s: %s", file, strerror(errno));
    enum status status = write_stream(stream, file, bytes, length, error);
    if (fclose(stream) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_SYSTEM, "cannot write %s: %s", file, strerror(errno));
    if (status == STATUS_OK && plain && rename(beside, file) != 0)
        status = error_set(error, STATUS_SYSTEM, "cannot write %s: %s", file, strerror(errno));
    if (status != STATUS_OK && plain)
        (void)remove(beside);
    return status;
}

enum status command_write_text(const char *file, const struct text *text, struct error *error)
{
    if (text_failed(text))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for %s",
                         strcmp(file, "-") == 0 ? "the output" : file);
    return command_write_file(file, text_string(text), text->length, error);
}

enum status command_write_json(const char *file, const struct value_store *store,
                               struct value value, struct error *error)
{
    struct text text;
    text_init(&text, value_store_memory(store));
    if (value_is_none(value) || value_store_failed(store))
        text.failed = true;
    else
        json_append_pretty(&text, store, value, 0);
    text_append_char(&text, '\n');
    enum status status = command_write_text(file, &text, error);
    text_release(&text);
    return status;
}

void command_fill_request(const struct options *options, const struct environment *environment,
                          struct memory *memory, struct run_request *request)
{
    *request = (struct run_request){.memory = memory,
                                    .data_dir = environment->data_dir,
                                    .runtime_dir = environment->runtime_dir,
                                    .scenario = options->scenario,
                                    .template_file = options->template_file,
                                    .parameters = &options->parameters,
                                    .solution = options->solution,
                                    .handlers = options->handlers,
                                    .override_count = options->override_count,
                                    .python = options->python,
                                    .python_environment = environment->python,
                                    .jail = options->jail,
                                    .seed = options->simulated.seed,
                                    .settings = options->settings,
                                    .setting_count = options->setting_count,
                                    .fault_limit = options->fault_limit,
                                    .unpack_dir = environment->unpack_dir,
                                    .share_code = options->share_code,
                                    .longest_delay = options->longest_delay,
                                    .fault_kinds = options->fault_kinds,
                                    .fault_kind_count = options->fault_kind_count,
                                    .merge_local_steps = options->merge_local_steps,
                                    .stage_order = options->stage_order,
                                    .shards_in_turn = options->shards_in_turn,
                                    .drop_dead_data = options->drop_dead_data};
    memcpy(request->overrides, options->overrides, sizeof request->overrides);
}

/* One number from a file such as /sys/fs/cgroup/memory.max; SIZE_MAX where there is none. */
static size_t read_number(const char *file)
{
    FILE *stream = fopen(file, "r");
    char line[64] = "";
    if (stream == NULL)
        return SIZE_MAX;
    char *read = fgets(line, sizeof line, stream);
    (void)fclose(stream); /* only read from */
    if (read == NULL || line[0] < '0' || line[0] > '9')
        return SIZE_MAX;
    return strtoull(line, NULL, 10);
}

static size_t available_memory(void)
{
    FILE *stream = fopen("/proc/meminfo", "r");
    char line[256];
    size_t available = SIZE_MAX;
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, "MemAvailable:", 13) == 0)
            available = strtoull(line + 13, NULL, 10) * 1024;
    }
    if (stream != NULL)
        (void)fclose(stream); /* only read from */
    return available;
}

size_t command_memory_limit(const struct options *options)
{
    if (options->memory_max > 0)
        return options->memory_max;
    size_t limit = available_memory();
    size_t cgroup = read_number("/sys/fs/cgroup/memory.max");
    size_t used = read_number("/sys/fs/cgroup/memory.current");
    if (cgroup != SIZE_MAX && used != SIZE_MAX && cgroup > used && cgroup - used < limit)
        limit = cgroup - used;
    return limit == SIZE_MAX ? limit : limit / 4 * 3;
}

/* Of what is given for everything, at least a half is for what is computed. */
enum { OWN_SHARE = 2 };

size_t command_search_memory_limit(const struct options *options)
{
    size_t limit = command_memory_limit(options);
    size_t own = options->memory_max > 0 ? process_memory_own() : 0;
    return own < limit / OWN_SHARE ? limit - own : limit - limit / OWN_SHARE;
}

bool command_hosts_exceed(struct process_memory_watch *watch, struct memory *memory,
                          unsigned memories, size_t more)
{
    return memory->limit != SIZE_MAX &&
           process_memory_watch_exceeds(watch,
                                        (memory->limit - atomic_load(&memory->used)) * memories,
                                        more, command_seconds);
}

static int is_scenario(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* Name, first line of the description. What is no scenario (the template) is left out. */
static enum status list_scenario(const char *path, struct memory *memory, struct text *text,
                                 struct error *error)
{
    struct arena arena;
    struct scenario scenario;
    struct error ignored = ERROR_INIT;
    arena_init(&arena, memory);
    enum status status = scenario_read(path, &arena, &scenario, &ignored);
    if (status == STATUS_OK)
        text_append_format(text, "%-16s %s\n", scenario.name,
                           scenario.description == NULL ? "" : scenario.description);
    else if (status == STATUS_NO_MEMORY)
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    arena_release(&arena);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

int command_scenarios(const struct options *options, const struct environment *environment)
{
    (void)options;
    struct memory memory;
    struct text text;
    struct error error = ERROR_INIT;
    struct dirent **entries = NULL;
    char folder[PATH_TEXT_SIZE + 16];
    snprintf(folder, sizeof folder, "%s/scenarios", environment->data_dir);
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
    enum status status = STATUS_OK;
    int count = scandir(folder, &entries, is_scenario, alphasort);
    if (count < 0)
        status =
            error_set(&error, STATUS_SYSTEM, "cannot read folder %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_TEXT_SIZE];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (status == STATUS_OK)
            status = list_scenario(path, &memory, &text, &error);
        free(entries[i]);
    }
    free(entries);
    if (status == STATUS_OK)
        status = command_write_text("-", &text, &error);
    text_release(&text);
    return status == STATUS_OK ? 0 : command_report_error(&error);
}

const char *command_tagged_file(struct arena *arena, const char *file, const char *tag)
{
    if (strcmp(file, "-") == 0)
        return NULL;
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    const char *dot = strrchr(base, '.');
    if (dot == NULL || dot == base)
        dot = file + strlen(file);
    return arena_format(arena, "%.*s-%s%s", (int)(dot - file), file, tag, dot);
}

const char *command_numbered_file(struct arena *arena, const char *file, size_t number)
{
    char tag[24];
    (void)snprintf(tag, sizeof tag, "%zu", number);
    return number <= 1 ? file : command_tagged_file(arena, file, tag);
}

void command_warn(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "oncecheck: warning: %s\n", message);
}

void command_clear_progress(void) { fputs("\r\033[K", stderr); }

const char *command_cache_dir(const struct options *options, const struct environment *environment)
{
    const char *folder = options->cache_dir != NULL ? options->cache_dir : environment->cache_dir;
    return options->no_cache || folder[0] == '\0' ? NULL : folder;
}

void command_choose_cache(const struct options *options, const struct environment *environment,
                          struct run_request *request)
{
    request->warn = command_warn;
    request->cache_dir = command_cache_dir(options, environment);
}
