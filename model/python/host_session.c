#include "model/python/host_session.h"

#include "model/base/arena.h"
#include "model/base/json.h"
#include "model/event.h"
#include "model/python/host_channel.h"
#include "model/python/host_launcher.h"
#include "model/python/host_process.h"
#include "model/python/host_step.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    FORK_MS_MAX = 10000,
    REAP_MS_MAX = 10000,
    CLOSING_MS_MAX = 1000, /* from closing its channel to the end of a process that ends */
    ASKED_MS_MAX = 500,    /* for a hanging run to say where */
    PATIENCE = 6           /* wall-clock limits that a step may take that gets no processor */
};

/* What a container sends before the end of an invocation that it does not survive. */
static const char gone[] = "{\"kind\": \"gone\"}";

struct container {
    bool lives;
    bool leaves;  /* with the end of this invocation */
    bool greeted; /* its first frame has come */
    pid_t pid;    /* as its zygote names it */
    struct host_channel channel;
    int64_t start_ms; /* of the step in progress, in real time */
};

struct python_sessions {
    struct memory *memory;
    struct value_store *store;
    struct python_host_options options;
    struct arena arena; /* the options' strings */
    struct host_zygote zygote;
    struct host_launcher launcher;
    bool late; /* the package is imported by each container */
    struct container containers[HANDLER_CONTAINERS_MAX];
    struct text frame;
};

/* --- containers --- */

static void drop(struct python_sessions *sessions, struct container *container)
{
    if (!container->lives)
        return;
    if (container->pid > 0)
        host_zygote_forget(&sessions->zygote, container->pid);
    host_channel_release(&container->channel);
    *container = (struct container){.lives = false};
}

static enum status fork_container(struct python_sessions *sessions, struct container *container,
                                  struct error *error)
{
    int fd = -1;
    enum status status = host_zygote_fork(&sessions->zygote, &fd, error);
    if (status != STATUS_OK)
        return status;
    *container = (struct container){.lives = true};
    host_channel_init(&container->channel, sessions->memory, fd);
    status =
        host_zygote_forked(&sessions->zygote, host_now_ms() + FORK_MS_MAX, &container->pid, error);
    if (status != STATUS_OK)
        drop(sessions, container);
    return status;
}

/* Send sessions->frame. A container that is gone shows when its frames are read. */
static enum status send_frame(struct python_sessions *sessions, struct container *container,
                              struct error *error)
{
    const struct text *frame = &sessions->frame;
    if (text_failed(frame))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (frame->length > PYTHON_HOST_FRAME_MAX)
        return error_set(error, STATUS_LIMIT, "an event or answer of %s has more than %d bytes",
                         sessions->options.function->name, PYTHON_HOST_FRAME_MAX);
    container->start_ms = host_now_ms();
    (void)host_channel_send(&container->channel, frame->bytes, frame->length,
                            container->start_ms + sessions->options.step_ms);
    return STATUS_OK;
}

static enum status begin(void *self, uint32_t number, struct value event, uint64_t seed,
                         int64_t now_ms, struct error *error)
{
    struct python_sessions *sessions = self;
    struct container *container = &sessions->containers[number];
    enum status status = STATUS_OK;
    CHECK(number < HANDLER_CONTAINERS_MAX);
    if (!container->lives)
        status = fork_container(sessions, container, error);
    if (status != STATUS_OK)
        return status;
    text_clear(&sessions->frame);
    text_append_string(&sessions->frame, "{\"event\": ");
    event_json_append(&sessions->frame, sessions->store, event);
    text_append_format(&sessions->frame, ", \"seed\": \"%016llx\", \"now\": %lld, \"inputs\": []}",
                       (unsigned long long)seed, (long long)now_ms);
    return send_frame(sessions, container, error);
}

static enum status answer(void *self, uint32_t number, struct value input, int64_t now_ms,
                          struct error *error)
{
    struct python_sessions *sessions = self;
    text_clear(&sessions->frame);
    text_append_string(&sessions->frame, "{\"input\": ");
    json_append(&sessions->frame, sessions->store, input);
    text_append_format(&sessions->frame, ", \"now\": %lld}", (long long)now_ms);
    return send_frame(sessions, &sessions->containers[number], error);
}

/* --- steps --- */

