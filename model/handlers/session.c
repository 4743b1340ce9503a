#include "model/handlers/session.h"

#include "model/handlers/reference_internal.h"

/* Streams of the generator: model/base/random.h. */
enum { DRAW_STREAM = 0x5e55 };

/* A container; globals of a reference handler keep nothing, so it is the invocation alone. */
struct container {
    bool busy;
    struct value event;
    struct script_session session;
};

struct reference_sessions {
    struct reference reference;
    struct container containers[HANDLER_CONTAINERS_MAX];
};

static void forget(struct container *container)
{
    container->busy = false;
    container->event = VALUE_NONE;
    container->session.input_count = 0;
    container->session.mark_inputs = 0;
}

static enum status begin(void *self, uint32_t number, struct value event, uint64_t seed,
                         int64_t now_ms, struct error *error)
{
    struct reference_sessions *sessions = self;
    CHECK(number < HANDLER_CONTAINERS_MAX && !sessions->containers[number].busy);
    struct container *container = &sessions->containers[number];
    (void)error;
    container->busy = true;
    container->event = event;
    container->session.now_ms = now_ms;
    random_init(&container->session.random, seed, DRAW_STREAM);
    return STATUS_OK;
}

static enum status answer(void *self, uint32_t number, struct value input, int64_t now_ms,
                          struct error *error)
{
    struct reference_sessions *sessions = self;
    struct container *container = &sessions->containers[number];
    CHECK(container->busy);
    container->session.now_ms = now_ms;
    return script_session_add(&container->session, sessions->reference.memory, input)
               ? STATUS_OK
               : error_set(error, STATUS_NO_MEMORY, "out of memory");
}

static enum status next(void *self, uint32_t number, struct handler_step *step, bool *reusable,
                        struct error *error)
{
    struct reference_sessions *sessions = self;
    struct container *container = &sessions->containers[number];
    CHECK(container->busy);
    const struct handler_run run = {.event = container->event};
    const enum status status =
        reference_run(&sessions->reference, &run, &container->session, step, error);
    *reusable = true;
    if (status == STATUS_OK && handler_step_is_end(step->kind))
        forget(container);
    return status;
}

static void discard(void *self, uint32_t number)
{
    struct reference_sessions *sessions = self;
    forget(&sessions->containers[number]);
}

static void each_value(void *self, value_visitor *visit, void *context)
{
    struct reference_sessions *sessions = self;
    for (size_t i = 0; i < HANDLER_CONTAINERS_MAX; i++) {
        struct container *container = &sessions->containers[i];
        if (!container->busy)
            continue;
        visit(context, &container->event);
        for (size_t j = 0; j < container->session.input_count; j++)
            visit(context, &container->session.inputs[j]);
    }
}

static void destroy(void *self)
{
    struct reference_sessions *sessions = self;
    struct memory *memory = sessions->reference.memory;
    for (size_t i = 0; i < HANDLER_CONTAINERS_MAX; i++)
        memory_free(memory, sessions->containers[i].session.inputs,
                    sessions->containers[i].session.input_capacity * sizeof(struct value));
    memory_free(memory, sessions, sizeof *sessions);
}

enum status reference_session_create(struct memory *memory, struct value_store *store,
                                     const struct function_config *function, enum lab lab,
                                     struct handler_session *session, struct error *error)
{
    enum reference_function which = REFERENCE_STATE;
    const enum status status = reference_find(function, &which, error);
    if (status != STATUS_OK)
        return status;
    struct reference_sessions *sessions = memory_allocate_zeroed(memory, 1, sizeof *sessions);
    if (sessions == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the handler of %s",
                         function->name);
    sessions->reference = (struct reference){
        .memory = memory, .store = store, .function = function, .which = which, .lab = lab};
    *session = (struct handler_session){.self = sessions,
                                        .begin = begin,
                                        .answer = answer,
                                        .next = next,
                                        .discard = discard,
                                        .each_value = each_value,
                                        .destroy = destroy};
    return STATUS_OK;
}
