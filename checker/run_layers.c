#include "checker/run_layers.h"

#include "checker/package.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_DIGEST_TAG = 0x4C415945 };

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* Absolute, since the host runs in the package's folder. */
static enum status add_folder(struct run *run, struct function_source *source, const char *folder,
                              struct error *error)
{
    if (!path_is_folder(folder))
        return STATUS_OK;
    CHECK(source->layer_count < RUN_LAYER_FOLDERS_MAX);
    char *absolute = realpath(folder, NULL);
    if (absolute == NULL)
        return error_set(error, STATUS_SYSTEM, "cannot find the place of %s", folder);
    const char *copy = arena_copy_text(&run->arena, absolute);
    free(absolute);
    if (copy == NULL)
        return no_memory(error);
    source->layers[source->layer_count++] = copy;
    return STATUS_OK;
}

/* Everything that a layer puts on the path. */
static enum status add_layer(struct run *run, size_t index, const char *content,
                             struct error *error)
{
    struct function_source *source = &run->sources[index];
    const char *runtime = run->pipeline.functions[index].runtime;
    const char *python = arena_format(&run->arena, "%s/python", content);
    const char *libraries = arena_format(&run->arena, "%s/python/lib/%s/site-packages", content,
                                         runtime == NULL ? "python3" : runtime);
    if (python == NULL || libraries == NULL)
        return no_memory(error);
    if (!path_is_folder(python))
        return add_folder(run, source, content, error);
    enum status status = add_folder(run, source, libraries, error);
    return status == STATUS_OK ? add_folder(run, source, python, error) : status;
}

enum status run_find_layers(struct run *run, size_t index, struct error *error)
{
    const struct function_config *function = &run->pipeline.functions[index];
    struct function_source *source = &run->sources[index];
    source->layer_count = 0;
    if (source->path == NULL || source->fallback || run->request->solution == NULL)
        return STATUS_OK;
    for (size_t i = function->layer_count; i-- > 0;) {
        const struct function_layer *layer = &function->layers[i];
        const char *content = NULL;
        if (layer->code_uri == NULL)
            continue;
        enum status status =
            package_find_uri(run->request->solution, layer->code_uri, run->request->unpack_dir,
                             &run->arena, &content, error);
        if (status == STATUS_OK && content == NULL)
            status = error_at(error, STATUS_BAD_INPUT, run->template_file, layer->line, 0,
                              "the layer %s of %s is not there: no folder or archive %s below %s",
                              layer->name, function->name, layer->code_uri, run->request->solution);
        if (status == STATUS_OK)
            status = add_layer(run, index, content, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status run_code_digest(const struct run *run, size_t index, struct hash128 *digest,
                            struct error *error)
{
    const struct function_config *function = &run->pipeline.functions[index];
    const struct function_source *source = &run->sources[index];
    struct hash128 parts[1 + RUN_LAYER_FOLDERS_MAX];
    enum status status = package_digest(source->path, function, run->memory, &parts[0], error);
    for (size_t i = 0; status == STATUS_OK && i < source->layer_count; i++)
        status = package_digest(source->layers[i], function, run->memory, &parts[1 + i], error);
    if (status == STATUS_OK)
        *digest = source->layer_count == 0
                      ? parts[0]
                      : hash128_combine(LAYERS_DIGEST_TAG, parts, 1 + source->layer_count);
    return status;
}
