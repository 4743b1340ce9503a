/* The parts of the template reader (model/template.c): intrinsic functions, resources, mappings.
 *
 * A template's values are literals or intrinsic functions (CloudFormation user guide, "Intrinsic
 * function reference"). template_resolve turns either into a node of plain literals in the place of
 * the original, so that readers of resources see literals only. Parameters stand for what
 * was given for them, or else for their defaults. What AWS would choose is fixed: names are logical
 * ids, region and account are the pipeline's.
 *
 * A resource is referred to by its name or its ARN, as on AWS: an EventSourceArn is a text, whether
 * it was written as !GetAtt or !Sub or spelled out, and is matched against the resources' ARNs. */
#ifndef ONCECHECK_MODEL_TEMPLATE_READER_H
#define ONCECHECK_MODEL_TEMPLATE_READER_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"
#include "model/template.h"
#include "model/yaml.h"

#include <stdbool.h>

enum {
    TEMPLATE_INTRINSIC_DEPTH_MAX = 32, /* functions within functions, names within names */
    TEMPLATE_INTRINSICS_MAX = 1 << 20, /* evaluated in all: few can stand for very many */
    TEMPLATE_TEXT_MAX = 64 * 1024      /* bytes that Fn::Sub or Fn::Join may make */
};

struct template_reader {
    struct arena *arena;
    struct error *error;
    const struct yaml_node *root;
    const struct template_parameters *given; /* NULL: no values of parameters */
    const struct yaml_node *parameters;      /* NULL where the template has no such section */
    const struct yaml_node *mappings;
    const struct yaml_node *conditions;
    const struct yaml_node *resources;
    bool serverless;                    /* the template has SAM's Transform */
    bool extended;                      /* it has AWS::LanguageExtensions */
    bool lenient;                       /* a parameter without Default is "", not an error */
    unsigned depth;                     /* of intrinsic functions now */
    uint32_t entered;                   /* intrinsic functions evaluated so far */
    struct skipped_resource *unchecked; /* parameters whose AllowedPattern is not read */
    size_t unchecked_count;
};

/* Resolve the intrinsic function that a node is, if it is one; its parts stay as they are.
 * *resolved is NULL for AWS::NoValue. */
enum status template_resolve(struct template_reader *reader, const struct yaml_node *node,
                             const struct yaml_node **resolved);

/* The same for everything below the node too. Elements and entries of AWS::NoValue are left out. */
enum status template_resolve_all(struct template_reader *reader, const struct yaml_node *node,
                                 const struct yaml_node **resolved);

/* The resolved value under `key`, or NULL. `mapping` may be NULL or of any kind. */
enum status template_property(struct template_reader *reader, const struct yaml_node *mapping,
                              const char *key, const struct yaml_node **value);

/* Resolve `node` to a text; `what` names it in messages. A number or boolean is its own text, as in
 * CloudFormation. */
enum status template_text(struct template_reader *reader, const struct yaml_node *node,
                          const char *what, const char **text);

/* The text under `key`; *text is left alone if there is none. */
enum status template_text_property(struct template_reader *reader, const struct yaml_node *mapping,
                                   const char *key, const char **text);

/* A whole number under `key`, or *integer as it is. A text that is a number counts as one. */
enum status template_integer_property(struct template_reader *reader,
                                      const struct yaml_node *mapping, const char *key, int64_t min,
                                      int64_t max, int64_t *integer);

/* The truth of the condition `name`, used at `node`. */
enum status template_condition(struct template_reader *reader, const struct yaml_node *node,
                               const char *name, bool *truth);

/* What a condition expression is (Fn::Equals, Fn::And, Fn::Or, Fn::Not, Condition). */
enum status template_condition_value(struct template_reader *reader, const struct yaml_node *node,
                                     bool *truth);

/* The intrinsic function that a node is, in its long name ("Ref", "Fn::GetAtt", "Condition"), with
 * its argument; NULL if the node is none. Short and long forms are the same. NULL and *argument
 * NULL also if memory runs out: *failed says so. */
const char *template_intrinsic(struct template_reader *reader, const struct yaml_node *node,
                               const struct yaml_node **argument, bool *failed);

/* A section with its Fn::ForEach written out (template_foreach.c); `node` may be NULL. */
enum status template_expand_loops(struct template_reader *reader, const struct yaml_node *node,
                                  const struct yaml_node **expanded);

