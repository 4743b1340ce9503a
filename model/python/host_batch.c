#include "model/python/host_batch.h"

#include "model/base/json.h"
#include "model/container.h"
#include "model/event.h"
#include "model/python/host_step.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FORK_MS_MAX = 10000,
    REAP_MS_MAX = 10000,
    CLOSING_MS_MAX = 1000, /* from closing its channel to the end of a process that ends */
    ASKED_MS_MAX = 500,    /* for a hanging run to say where */
    PATIENCE = 6,          /* wall-clock limits that a run may take that gets no processor */
    TRIES_MAX = 2          /* of a run whose zygote dies */
};

/* A run in progress. */
struct active {
    const struct handler_run *run;
    struct handler_step *step; /* the result */
    struct host_child *child;  /* NULL: none yet, or no more */
    struct hash128 prefix;     /* of the step that comes next */
    size_t steps;              /* reported and answered */
    int64_t start_ms;          /* of the step in progress */
    int64_t deadline_ms;
    bool asked; /* where it hangs */
    bool done;
    bool lost; /* with its zygote */
};

/* --- children --- */

void host_drop_child(struct python_host *host, struct host_child *child)
{
    if (child->pid > 0)
        host_zygote_forget(&host->zygotes[child->variant], child->pid);
    host_channel_release(&child->channel);
    memory_free(host->memory, child->inputs, child->capacity * sizeof *child->inputs);
    *child = (struct host_child){.used = false, .channel = {.fd = -1}};
}

/* A free place, if need be that of the child that has been parked the longest. */
static struct host_child *find_place(struct python_host *host)
{
    struct host_child *oldest = NULL;
    size_t parked = 0;
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++) {
        struct host_child *child = &host->children[i];
        if (!child->used || child->active)
            continue;
        parked++;
        if (oldest == NULL || child->last_used < oldest->last_used)
            oldest = child;
    }
    if (parked >= PYTHON_HOST_PARKED_MAX)
        host_drop_child(host, oldest);
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++)
        if (!host->children[i].used)
            return &host->children[i];
    CHECK(false); /* at most HOST_ACTIVE_MAX are active */
    return NULL;
}

/* The child that waits for the last input of `run`, or NULL. */
static struct host_child *find_parked(struct python_host *host, const struct handler_run *run)
{
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++) {
        struct host_child *child = &host->children[i];
        if (child->used && !child->active && child->count + 1 == run->input_count &&
            child->attempt == run->attempt && value_equal(child->event, run->event) &&
            (child->count == 0 ||
             memcmp(child->inputs, run->inputs, child->count * sizeof *run->inputs) == 0))
            return child;
    }
    return NULL;
}

static enum status park(struct python_host *host, struct active *active, struct error *error)
{
    struct host_child *child = active->child;
    void *inputs = child->inputs;
    const size_t count = active->run->input_count;
    if (count > 0) {
        if (!memory_reserve(host->memory, &inputs, &child->capacity, count, sizeof *child->inputs))
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        child->inputs = inputs;
        memcpy(child->inputs, active->run->inputs, count * sizeof *child->inputs);
    }
    child->count = count;
    child->question = *active->step;
    child->active = false;
    child->has_branch = false;
    child->last_used = ++host->uses;
    active->child = NULL;
    return STATUS_OK;
}

/* The inputs do not answer the questions asked: there was no such run before. */
static enum status inputs_do_not_fit(const struct python_host *host, const struct active *active,
                                     const struct handler_step *step, struct error *error)
{
    struct text text;
    text_init(&text, host->memory);
    host_step_describe(&text, host->store, step);
    const enum status status = error_set(
        error, STATUS_NONDETERMINISTIC,
        "%s is not deterministic: after the same event and %zu same inputs (attempt %u) it did "
        "something that took another input; and now: %s",
        host->options.function->name, active->steps, active->run->attempt, text_string(&text));
    text_release(&text);
    return status;
}

/* --- starting runs --- */

static void begin_step(const struct python_host *host, struct active *active)
{
    active->start_ms = host_now_ms();
    active->deadline_ms = active->start_ms + host->options.step_ms;
    active->asked = false;
}

