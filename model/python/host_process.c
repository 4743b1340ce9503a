#include "model/python/host_process.h"

#include "model/base/json.h"
#include "model/base/text.h"
#include "model/python/host_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CONTROL_FD = 3, /* as in host.py */
    MESSAGE_MAX = 64 << 10,
    REPLY_SIZE = 256,
    TREE_FILES_OPEN = 16
};

/* --- starting --- */

static void append_member(struct text *text, const char *name, const char *value)
{
    const char *known = value != NULL ? value : "";
    text_append_format(text, ", \"%s\": ", name);
    text_append_json_string(text, known, strlen(known));
}

void host_append_config(struct text *text, const struct python_host_options *options,
                        const char *package, const struct host_zygote *zygote, bool late)
{
    const struct function_config *function = options->function;
    text_append_format(text,
                       "{\"late\": %s, \"memory_mb\": %u, \"timeout_s\": %u, \"clock_ms\": %lld",
                       late ? "true" : "false", function->memory_mb, function->timeout_s,
                       (long long)options->clock_ms);
    if (options->note_lines)
        text_append_string(text, ", \"lines\": true");
    if (options->note_sources)
        text_append_string(text, ", \"sources\": true");
    append_member(text, "package", package);
    append_member(text, "handler", function->handler);
    append_member(text, "name", function->name);
    append_member(text, "region", PIPELINE_REGION);
    append_member(text, "account", PIPELINE_ACCOUNT);
    append_member(text, "seed", zygote->seed);
    append_member(text, "scratch", zygote->scratch);
    text_append_format(text, ", \"jail\": %d", options->jail);
    for (size_t i = 0; i < options->layer_count; i++) {
        text_append_string(text, i == 0 ? ", \"layers\": [" : ", ");
        text_append_json_string(text, options->layers[i], strlen(options->layers[i]));
        text_append_string(text, i + 1 == options->layer_count ? "]" : "");
    }
    text_append_string(text, ", \"environment\": {");
    for (size_t i = 0; i < function->environment_count; i++) {
        const struct environment_variable *variable = &function->environment[i];
        if (i > 0)
            text_append_string(text, ", ");
        text_append_json_string(text, variable->name, strlen(variable->name));
        text_append_string(text, ": ");
        text_append_json_string(text, variable->value, strlen(variable->value));
    }
    text_append_string(text, "}}");
}

