#include "checker/lab_steps.h"

#include <string.h>

#define REFERENCE "scenarios/solutions/lab2"

const struct lab_step lab_steps[LAB_STEP_COUNT] = {
    {"step 1", "lab2-step1", "StateLambda", "no duplicate and no old version passes StateLambda"},
    {"step 2", "lab2-step2", "ReduceLambda",
     "ReduceLambda counts a batch once, however often it comes"}};

static const char *const functions[LAB_FUNCTION_COUNT] = {"StateLambda", "MapLambda",
                                                          "ReduceLambda"};

bool lab_has_function(const char *name)
{
    for (size_t i = 0; i < LAB_FUNCTION_COUNT; i++) {
        if (strcmp(functions[i], name) == 0)
            return true;
    }
    return false;
}

enum status lab_step_references(const char *function, const char *data_dir, struct arena *arena,
                                struct function_override *overrides, struct error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < LAB_FUNCTION_COUNT; i++) {
        if (strcmp(functions[i], function) == 0)
            continue;
        const char *path = arena_format(arena, "%s/" REFERENCE "/%s", data_dir, functions[i]);
        if (path == NULL)
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        overrides[count++] = (struct function_override){.name = functions[i], .path = path};
    }
    CHECK(count == LAB_FUNCTION_COUNT - 1);
    return STATUS_OK;
}