static struct hash128 prefix_of(const struct python_host *host, const struct handler_run *run,
                                size_t count)
{
    struct hash128 prefix = host_prefix_start(host->store, run->event, run->attempt);
    for (size_t i = 0; i < count; i++)
        prefix = host_prefix_add(host->store, prefix, run->inputs[i]);
    return prefix;
}

/* Which zygote runs it. A container has one hash seed as long as it lives. */
static uint32_t variant_of(const struct python_host *host, const struct handler_run *run)
{
    struct served_invocation served;
    return (event_is_warm(host->store, run->event, &served) ? served.attempt : run->attempt) %
           HOST_VARIANTS;
}

/* An event, the seed of everything random (of the event delivered, and the attempt), and the
 * beginning of the inputs. */
static void append_invocation(struct text *text, const struct python_host *host, struct value event,
                              uint32_t attempt)
{
    char hex[HASH128_TEXT_SIZE];
    const struct hash128 prefix = host_prefix_start(host->store, event, attempt);
    text_append_string(text, "\"event\": ");
    event_json_append(text, host->store, event);
    text_append_format(text, ", \"seed\": \"%s-%u\", \"inputs\": [", hash128_text(prefix, hex),
                       attempt);
}

static void append_served(struct text *text, const struct python_host *host,
                          const struct served_invocation *served)
{
    text_append_string(text, "\"served\": {");
    append_invocation(text, host, served->event, served->attempt);
    for (size_t i = 0; i < value_count(host->store, served->inputs); i++) {
        if (i > 0)
            text_append_string(text, ", ");
        json_append(text, host->store, value_at(host->store, served->inputs, i));
    }
    text_append_string(text, "]}, ");
}

static enum status send_frame(struct python_host *host, struct active *active, struct error *error)
{
    if (text_failed(&host->scratch))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (host->scratch.length > PYTHON_HOST_FRAME_MAX)
        return error_set(error, STATUS_LIMIT, "event and answers of %s have more than %d bytes",
                         host->options.function->name, PYTHON_HOST_FRAME_MAX);
    begin_step(host, active);
    /* A run that is gone shows when its frames are read. */
    (void)host_channel_send(&active->child->channel, host->scratch.bytes, host->scratch.length,
                            active->deadline_ms);
    return STATUS_OK;
}

/* Hand a parked child the input that it waits for. */
static enum status feed(struct python_host *host, struct active *active, struct error *error)
{
    const struct handler_run *run = active->run;
    active->steps = run->input_count - 1;
    if (!host_step_accepts(host->store, &active->child->question, run->inputs[active->steps]))
        return inputs_do_not_fit(host, active, &active->child->question, error);
    text_clear(&host->scratch);
    text_append_string(&host->scratch, "{\"input\": ");
    json_append(&host->scratch, host->store, run->inputs[run->input_count - 1]);
    text_append_char(&host->scratch, '}');
    active->steps = run->input_count;
    active->prefix = prefix_of(host, run, run->input_count);
    return send_frame(host, active, error);
}

/* A place for a child of the run, with our end of its channel. */
static struct host_child *add_child(struct python_host *host, struct active *active, int fd)
{
    struct host_child *child = find_place(host);
    *child = (struct host_child){.used = true,
                                 .active = true,
                                 .pid_awaited = true,
                                 .is_silent = true,
                                 .variant = variant_of(host, active->run),
                                 .event = active->run->event,
                                 .attempt = active->run->attempt};
    host_channel_init(&child->channel, host->memory, fd);
    return child;
}

/* Fork a parked child, and hand the branch the input that it waits for. False: that cannot be. */
static bool request_branch(struct python_host *host, struct active *active,
                           struct host_child *parked)
{
    int sockets[2];
    parked->last_used = ++host->uses; /* so that its place is not the one that is found */
    if (!host_channel_pair(sockets))
        return false;
    const bool sent = host_channel_send_file(&parked->channel, sockets[1]);
    close(sockets[1]);
    if (!sent) {
        close(sockets[0]);
        return false;
    }
    active->child = add_child(host, active, sockets[0]);
    active->child->is_branch = true;
    active->child->question = parked->question;
    parked->has_branch = true;
    return true;
}

/* The first frame is the run's pid. Of a branch it is all that tells it; should it be another's,
 * then it is another run of the same function that is reaped instead. */
