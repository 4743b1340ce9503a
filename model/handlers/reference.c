#include "model/handlers/reference.h"

#include "model/handlers/reference_internal.h"

#include <string.h>

enum status reference_run(const struct reference *reference, const struct handler_run *run,
                          struct script_session *session, struct handler_step *step,
                          struct error *error)
{
    struct script script = {.memory = reference->memory,
                            .store = reference->store,
                            .function = reference->function,
                            .run = run,
                            .session = session,
                            .step = step,
                            .error = error,
                            .status = STATUS_OK};
    arena_init(&script.arena, reference->memory);
    *step = (struct handler_step){.file = value_text(reference->store, ""),
                                  .output = value_text(reference->store, "")};
    switch (reference->which) {
    case REFERENCE_STATE:
        state_handler(&script, reference->lab == LAB_2);
        break;
    case REFERENCE_MAP:
        map_handler(&script);
        break;
    case REFERENCE_REDUCE:
        reduce_handler(&script, reference->lab == LAB_2);
        break;
    }
    if (script.status == STATUS_OK && value_store_failed(reference->store))
        (void)script_no_memory(&script);
    if (script.status == STATUS_OK &&
        script.inputs_used < (session != NULL ? session->input_count : run->input_count))
        (void)script_unsupported(&script, "more inputs than it asks for");
    arena_release(&script.arena);
    return script.status;
}

static bool same_but_attempt(const struct handler_run *a, const struct handler_run *b)
{
    return value_equal(a->event, b->event) && a->input_count == b->input_count &&
           (a->input_count == 0 ||
            memcmp(a->inputs, b->inputs, a->input_count * sizeof *a->inputs) == 0);
}

static enum status next(void *self, const struct handler_run *runs, size_t count,
                        struct handler_step *steps, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        /* chance plays no part: another attempt does the same */
        if (i > 0 && same_but_attempt(&runs[i], &runs[i - 1])) {
            steps[i] = steps[i - 1];
            continue;
        }
        const enum status status = reference_run(self, &runs[i], NULL, &steps[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void destroy(void *self)
{
    struct reference *reference = self;
    memory_free(reference->memory, reference, sizeof *reference);
}

enum status reference_find(const struct function_config *function, enum reference_function *which,
                           struct error *error)
{
    static const char *const names[] = {[REFERENCE_STATE] = "StateLambda",
                                        [REFERENCE_MAP] = "MapLambda",
                                        [REFERENCE_REDUCE] = "ReduceLambda"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(function->name, names[i]) == 0) {
            *which = (enum reference_function)i;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_BAD_INPUT,
                     "there is no reference handler for function %s, only for StateLambda, "
                     "MapLambda and ReduceLambda",
                     function->name);
}

enum status reference_handler_create(struct memory *memory, struct value_store *store,
                                     const struct function_config *function, enum lab lab,
                                     struct handler_backend *backend, struct error *error)
{
    enum reference_function which = REFERENCE_STATE;
    const enum status status = reference_find(function, &which, error);
    if (status != STATUS_OK)
        return status;
    struct reference *reference = memory_allocate(memory, sizeof *reference);
    if (reference == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the handler of %s",
                         function->name);
    *reference = (struct reference){
        .memory = memory, .store = store, .function = function, .which = which, .lab = lab};
    *backend = (struct handler_backend){.self = reference, .next = next, .destroy = destroy};
    return STATUS_OK;
}