/* The program, with `control` as CONTROL_FD and no other file of ours. */
static int spawn(pid_t *pid, const char *python, const char *folder, int control,
                 char *const *arguments, char *const *environment)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int result = posix_spawn_file_actions_adddup2(&actions, control, CONTROL_FD);
    for (int fd = 0; fd < CONTROL_FD && result == 0; fd++)
        result = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    if (result == 0)
        result = posix_spawn_file_actions_addclosefrom_np(&actions, CONTROL_FD + 1);
    if (result == 0)
        result = posix_spawn_file_actions_addchdir_np(&actions, folder);
    /* A process group of its own: the terminal's interrupt is not meant for it. */
    sigfillset(&signals);
    if (result == 0)
        result = posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    if (result == 0)
        result = posix_spawnattr_setsigmask(&attributes, &signals);
    if (result == 0)
        result = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    if (result == 0)
        result = posix_spawn(pid, python, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* Start host.py; `environment` is what the interpreter needs, host.py replaces it by Lambda's. */
static enum status spawn_host(struct host_zygote *zygote, struct memory *memory,
                              const struct python_host_options *options, const char *runtime,
                              const char *package, int control, struct error *error)
{
    struct text texts[6];
    for (size_t i = 0; i < 6; i++)
        text_init(&texts[i], memory);
    text_append_format(&texts[0], "%s/host.py", runtime);
    text_append_format(&texts[1], "LD_PRELOAD=%s/libvirtual.so", runtime);
    text_append_format(&texts[2], "PYTHONHASHSEED=%u", zygote->hash_seed);
    text_append_format(&texts[3], "ONCECHECK_PARENT=%ld", (long)getpid());
    text_append_string(&texts[4], options->python);
    text_append_string(&texts[5], "LC_ALL=C.UTF-8");
    bool failed = false;
    for (size_t i = 0; i < 6; i++)
        failed = failed || text_failed(&texts[i]);
    char bytecode[] = "-B"; /* writes nothing into the package */
    char user_site[] = "-s";
    char *arguments[] = {texts[4].bytes, bytecode, user_site, texts[0].bytes, NULL};
    char *environment[] = {texts[1].bytes, texts[2].bytes, texts[3].bytes, texts[5].bytes, NULL};
    int result = ENOMEM;
    if (!failed)
        result = spawn(&zygote->pid, options->python, package, control, arguments, environment);
    for (size_t i = 0; i < 6; i++)
        text_release(&texts[i]);
    if (failed)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (result != 0) {
        zygote->pid = 0;
        return error_set(error, STATUS_SYSTEM, "cannot start %s: error %d", options->python,
                         result);
    }
    return STATUS_OK;
}

static enum status send_message(const struct host_zygote *zygote, const char *bytes, size_t length,
                                struct error *error)
{
    ssize_t sent = -1;
    do {
        sent = send(zygote->control, bytes, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)length)
        return STATUS_OK;
    return error_set(error, STATUS_SYSTEM, "the Python host is gone");
}

/* The folder that its /tmp is to lie in: /tmp, since TMPDIR is the user's environment. */
static enum status make_scratch(struct host_zygote *zygote,
                                const struct python_host_options *options, struct error *error)
{
    static const char template[] = "/tmp/oncecheck-XXXXXX";
    _Static_assert(sizeof template <= HOST_SCRATCH_SIZE, "a place for the folder's name");
    if (options->jail == 0)
        return STATUS_OK;
    memcpy(zygote->scratch, template, sizeof template);
    if (mkdtemp(zygote->scratch) != NULL)
        return STATUS_OK;
    zygote->scratch[0] = '\0';
    return error_set(error, STATUS_SYSTEM, "cannot make a folder in /tmp: %s", strerror(errno));
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

/* Where the jail has no namespaces, runs that were killed have left their files. */
static void remove_scratch(struct host_zygote *zygote)
{
    if (zygote->scratch[0] != '\0' && rmdir(zygote->scratch) != 0)
        (void)nftw(zygote->scratch, remove_entry, TREE_FILES_OPEN,
                   FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    zygote->scratch[0] = '\0';
}

enum status host_zygote_start(struct host_zygote *zygote, struct memory *memory,
                              const struct python_host_options *options, uint32_t variant,
                              bool late, struct error *error)
{
    /* Any two hash seeds but 0, which switches randomization off. */
    *zygote = (struct host_zygote){.control = -1, .hash_seed = 1 + variant};
    (void)snprintf(zygote->seed, sizeof zygote->seed, "container %u", variant);
    char *package = realpath(options->package_dir, NULL);
    char *runtime = realpath(options->runtime_dir, NULL);
    int sockets[2] = {-1, -1};
    enum status status = make_scratch(zygote, options, error);
    if (status != STATUS_OK) {
        ; /* told */
    } else if (package == NULL) {
        status = error_set(error, STATUS_BAD_INPUT, "no folder %s, the package of %s",
                           options->package_dir, options->function->name);
    } else if (runtime == NULL) {
        status = error_set(error, STATUS_SYSTEM, "no folder %s with oncecheck's Python files",
                           options->runtime_dir);
    } else if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0 ||
               !host_pass_credentials(sockets[0])) {
        status = error_set(error, STATUS_SYSTEM, "socketpair: error %d", errno);
    } else {
        zygote->control = sockets[0];
        status = spawn_host(zygote, memory, options, runtime, package, sockets[1], error);
        close(sockets[1]);
    }
    struct text config;
    text_init(&config, memory);
    if (status == STATUS_OK)
        host_append_config(&config, options, package, zygote, late);
    if (status == STATUS_OK && text_failed(&config))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK && config.length > MESSAGE_MAX)
        status = error_set(error, STATUS_LIMIT, "the environment of %s has more than %d bytes",
                           options->function->name, MESSAGE_MAX);
    if (status == STATUS_OK)
        status = send_message(zygote, config.bytes, config.length, error);
    text_release(&config);
    free(package);
    free(runtime);
    if (status != STATUS_OK)
        host_zygote_stop(zygote);
    return status;
}

/* --- messages --- */

/* The next message with a NUL after it. Returns its length, 0 if the zygote is gone, -1 if the
 * deadline passes. */
static ssize_t receive_message(struct host_zygote *zygote, char *message, size_t size,
                               int64_t deadline_ms)
{
    for (;;) {
        if (!host_poll(zygote->control, POLLIN, deadline_ms))
            return -1;
        pid_t sender = 0;
        const ssize_t length = host_receive_from(zygote->control, message, size - 1, &sender);
        if (zygote->process == 0)
            zygote->process = sender;
        if (length > 0 && sender != zygote->process)
            continue; /* a run that has got hold of the socket */
        if (length >= 0) {
            message[length] = '\0';
            return length;
        }
        if (errno != EINTR && errno != EAGAIN)
            return 0;
    }
}

/* A reply of the form "WORD NUMBER". */
static enum status receive_number(struct host_zygote *zygote, const char *word, int64_t deadline_ms,
                                  long *number, struct error *error)
{
    char reply[REPLY_SIZE];
    const ssize_t length = receive_message(zygote, reply, sizeof reply, deadline_ms);
    if (length < 0)
        return error_set(error, STATUS_SYSTEM, "the Python host does not answer");
    if (length == 0)
        return error_set(error, STATUS_SYSTEM, "the Python host is gone");
    const size_t word_length = strlen(word);
    char *end = NULL;
    if (strncmp(reply, word, word_length) == 0 && reply[word_length] == ' ') {
        *number = strtol(reply + word_length + 1, &end, 10);
        if (*end == '\0' && *number >= INT_MIN && *number <= INT_MAX)
            return STATUS_OK;
    }
    return error_set(error, STATUS_SYSTEM, "the Python host answers '%s'", reply);
}

/* "error {...}": why the package cannot be loaded, with its place in the package. */
static enum status load_error(struct value_store *store, const struct python_host_options *options,
                              const char *json, size_t length, struct error *error)
{
    struct value report = VALUE_NONE;
    const enum status status = json_parse(store, json, length, NULL, &report, error);
    if (status != STATUS_OK)
        return error_wrap(error, "loading %s", options->function->name);
    struct value message = VALUE_NONE;
    struct value file = VALUE_NONE;
    int64_t line = 0;
    int64_t column = 0;
    if (value_kind(store, report) == VALUE_MAP) {
        message = value_get_text(store, report, "message");
        file = value_get_text(store, report, "file");
        const struct value line_value = value_get_text(store, report, "line");
        const struct value column_value = value_get_text(store, report, "column");
        if (value_is_none(line_value) || !value_to_integer(store, line_value, &line) || line < 0 ||
            value_is_none(column_value) || !value_to_integer(store, column_value, &column) ||
            column < 0)
            line = column = 0;
    }
    if (value_is_none(message) || value_kind(store, message) != VALUE_STRING ||
        value_is_none(file) || value_kind(store, file) != VALUE_STRING)
        return error_set(error, STATUS_BAD_INPUT, "%s cannot be loaded", options->function->name);
    char path[ERROR_FILE_SIZE];
    const char *name = value_bytes(store, file, NULL);
    const int path_length = snprintf(path, sizeof path, "%s/%s", options->package_dir, name);
    const bool has_path = name[0] != '\0' && path_length < (int)sizeof path;
    return error_at(error, STATUS_BAD_INPUT, has_path ? path : options->package_dir,
                    has_path ? (uint32_t)line : 0, has_path ? (uint32_t)column : 0,
                    "%s cannot be loaded: %s", options->function->name,
                    value_bytes(store, message, NULL));
}

/* Why a zygote is gone. */
static void wait_for_end(struct host_zygote *zygote, char *text, size_t size)
{
    int status = 0;
    (void)snprintf(text, size, "unknown");
    while (waitpid(zygote->pid, &status, 0) < 0)
        if (errno != EINTR)
            return;
    zygote->pid = 0;
    host_describe_status(status, text, size);
}

/* The next message that is not about files; these are added to `files`. */
static ssize_t receive_loaded(struct host_zygote *zygote, char *message, int64_t deadline_ms,
                              struct text *files)
{
    static const char word[] = "files ";
    const size_t word_length = sizeof word - 1;
    for (;;) {
        const ssize_t length = receive_message(zygote, message, MESSAGE_MAX, deadline_ms);
        if (length < (ssize_t)word_length || strncmp(message, word, word_length) != 0)
            return length;
        text_append(files, message + word_length, (size_t)length - word_length);
    }
}

enum status host_zygote_await(struct host_zygote *zygote, struct value_store *store,
                              const struct python_host_options *options, int64_t deadline_ms,
                              struct host_loaded *loaded, struct error *error)
{
    const char *name = options->function->name;
    char *message = memory_allocate(value_store_memory(store), MESSAGE_MAX);
    if (message == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    const ssize_t length = receive_loaded(zygote, message, deadline_ms, loaded->files);
    enum status status = STATUS_OK;
    if (length < 0) {
        status = error_at(error, STATUS_BAD_INPUT, options->package_dir, 0, 0,
                          "%s cannot be loaded: its import takes too long", name);
    } else if (length == 0) {
        char end[REPLY_SIZE];
        wait_for_end(zygote, end, sizeof end);
        status = error_at(error, STATUS_BAD_INPUT, options->package_dir, 0, 0,
                          "%s cannot be loaded: Python ended during its import (%s)", name, end);
    } else if (strncmp(message, "ready ", 6) == 0) {
        loaded->load = HOST_LOADED;
        (void)snprintf(loaded->versions, sizeof loaded->versions, "%s", message + 6);
    } else if (strcmp(message, "late") == 0) {
        loaded->load = HOST_LOAD_LATE;
    } else if (strncmp(message, "error ", 6) == 0) {
        status = load_error(store, options, message + 6, (size_t)length - 6, error);
    } else {
        status = error_set(error, STATUS_SYSTEM, "the Python host of %s failed: %s", name, message);
    }
    memory_free(value_store_memory(store), message, MESSAGE_MAX);
    return status;
}

void host_zygote_stop(struct host_zygote *zygote)
{
    if (zygote->control >= 0)
        close(zygote->control);
    zygote->control = -1;
    if (zygote->pid > 0) {
        char end[REPLY_SIZE];
        kill(-zygote->pid, SIGKILL); /* in jail nobody can leave its group */
        kill(zygote->pid, SIGKILL);
        wait_for_end(zygote, end, sizeof end);
    }
    zygote->pid = 0;
    zygote->process = 0;
    remove_scratch(zygote);
}

/* --- runs --- */

enum status host_zygote_fork(struct host_zygote *zygote, int *channel, struct error *error)
{
    static const char request[] = "fork";
    int sockets[2];
    if (zygote->control < 0)
        return error_set(error, STATUS_SYSTEM, "the Python host is gone");
    if (!host_channel_pair(sockets))
        return error_set(error, STATUS_SYSTEM, "socketpair: error %d", errno);
    const bool sent = host_send_file(zygote->control, request, sizeof request - 1, sockets[1]);
    close(sockets[1]);
    if (!sent) {
        close(sockets[0]);
        return error_set(error, STATUS_SYSTEM, "the Python host is gone");
    }
    *channel = sockets[0];
    return STATUS_OK;
}

enum status host_zygote_forked(struct host_zygote *zygote, int64_t deadline_ms, pid_t *pid,
                               struct error *error)
{
    long number = 0;
    const enum status status = receive_number(zygote, "pid", deadline_ms, &number, error);
    if (status == STATUS_OK)
        *pid = (pid_t)number;
    return status;
}

static enum status send_request(const struct host_zygote *zygote, const char *operation, pid_t pid,
                                struct error *error)
{
    char request[REPLY_SIZE];
    const int length = snprintf(request, sizeof request, "%s %ld", operation, (long)pid);
    return send_message(zygote, request, (size_t)length, error);
}

enum status host_zygote_reap(struct host_zygote *zygote, pid_t pid, int64_t deadline_ms,
                             int *status, struct error *error)
{
    long number = 0;
    enum status result = send_request(zygote, "reap", pid, error);
    if (result == STATUS_OK)
        result = receive_number(zygote, "status", deadline_ms, &number, error);
    if (result == STATUS_OK)
        *status = (int)number;
    return result;
}

void host_zygote_forget(struct host_zygote *zygote, pid_t pid)
{
    struct error ignored = ERROR_INIT;
    if (zygote->control >= 0 && pid > 0)
        (void)send_request(zygote, "forget", pid, &ignored);
}

/* A pid is a run's until the zygote has reaped it, which a zygote that runs a stranger's code may
 * do at any time: so what the number means is looked at while it cannot come to mean another. */
void host_process_signal(const struct host_zygote *zygote, pid_t process, int signal)
{
    const int fd = process > 1 ? (int)syscall(SYS_pidfd_open, process, 0) : -1;
    if (fd < 0)
        return;
    if (zygote->process > 1 && host_process_parent(process) == zygote->process)
        (void)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
    close(fd);
}