static bool take_pid(struct host_child *child, const char *frame, size_t length)
{
    char text[32] = "";
    if (length < sizeof text)
        memcpy(text, frame, length);
    const long pid = strtol(text, NULL, 10);
    if (pid <= 1 || pid > INT_MAX || (!child->is_branch && pid != child->pid))
        return false;
    child->pid = (pid_t)pid;
    child->pid_awaited = false;
    child->is_silent = false;
    return true;
}

static enum status request_fork(struct python_host *host, struct active *active,
                                struct error *error)
{
    const uint32_t variant = variant_of(host, active->run);
    int fd = -1;
    const enum status status = host_zygote_fork(&host->zygotes[variant], &fd, error);
    if (status != STATUS_OK) {
        active->lost = status == STATUS_SYSTEM;
        return active->lost ? STATUS_OK : status;
    }
    active->child = add_child(host, active, fd);
    host->statistics.runs++;
    return STATUS_OK;
}

/* Send a new child its event and script. */
static enum status send_script(struct python_host *host, struct active *active, struct error *error)
{
    const struct handler_run *run = active->run;
    struct host_child *child = active->child;
    struct error fork_error = ERROR_INIT;
    if (host_zygote_forked(&host->zygotes[child->variant], host_now_ms() + FORK_MS_MAX, &child->pid,
                           &fork_error) != STATUS_OK) {
        active->lost = true;
        return STATUS_OK;
    }
    child->pid_awaited = false;
    text_clear(&host->scratch);
    text_append_char(&host->scratch, '{');
    struct served_invocation served;
    if (event_is_warm(host->store, run->event, &served))
        append_served(&host->scratch, host, &served);
    append_invocation(&host->scratch, host, event_delivered(host->store, run->event), run->attempt);
    for (size_t i = 0; i < run->input_count; i++) {
        if (i > 0)
            text_append_string(&host->scratch, ", ");
        json_append(&host->scratch, host->store, run->inputs[i]);
    }
    text_append_string(&host->scratch, "]}");
    active->prefix = prefix_of(host, run, 0);
    return send_frame(host, active, error);
}

/* All forks are asked for before the first is waited for, so that they run side by side. */
static enum status start_runs(struct python_host *host, struct active *actives, size_t count,
                              struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct active *active = &actives[i];
        struct host_child *parked =
            active->run->input_count > 0 ? find_parked(host, active->run) : NULL;
        const bool branches = parked != NULL && parked->question.kind == HANDLER_DRAW &&
                              !parked->has_branch && request_branch(host, active, parked);
        if (parked != NULL && !branches) {
            active->child = parked;
            parked->active = true;
        }
        status = parked != NULL ? feed(host, active, error) : request_fork(host, active, error);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (actives[i].child != NULL && actives[i].child->pid_awaited &&
            !actives[i].child->is_branch)
            status = send_script(host, &actives[i], error);
    return status;
}

/* --- steps --- */

