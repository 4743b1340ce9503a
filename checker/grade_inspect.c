#include "checker/grade_inspect.h"

#include "checker/package.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAG_SOLUTION = 0x47534f, TAG_PART = 0x475054, TAG_PROGRAM = 0x475047 };

static struct hash128 add_text(struct hash128 hash, const char *text)
{
    const struct hash128 parts[] = {hash, hash128_bytes(text, strlen(text))};
    return hash128_combine(TAG_PART, parts, 2);
}

static bool hash_run(const struct run *run, const char *function, struct hash128 base,
                     struct grade_inspection *inspection)
{
    const struct run_request *request = run->request;
    struct hash128 hash = hash128_combine(TAG_SOLUTION, &base, 1);
    hash = add_text(hash, run->scenario_text);
    hash = add_text(hash, run->template_text);
    hash = add_text(hash, request->solution == NULL ? "" : request->solution);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        const struct function_config *config = &run->pipeline.functions[i];
        const struct function_source *source = &run->sources[i];
        struct error ignored = ERROR_INIT;
        struct hash128 digest;
        char hex[HASH128_TEXT_SIZE];
        if (source->path == NULL)
            continue;
        if (package_digest(source->path, config, run->memory, &digest, &ignored) != STATUS_OK)
            return false;
        hash = add_text(add_text(hash, config->name), hash128_text(digest, hex));
        if (function != NULL && strcmp(config->name, function) == 0 && !source->fallback)
            inspection->brings = true;
    }
    inspection->key = hash;
    return true;
}

/* In the child. */
static _Noreturn void inspect_here(const struct run_request *request, const char *function,
                                   struct hash128 base, int channel)
{
    struct grade_inspection inspection = {0};
    struct run_request own = *request;
    struct error ignored = ERROR_INIT;
    struct run *run = NULL;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)alarm(GRADE_INSPECT_SECONDS_MAX);
    own.code_only = true;
    own.cache_dir = NULL;
    if (run_create(&own, &run, &ignored) == STATUS_OK)
        inspection.known = hash_run(run, function, base, &inspection);
    ssize_t written = write(channel, &inspection, sizeof inspection);
    _exit(written == (ssize_t)sizeof inspection ? 0 : 1);
}

enum status grade_inspect(const struct run_request *request, const char *function,
                          struct hash128 base, struct grade_inspection *inspection,
                          struct error *error)
{
    int channel[2];
    *inspection = (struct grade_inspection){0};
    if (pipe2(channel, O_CLOEXEC) != 0)
        return error_set(error, STATUS_SYSTEM, "cannot make a pipe: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0)
        inspect_here(request, function, base, channel[1]);
    (void)close(channel[1]);
    struct grade_inspection answer;
    ssize_t count = 0;
    do {
        count = pid < 0 ? -1 : read(channel[0], &answer, sizeof answer);
    } while (count < 0 && pid > 0 && errno == EINTR);
    (void)close(channel[0]);
    if (pid < 0)
        return error_set(error, STATUS_SYSTEM, "cannot start a process: %s", strerror(errno));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (count == (ssize_t)sizeof answer && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        *inspection = answer;
    return STATUS_OK;
}

static struct hash128 add_file(struct hash128 hash, const char *path, struct memory *memory)
{
    struct arena arena;
    struct error ignored = ERROR_INIT;
    const char *bytes = "";
    size_t length = 0;
    arena_init(&arena, memory);
    if (read_file(path, PACKAGE_FILE_SIZE_MAX, &arena, &bytes, &length, &ignored) == STATUS_OK) {
        const struct hash128 parts[] = {hash, hash128_bytes(bytes, length)};
        hash = hash128_combine(TAG_PART, parts, 2);
    }
    arena_release(&arena);
    return hash;
}

/* What the interpreter says of itself: a module that is installed, changed or removed changes the
 * time of the folder it is in. */
static struct hash128 add_interpreter(struct hash128 hash, const char *python)
{
    static const char script[] =
        "import os, sys, boto3, botocore\n"
        "print(sys.version, boto3.__version__, botocore.__version__)\n"
        "for path in sys.path + [os.path.dirname(m.__file__) for m in (boto3, botocore)]:\n"
        "    print(path, os.stat(path).st_mtime_ns if os.path.exists(path) else None)\n";
    int channel[2];
    if (pipe2(channel, O_CLOEXEC) != 0)
        return hash;
    const pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
            dup2(channel[1], STDOUT_FILENO) >= 0)
            (void)execlp(python, python, "-P", "-c", script, (char *)NULL);
        _exit(127);
    }
    (void)close(channel[1]);
    char buffer[65536];
    size_t length = 0;
    ssize_t count = 0;
    while (pid > 0 && length < sizeof buffer &&
           ((count = read(channel[0], buffer + length, sizeof buffer - length)) > 0 ||
            (count < 0 && errno == EINTR)))
        length += count < 0 ? 0 : (size_t)count;
    (void)close(channel[0]);
    const struct hash128 parts[] = {hash, hash128_bytes(buffer, length)};
    hash = hash128_combine(TAG_PART, parts, 2);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return hash;
}

struct hash128 grade_program_hash(const char *runtime_dir, const char *python,
                                  struct memory *memory)
{
    const struct function_config none = {.name = "", .handler = ""};
    struct error ignored = ERROR_INIT;
    struct hash128 hash = {.high = TAG_PROGRAM};
    struct hash128 digest;
    hash = add_file(hash, "/proc/self/exe", memory);
    if (package_digest(runtime_dir, &none, memory, &digest, &ignored) == STATUS_OK) {
        const struct hash128 parts[] = {hash, digest};
        hash = hash128_combine(TAG_PART, parts, 2);
    }
    hash = add_text(hash, python);
    return python[0] == '\0' ? hash : add_interpreter(hash, python);
}