static enum status disturbed(const struct python_sessions *sessions, struct error *error)
{
    return error_set(error, STATUS_BAD_INPUT,
                     "%s disturbs its Python host: it uses a file descriptor that it did not open",
                     sessions->options.function->name);
}

/* The channel is closed: the process has ended, or is about to. */
static enum status take_exit(struct python_sessions *sessions, struct container *container,
                             struct handler_step *step, struct error *error)
{
    const int64_t deadline_ms = host_now_ms() + CLOSING_MS_MAX;
    int64_t processor_ms = 0;
    int wait_status = 0;
    while (host_process_activity(container->channel.sender, &processor_ms) != HOST_ENDED) {
        if (host_now_ms() >= deadline_ms)
            return disturbed(sessions, error);
        (void)poll(NULL, 0, 1);
    }
    const enum status status = host_zygote_reap(&sessions->zygote, container->pid,
                                                host_now_ms() + REAP_MS_MAX, &wait_status, error);
    if (status != STATUS_OK)
        return status;
    container->pid = 0;
    *step = host_step_exit(sessions->store, wait_status);
    return STATUS_OK;
}

static void take_hang(const struct python_sessions *sessions, struct handler_step *step)
{
    char message[64];
    (void)snprintf(message, sizeof message, "Task timed out after %u.00 seconds",
                   sessions->options.function->timeout_s);
    *step = host_step_end(sessions->store, HANDLER_HANG, message);
}

/* A step takes too long in real time: ask where it hangs, then give it up. *hangs: given up. Where
 * the machine is busy with other things, that is no fault of the function's. */
static void lose_patience(const struct python_sessions *sessions, struct container *container,
                          int64_t *deadline_ms, bool *asked, bool *hangs)
{
    const int64_t limit_ms = sessions->options.step_ms;
    const int64_t now_ms = host_now_ms();
    int64_t processor_ms = 0;
    const enum host_activity activity =
        host_process_activity(container->channel.sender, &processor_ms);
    *hangs = *asked;
    if (*asked)
        return;
    if (activity == HOST_RUNNING && processor_ms < limit_ms / 2 &&
        now_ms - container->start_ms < PATIENCE * limit_ms) {
        *deadline_ms = now_ms + limit_ms / 2;
        return;
    }
    *asked = true;
    *deadline_ms = now_ms + ASKED_MS_MAX;
    host_process_signal(&sessions->zygote, container->channel.sender, HOST_ASK);
}

static enum status take_frame(const struct python_sessions *sessions, struct container *container,
                              const char *frame, size_t length, struct handler_step *step,
                              bool *done, struct error *error)
{
    if (!container->greeted) {
        container->greeted = true; /* its pid, which the zygote has told */
        return STATUS_OK;
    }
    if (length == sizeof gone - 1 && memcmp(frame, gone, length) == 0) {
        container->leaves = true;
        return STATUS_OK;
    }
    *done = true;
    return host_step_parse(sessions->store, sessions->options.function->name,
                           sessions->options.package_dir, frame, length, step, error);
}

/* Wait for the container's next step. */
static enum status await_step(struct python_sessions *sessions, struct container *container,
                              struct handler_step *step, struct error *error)
{
    int64_t deadline_ms = container->start_ms + sessions->options.step_ms;
    enum status status = STATUS_OK;
    bool asked = false;
    bool done = false;
    while (status == STATUS_OK && !done) {
        const char *frame = NULL;
        size_t length = 0;
        switch (host_channel_receive(&container->channel, &frame, &length)) {
        case HOST_FRAME:
            status = take_frame(sessions, container, frame, length, step, &done, error);
            break;
        case HOST_PENDING:
            if (host_poll(container->channel.fd, POLLIN, deadline_ms))
                break;
            lose_patience(sessions, container, &deadline_ms, &asked, &done);
            if (done)
                take_hang(sessions, step);
            break;
        case HOST_CLOSED:
            done = true;
            status = take_exit(sessions, container, step, error);
            break;
        case HOST_MALFORMED:
            return disturbed(sessions, error);
        case HOST_NO_MEMORY:
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        }
    }
    return status;
}