static enum status take_step(struct python_host *host, struct active *active,
                             const struct handler_step *step, struct error *error)
{
    const struct handler_run *run = active->run;
    if (value_store_failed(host->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status =
        host_record_check(&host->record, host->store, host->options.function->name, active->prefix,
                          run->attempt, active->steps, step, error);
    if (status != STATUS_OK)
        return status;
    host->statistics.steps++;
    if (active->steps < run->input_count) {
        const struct value input = run->inputs[active->steps];
        if (!host_step_accepts(host->store, step, input))
            return inputs_do_not_fit(host, active, step, error);
        active->prefix = host_prefix_add(host->store, active->prefix, input);
        active->steps++;
        begin_step(host, active);
        return STATUS_OK;
    }
    *active->step = *step;
    active->done = true;
    if (!handler_step_is_end(step->kind))
        return park(host, active, error);
    host_drop_child(host, active->child);
    active->child = NULL;
    return STATUS_OK;
}

static enum status disturbed(const struct python_host *host, const char *how, struct error *error)
{
    return error_set(error, STATUS_BAD_INPUT,
                     "%s disturbs its Python host: it %s a file descriptor that it did not open",
                     host->options.function->name, how);
}

/* The channel is closed: the process has ended, or is about to. */
static enum status take_end(struct python_host *host, struct active *active, struct error *error)
{
    struct host_child *child = active->child;
    const int64_t deadline_ms = host_now_ms() + CLOSING_MS_MAX;
    int64_t processor_ms = 0;
    while (host_process_activity(child->channel.sender, &processor_ms) != HOST_ENDED) {
        if (host_now_ms() >= deadline_ms)
            return disturbed(host, "closes", error);
        (void)poll(NULL, 0, 1);
    }
    int wait_status = 0;
    struct error reap_error = ERROR_INIT;
    if (host_zygote_reap(&host->zygotes[child->variant], child->pid, host_now_ms() + REAP_MS_MAX,
                         &wait_status, &reap_error) != STATUS_OK) {
        active->lost = true;
        return STATUS_OK;
    }
    child->pid = 0;
    const struct handler_step step = host_step_exit(host->store, wait_status);
    return take_step(host, active, &step, error);
}

static enum status take_hang(struct python_host *host, struct active *active, struct error *error)
{
    char message[64];
    (void)snprintf(message, sizeof message, "Task timed out after %u.00 seconds",
                   host->options.function->timeout_s);
    const struct handler_step step = host_step_end(host->store, HANDLER_HANG, message);
    return take_step(host, active, &step, error);
}

/* There is no branch: all that led to it is done again. */
static enum status replace_branch(struct python_host *host, struct active *active,
                                  struct error *error)
{
    host_drop_child(host, active->child);
    active->child = NULL;
    active->steps = 0;
    enum status status = request_fork(host, active, error);
    if (status == STATUS_OK && !active->lost)
        status = send_script(host, active, error);
    return status;
}

/* A step takes too long in real time. Where the machine is busy with other things, that is no fault
 * of the function's. */
static enum status lose_patience(struct python_host *host, struct active *active,
                                 struct error *error)
{
    const int64_t now_ms = host_now_ms();
    const int64_t limit_ms = host->options.step_ms;
    int64_t processor_ms = 0;
    const struct host_child *child = active->child;
    if (child->is_silent && child->is_branch)
        return replace_branch(host, active, error);
    const pid_t process = child->channel.sender;
    const enum host_activity activity = host_process_activity(process, &processor_ms);
    if (child->is_silent) {
        active->lost = true; /* its zygote has been stopped */
        return STATUS_OK;
    }
    if (active->asked) {
        host_process_signal(&host->zygotes[child->variant], process, SIGKILL);
        host->suspect[child->variant] = true;
        return take_hang(host, active, error);
    }
    if (activity == HOST_RUNNING && processor_ms < limit_ms / 2 &&
        now_ms - active->start_ms < PATIENCE * limit_ms) {
        active->deadline_ms = now_ms + limit_ms / 2;
        return STATUS_OK;
    }
    if (host_channel_is_partial(&active->child->channel))
        return disturbed(host, "writes to", error);
    active->asked = true;
    active->deadline_ms = now_ms + ASKED_MS_MAX;
    host_process_signal(&host->zygotes[child->variant], process, HOST_ASK);
    return STATUS_OK;
}

/* Take what a child has sent. */
static enum status read_child(struct python_host *host, struct active *active, struct error *error)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !active->done && !active->lost) {
        const char *frame = NULL;
        size_t length = 0;
        struct handler_step step;
        const enum host_receipt receipt =
            host_channel_receive(&active->child->channel, &frame, &length);
        if (active->child->is_silent && receipt != HOST_PENDING && receipt != HOST_NO_MEMORY) {
            if (receipt == HOST_FRAME && take_pid(active->child, frame, length))
                continue;
            if (active->child->is_branch)
                return replace_branch(host, active, error);
            active->lost = true;
            continue;
        }
        switch (receipt) {
        case HOST_FRAME:
            status = host_step_parse(host->store, host->options.function->name,
                                     host->options.package_dir, frame, length, &step, error);
            if (status == STATUS_OK)
                status = take_step(host, active, &step, error);
            break;
        case HOST_PENDING:
            return STATUS_OK;
        case HOST_CLOSED:
            status = take_end(host, active, error);
            break;
        case HOST_MALFORMED:
            return disturbed(host, "writes to", error);
        case HOST_NO_MEMORY:
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        }
    }
    return status;
}

