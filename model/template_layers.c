/* The layers of a function: which archives or folders bring further modules.
 * Source: Lambda developer guide, "Managing Lambda dependencies with layers"; SAM developer guide,
 * "AWS::Serverless::LayerVersion"; CDK developer guide, "Assets and the AWS CDK". */
#include "model/template_reader.h"

#include <string.h>

/* ContentUri, a path or {Bucket, Key}, or Content's S3Key. *uri stays NULL where there is none. */
static enum status read_content(struct template_reader *reader, const struct yaml_node *resource,
                                const char **uri)
{
    const struct yaml_node *properties = yaml_find(resource, "Properties");
    const struct yaml_node *content = NULL;
    enum status status = template_property(reader, properties, "ContentUri", &content);
    if (status == STATUS_OK && content == NULL)
        status = template_property(reader, properties, "Content", &content);
    if (status != STATUS_OK || content == NULL)
        return status;
    if (content->kind == YAML_SCALAR)
        return template_text(reader, content, "ContentUri", uri);
    status = template_text_property(reader, content, "S3Key", uri);
    return status == STATUS_OK && *uri == NULL ? template_text_property(reader, content, "Key", uri)
                                               : status;
}

enum status template_asset_path(struct template_reader *reader, const char *logical_id,
                                const char **path)
{
    const struct yaml_node *resource = yaml_find(reader->resources, logical_id);
    return template_text_property(reader, yaml_find(resource, "Metadata"), "aws:asset:path", path);
}

static enum status read_layer(struct template_reader *reader, const struct yaml_node *node,
                              struct function_layer *layer)
{
    *layer = (struct function_layer){.line = node->line};
    enum status status = template_text(reader, node, "a layer", &layer->name);
    if (status != STATUS_OK)
        return status;
    const char *type = template_resource_type(reader, layer->name);
    if (type == NULL || (strcmp(type, "AWS::Lambda::LayerVersion") != 0 &&
                         strcmp(type, "AWS::Serverless::LayerVersion") != 0))
        return STATUS_OK;
    layer->line = yaml_find_key(reader->resources, layer->name)->line;
    status = read_content(reader, yaml_find(reader->resources, layer->name), &layer->code_uri);
    return status == STATUS_OK ? template_asset_path(reader, layer->name, &layer->code_uri)
                               : status;
}

static enum status read_layers(struct template_reader *reader, const struct yaml_node *properties,
                               struct function_config *function)
{
    const struct yaml_node *layers = NULL;
    enum status status = template_property(reader, properties, "Layers", &layers);
    if (status == STATUS_OK && layers != NULL)
        status = template_resolve_all(reader, layers, &layers);
    if (status != STATUS_OK || layers == NULL)
        return status;
    status = yaml_expect(layers, YAML_SEQUENCE, "Layers", reader->error);
    if (status == STATUS_OK && layers->count > FUNCTION_LAYERS_MAX)
        return error_at(reader->error, STATUS_LIMIT, layers->file, layers->line, layers->column,
                        "function '%s' has %zu layers, at most %d are allowed", function->name,
                        layers->count, FUNCTION_LAYERS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < layers->count; i++)
        status =
            read_layer(reader, layers->elements[i], &function->layers[function->layer_count++]);
    return status;
}

enum status template_read_layers(struct template_reader *reader, const struct yaml_node *properties,
                                 struct function_config *function)
{
    reader->lenient = true; /* versions and buckets are filled in by a deployment */
    enum status status = read_layers(reader, properties, function);
    reader->lenient = false;
    return status;
}