/* What Ref of a resource and Fn::GetAtt of one of its attributes give (template_references.c). */
enum status template_ref(struct template_reader *reader, const struct yaml_node *node,
                         const char *logical_id, const struct yaml_node **resolved);
enum status template_attribute(struct template_reader *reader, const struct yaml_node *node,
                               const char *logical_id, const char *attribute, const char **text);

/* The value of a parameter, used at `node`: what was given or its Default, a list where its type is
 * one (template_parameters.c). */
enum status template_parameter_value(struct template_reader *reader, const struct yaml_node *node,
                                     const char *name, const struct yaml_node *parameter,
                                     const struct yaml_node **resolved);

/* Everything given names a parameter, once; everything given and every Default fulfils the
 * parameter's constraints. */
enum status template_check_parameters(struct template_reader *reader);

/* Whether the resource exists: its Condition, if it has one, holds. */
enum status template_is_created(struct template_reader *reader, const struct yaml_node *resource,
                                bool *created);

/* "AWS::Lambda::Function", or NULL if there is no such resource or it has no type. */
const char *template_resource_type(const struct template_reader *reader, const char *logical_id);

/* The physical name of a resource: the property that names it, or else its logical id. */
enum status template_resource_name(struct template_reader *reader, const char *logical_id,
                                   const char **name);

/* Depth of recursion: call on the way in; false with *error set if it is too deep. Each true needs
 * its template_leave. */
bool template_enter(struct template_reader *reader, const struct yaml_node *node);
void template_leave(struct template_reader *reader);

enum status template_no_memory(struct template_reader *reader, const struct yaml_node *node);

/* Warn of a misspelt property: a key that is none of `known` but very like one. Others pass, since
 * AWS adds properties all the time. */
enum status template_check_properties(struct template_reader *reader,
                                      const struct yaml_node *properties, const char *what,
                                      const char *const *known, size_t count);

/* Readers of resources: `id` is the logical id's node, `properties` the literal mapping (or NULL).
 * They fill one element (template_resources.c, template_tables.c). */
enum status template_read_stream(struct template_reader *reader, const struct yaml_node *id,
                                 const struct yaml_node *properties, struct stream_config *stream);
enum status template_read_table(struct template_reader *reader, const struct yaml_node *id,
                                const struct yaml_node *properties, struct table_config *table);
enum status template_read_function(struct template_reader *reader, const struct yaml_node *id,
                                   const struct yaml_node *properties,
                                   struct function_config *function);

/* Where the CDK put a resource's code, beside the template it has written: the metadata
 * aws:asset:path. *path stays as it is where there is none. */
enum status template_asset_path(struct template_reader *reader, const char *logical_id,
                                const char **path);

/* `Layers` of a function (template_layers.c). */
enum status template_read_layers(struct template_reader *reader, const struct yaml_node *properties,
                                 struct function_config *function);

/* An AWS::Lambda::EventSourceMapping of the pipeline read so far (template_mappings.c). */
enum status template_read_mapping(struct template_reader *reader, const struct yaml_node *id,
                                  const struct yaml_node *properties,
                                  const struct pipeline *pipeline, struct mapping_config *mapping);

/* Resources that nothing here depends on, and which functions they invoke (template_others.c). A
 * function that gets what a mapping gave up, through its OnFailure destination, is
 * STATUS_UNSUPPORTED: it could put right what was lost. */
enum status template_read_others(struct template_reader *reader, struct pipeline *pipeline);

/* Whether the event source of an AWS::Lambda::EventSourceMapping is no stream (a queue, a topic of
 * Kafka's): it delivers nothing here (template_others.c). */
enum status template_is_foreign_mapping(struct template_reader *reader,
                                        const struct yaml_node *properties, bool *foreign);

/* What the functions' roles may do, and which mappings they refuse (template_iam.c). */
enum status template_read_permissions(struct template_reader *reader, struct pipeline *pipeline);

/* The resources of the Serverless Application Model (template_sam.c). An event of a function
 * becomes a mapping only if it polls a stream: *is_mapping says so. */
enum status template_read_serverless_function(struct template_reader *reader,
                                              const struct yaml_node *id,
                                              const struct yaml_node *properties,
                                              struct function_config *function);
enum status template_read_simple_table(struct template_reader *reader, const struct yaml_node *id,
                                       const struct yaml_node *properties,
                                       struct table_config *table);
enum status template_read_event(struct template_reader *reader, const struct yaml_node *function,
                                const struct yaml_entry *event, const struct pipeline *pipeline,
                                bool *is_mapping, struct mapping_config *mapping);

#endif