/* Wait for something from any run, and take it. */
static enum status turn(struct python_host *host, struct active *actives, size_t count,
                        bool *waiting, struct error *error)
{
    struct pollfd files[HOST_ACTIVE_MAX];
    struct active *waiters[HOST_ACTIVE_MAX];
    nfds_t file_count = 0;
    int64_t deadline_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (actives[i].done || actives[i].lost)
            continue;
        waiters[file_count] = &actives[i];
        files[file_count++] = (struct pollfd){.fd = actives[i].child->channel.fd, .events = POLLIN};
        if (actives[i].deadline_ms < deadline_ms)
            deadline_ms = actives[i].deadline_ms;
    }
    *waiting = file_count > 0;
    if (file_count == 0)
        return STATUS_OK;
    int64_t rest_ms = deadline_ms - host_now_ms();
    rest_ms = rest_ms < 0 ? 0 : rest_ms;
    const int ready = poll(files, file_count, rest_ms > INT_MAX ? INT_MAX : (int)rest_ms);
    if (ready < 0 && errno != EINTR)
        return error_set(error, STATUS_SYSTEM, "poll: error %d", errno);
    enum status status = STATUS_OK;
    const int64_t now_ms = host_now_ms();
    for (nfds_t i = 0; i < file_count && status == STATUS_OK; i++) {
        if (ready > 0 && files[i].revents != 0)
            status = read_child(host, waiters[i], error);
        else if (ready >= 0 && now_ms >= waiters[i]->deadline_ms)
            status = lose_patience(host, waiters[i], error);
    }
    return status;
}

static void stop_zygote(struct python_host *host, uint32_t variant)
{
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++)
        if (host->children[i].used && host->children[i].variant == variant)
            host_drop_child(host, &host->children[i]);
    host_zygote_stop(&host->zygotes[variant]);
}

/* Kill what is still running of a batch that ends early. */
static void drop_active(struct python_host *host, struct active *actives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct host_child *child = actives[i].child;
        actives[i].child = NULL;
        if (child != NULL && child->pid_awaited && !child->is_branch)
            stop_zygote(host,
                        child->variant); /* its next message is not what the next run awaits */
        else if (child != NULL)
            host_drop_child(host, child);
    }
}

/* A run can make processes like itself past everything that says so (virtual_branch.h). */
static enum status check_zygotes(struct python_host *host, struct error *error)
{
    for (uint32_t i = 0; i < HOST_VARIANTS; i++) {
        const size_t count = host_zygote_runs(&host->zygotes[i]);
        if (count > HOST_CHILDREN_MAX + HOST_UNKNOWN_MAX) {
            stop_zygote(host, i);
            return error_set(error, STATUS_BAD_INPUT,
                             "%s disturbs its Python host: it has started %zu processes",
                             host->options.function->name, count);
        }
        if (host->suspect[i])
            stop_zygote(host, i);
        host->suspect[i] = false;
    }
    return STATUS_OK;
}

/* One try. The runs that are lost with their zygote are left undone, and it is stopped. */
static enum status try_runs(struct python_host *host, struct active *actives, size_t count,
                            struct error *error)
{
    bool waiting = true;
    enum status status = start_runs(host, actives, count, error);
    while (status == STATUS_OK && waiting)
        status = turn(host, actives, count, &waiting, error);
    drop_active(host, actives, count);
    for (size_t i = 0; i < count; i++)
        if (actives[i].lost)
            stop_zygote(host, variant_of(host, actives[i].run));
    return status == STATUS_OK ? check_zygotes(host, error) : status;
}

enum status host_run_batch(struct python_host *host, const struct handler_run *runs, size_t count,
                           struct handler_step *steps, struct error *error)
{
    bool done[HOST_ACTIVE_MAX] = {false};
    CHECK(count <= HOST_ACTIVE_MAX);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        struct active actives[HOST_ACTIVE_MAX];
        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if (!done[i])
                actives[left++] = (struct active){.run = &runs[i], .step = &steps[i]};
        enum status status = host_start_zygotes(host, error);
        if (status == STATUS_OK)
            status = try_runs(host, actives, left, error);
        if (status != STATUS_OK)
            return status;
        bool all = true;
        for (size_t i = 0; i < left; i++) {
            done[actives[i].run - runs] = actives[i].done;
            all = all && actives[i].done;
        }
        if (all)
            return STATUS_OK;
    }
    return error_set(error, STATUS_SYSTEM, "the Python host of %s died twice",
                     host->options.function->name);
}