static enum status next(void *self, uint32_t number, struct handler_step *step, bool *reusable,
                        struct error *error)
{
    struct python_sessions *sessions = self;
    struct container *container = &sessions->containers[number];
    CHECK(container->lives);
    const enum status status = await_step(sessions, container, step, error);
    if (status != STATUS_OK)
        return status;
    if (value_store_failed(sessions->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    const bool survives = step->kind == HANDLER_RETURN || step->kind == HANDLER_RAISE;
    *reusable = survives && !container->leaves;
    if (handler_step_is_end(step->kind) && !*reusable)
        drop(sessions, container);
    return STATUS_OK;
}

static void discard(void *self, uint32_t number)
{
    struct python_sessions *sessions = self;
    drop(sessions, &sessions->containers[number]);
}

/* Nothing is kept here: it is all in the containers. */
static void each_value(void *self, value_visitor *visit, void *context)
{
    (void)self;
    (void)visit;
    (void)context;
}

/* --- the zygote --- */

struct zygote_start {
    struct python_sessions *sessions;
    enum status status;
    struct error *error;
};

static void start_zygote(void *context)
{
    struct zygote_start *start = context;
    struct python_sessions *sessions = start->sessions;
    start->status = host_zygote_start(&sessions->zygote, sessions->memory, &sessions->options, 0,
                                      sessions->late, start->error);
}

/* Start the zygote and wait until it has loaded the package; once more where that has to wait for
 * the containers. */
static enum status load(struct python_sessions *sessions, struct host_loaded *loaded,
                        struct error *error)
{
    const int64_t deadline_ms = host_now_ms() + PYTHON_HOST_START_SECONDS * INT64_C(1000);
    for (;;) {
        struct zygote_start start = {.sessions = sessions, .error = error};
        host_launcher_call(&sessions->launcher, start_zygote, &start);
        if (start.status != STATUS_OK)
            return start.status;
        const enum status status = host_zygote_await(
            &sessions->zygote, sessions->store, &sessions->options, deadline_ms, loaded, error);
        if (status != STATUS_OK || loaded->load == HOST_LOADED)
            return status;
        if (sessions->late)
            return error_set(error, STATUS_SYSTEM, "the Python host of %s does not start",
                             sessions->options.function->name);
        host_zygote_stop(&sessions->zygote);
        sessions->late = true;
    }
}

static void destroy(void *self)
{
    struct python_sessions *sessions = self;
    struct memory *memory = sessions->memory;
    for (size_t i = 0; i < HANDLER_CONTAINERS_MAX; i++)
        drop(sessions, &sessions->containers[i]);
    host_zygote_stop(&sessions->zygote);
    host_launcher_stop(&sessions->launcher);
    text_release(&sessions->frame);
    arena_release(&sessions->arena);
    memory_free(memory, sessions, sizeof *sessions);
}

enum status python_session_create(struct memory *memory, struct value_store *store,
                                  const struct python_host_options *options,
                                  struct handler_session *session, char *versions,
                                  size_t versions_size, struct error *error)
{
    struct python_sessions *sessions = memory_allocate_zeroed(memory, 1, sizeof *sessions);
    if (sessions == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    struct text files;
    text_init(&files, memory);
    sessions->memory = memory;
    sessions->store = store;
    sessions->zygote.control = -1;
    arena_init(&sessions->arena, memory);
    text_init(&sessions->frame, memory);
    sessions->options = *options;
    sessions->options.python = arena_copy_text(&sessions->arena, options->python);
    sessions->options.runtime_dir = arena_copy_text(&sessions->arena, options->runtime_dir);
    sessions->options.package_dir = arena_copy_text(&sessions->arena, options->package_dir);
    if (options->step_ms == 0)
        sessions->options.step_ms = PYTHON_HOST_STEP_SECONDS * INT64_C(1000);
    struct host_loaded loaded = {.files = &files};
    enum status status = STATUS_OK;
    if (sessions->options.python == NULL || sessions->options.runtime_dir == NULL ||
        sessions->options.package_dir == NULL)
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    else
        status = host_launcher_start(&sessions->launcher, error);
    if (status == STATUS_OK)
        status = load(sessions, &loaded, error);
    text_release(&files);
    if (status != STATUS_OK) {
        destroy(sessions);
        return status;
    }
    (void)snprintf(versions, versions_size, "%s", loaded.versions);
    *session = (struct handler_session){.self = sessions,
                                        .begin = begin,
                                        .answer = answer,
                                        .next = next,
                                        .discard = discard,
                                        .each_value = each_value,
                                        .destroy = destroy};
    return STATUS_OK;
}
