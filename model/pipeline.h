/* The pipeline: streams, tables, functions and the event source mappings between them.
 *
 * A template, the built-in one included, is read into this struct (model/template.h); everything
 * after that - the world's slots, the events, the checks - is laid out from it. Immutable once
 * read; all memory belongs to the arena it was read into. Indices refer to the arrays of the same
 * struct. Names and defaults are those of CloudFormation and of the Lambda API. */
#ifndef ONCECHECK_MODEL_PIPELINE_H
#define ONCECHECK_MODEL_PIPELINE_H

#include "model/base/error.h"
#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PIPELINE_STREAMS_MAX = 16,
    PIPELINE_TABLES_MAX = 32,
    PIPELINE_FUNCTIONS_MAX = 32,
    PIPELINE_MAPPINGS_MAX = 64,
    PIPELINE_SHARDS_MAX = 64,
    FUNCTION_LAYERS_MAX = 5,  /* Lambda developer guide, "Quotas" */
    TABLE_INDEXES_MAX = 25,   /* 20 global and 5 local ones (DynamoDB developer guide, "Quotas") */
    MAPPING_FILTERS_MAX = 10, /* Lambda developer guide, "Event filtering": the quota at most */
    BATCH_SIZE_MAX = 10000    /* Lambda API: CreateEventSourceMapping, BatchSize */
};

#define PIPELINE_REGION "us-east-1"
#define PIPELINE_ACCOUNT "123456789012"

/* A table's stream is named after the moment it was switched on: before the first record. */
#define PIPELINE_STREAM_LABEL "2024-01-01T00:00:00.000"

/* A stream's consumer is named after the second it was registered in. */
#define PIPELINE_CONSUMER_TIME "1704067200"

/* type, AWS's name */
#define STREAM_VIEWS(X)                                                                            \
    X(STREAM_VIEW_NONE, "") /* no stream */                                                        \
    X(STREAM_VIEW_KEYS_ONLY, "KEYS_ONLY")                                                          \
    X(STREAM_VIEW_NEW_IMAGE, "NEW_IMAGE")                                                          \
    X(STREAM_VIEW_OLD_IMAGE, "OLD_IMAGE")                                                          \
    X(STREAM_VIEW_NEW_AND_OLD_IMAGES, "NEW_AND_OLD_IMAGES")

enum stream_view_type {
#define STREAM_VIEW_ENUM(type, name) type,
    STREAM_VIEWS(STREAM_VIEW_ENUM)
#undef STREAM_VIEW_ENUM
        STREAM_VIEW_COUNT
};

/* By type, then NULL: names and list of choices in one. */
extern const char *const stream_view_names[STREAM_VIEW_COUNT + 1];

/* An AWS::Kinesis::Stream. */
struct stream_config {
    const char *logical_id;
    const char *name;
    uint32_t shard_count;
    uint32_t line; /* of the resource in the template */
};

struct key_attribute {
    const char *name;
    char type; /* 'S', 'N' or 'B' */
};

/* A place that a scenario gives to one item's stream records. */
struct stream_place {
    const char *key; /* the hash key's text */
    uint32_t shard;
};

enum index_projection { PROJECT_ALL, PROJECT_KEYS_ONLY, PROJECT_INCLUDE };

/* A secondary index: a second order of a table's items. */
struct index_config {
    const char *name;
    bool global;
    struct key_attribute hash_key;
    struct key_attribute range_key; /* name NULL: none */
    enum index_projection projection;
    const char *const *included; /* non-key attributes of PROJECT_INCLUDE */
    size_t included_count;
};

/* An AWS::DynamoDB::Table. */
struct table_config {
    const char *logical_id;
    const char *name;
    struct key_attribute hash_key;
    struct key_attribute range_key; /* name NULL: none */
    enum stream_view_type stream_view;
    uint32_t stream_shards; /* shards of the table's stream: from the scenario, default 1 */
    const struct stream_place *places; /* overrides of MD5 placement, from the scenario */
    size_t place_count;
    /* Keys that AWS or chance chose go to the shard of their MD5 too, instead of to each in turn.
     */
    bool places_by_key;
    const struct value
        *items; /* what the table holds at the start: native values, see dynamodb.h */
    size_t item_count;
    const struct index_config *indexes;
    size_t index_count;
    const char *time_to_live; /* the attribute that says when an item expires; NULL: none */
    const char *stream_label; /* the time in the stream's ARN; NULL: PIPELINE_STREAM_LABEL */
    uint64_t read_units;      /* provisioned; 0: on demand */
    uint64_t write_units;
    uint32_t line;
};

struct environment_variable {
    const char *name;
    const char *value;
};

/* Action or Resource of a policy's statement; `negated`: NotAction, NotResource. */
struct iam_patterns {
    const char *const *items;
    size_t count;
    bool negated;
};

/* A statement of an identity-based policy. */
struct iam_statement {
    bool denies;
    bool conditional; /* it has a Condition */
    struct iam_patterns actions;
    struct iam_patterns resources;
};

/* Modules beside a function's package. */
struct function_layer {
    const char *name;     /* logical id, or an ARN */
    const char *code_uri; /* ContentUri or S3Key; NULL: the template does not bring it */
    uint32_t line;
};

/* An AWS::Lambda::Function. */
struct function_config {
    const char *logical_id;
    const char *name;
    const char *handler;     /* "lambda_function.lambda_handler" */
    const char *code_uri;    /* CodeUri, or the S3Key of a raw template; NULL: none */
    const char *runtime;     /* "python3.11" */
    const char *inline_code; /* Code.ZipFile: the source itself; NULL: none */
    struct function_layer layers[FUNCTION_LAYERS_MAX]; /* later ones win */
    size_t layer_count;
    const char *role; /* an ARN; NULL: none */
    bool role_known;  /* the template says what the role may do: see model/iam.h */
    const char *role_name;
    const char *role_unchecked; /* not role_known: why */
    uint32_t role_line;
    const struct iam_statement *statements;
    size_t statement_count;
    uint32_t timeout_s;           /* default 3 */
    uint32_t memory_mb;           /* default 128 */
    int64_t reserved_concurrency; /* -1: none */
    bool invoked_elsewhere;       /* by a schedule, an API, ...: nothing that is simulated */
    const struct environment_variable *environment;
    size_t environment_count;
    uint32_t line;
};

enum source_kind { SOURCE_STREAM, SOURCE_TABLE };
enum starting_position { STARTING_TRIM_HORIZON, STARTING_LATEST, STARTING_AT_TIMESTAMP };

/* The settings of an event source mapping, by the Lambda API's names. */
#define MAPPING_SETTINGS(X)                                                                        \
    X(MAPPING_BATCH_SIZE, "BatchSize")                                                             \
    X(MAPPING_BATCHING_WINDOW, "MaximumBatchingWindowInSeconds")                                   \
    X(MAPPING_RETRY_ATTEMPTS, "MaximumRetryAttempts")                                              \
    X(MAPPING_RECORD_AGE, "MaximumRecordAgeInSeconds")                                             \
    X(MAPPING_BISECT, "BisectBatchOnFunctionError")                                                \
    X(MAPPING_PARALLELIZATION, "ParallelizationFactor")                                            \
    X(MAPPING_RESPONSE_TYPES, "FunctionResponseTypes")                                             \
    X(MAPPING_STARTING_POSITION, "StartingPosition")                                               \
    X(MAPPING_ENABLED, "Enabled")                                                                  \
    X(MAPPING_TUMBLING_WINDOW, "TumblingWindowInSeconds")                                          \
    X(MAPPING_FILTERS, "FilterCriteria")                                                           \
    X(MAPPING_DESTINATION, "DestinationConfig")

enum mapping_setting {
#define MAPPING_SETTING_ENUM(id, name) id,
    MAPPING_SETTINGS(MAPPING_SETTING_ENUM)
#undef MAPPING_SETTING_ENUM
        MAPPING_SETTING_COUNT
};

/* Where in an input file something was written; file NULL: nowhere, it is a default. */
struct input_place {
    const char *file;
    uint32_t line;
    uint32_t column;
};

/* An AWS::Lambda::EventSourceMapping. */
struct mapping_config {
    const char *logical_id;
    uint32_t function;
    enum source_kind source_kind;
    uint32_t source; /* index into streams or tables */
    /* The ARN of the consumer (enhanced fan-out) through which the stream is read, which its events
     * name as their source; NULL: it is polled. */
    const char *consumer_arn;
    uint32_t batch_size;
    uint32_t batching_window_s;
    int64_t maximum_retry_attempts;  /* -1: until the records expire */
    int64_t maximum_record_age_s;    /* -1: none */
    uint32_t parallelization_factor; /* 1..10 */
    bool bisect_batch_on_function_error;
    bool report_batch_item_failures;
    bool enabled;
    bool refused; /* the function's role lacks a permission on the source: nothing is delivered */
    enum starting_position starting_position;
    uint32_t tumbling_window_s;               /* 0: none */
    const char *filters[MAPPING_FILTERS_MAX]; /* FilterCriteria: patterns (record_filter.h) */
    size_t filter_count;
    const char *on_failure; /* DestinationConfig.OnFailure.Destination; NULL: none */
    struct input_place places[MAPPING_SETTING_COUNT];
    uint32_t line;
};

/* A resource of the template, or an event of SAM's, that nothing here depends on. */
struct skipped_resource {
    const char *logical_id;
    const char *type;
    uint32_t line;
};

struct pipeline {
    const char *file; /* the template, for messages */
    struct stream_config *streams;
    size_t stream_count;
    struct table_config *tables;
    size_t table_count;
    struct function_config *functions;
    size_t function_count;
    struct mapping_config *mappings;
    size_t mapping_count;
    const struct skipped_resource *skipped;
    size_t skipped_count;
    /* Parameters of the template whose value is not checked against their AllowedPattern, which is
     * the `type` here. */
    const struct skipped_resource *unchecked;
    size_t unchecked_count;
    const struct table_config *aggregates; /* that properties look at; NULL: AggregateTable */
    const char *aggregate_value;           /* the attribute with the sum; NULL: Value */
};

/* Index by name, or else by logical id; or -1. */
int pipeline_find_stream(const struct pipeline *pipeline, const char *name);
int pipeline_find_table(const struct pipeline *pipeline, const char *name);
int pipeline_find_function(const struct pipeline *pipeline, const char *name);

#define AGGREGATE_TABLE_NAME "AggregateTable"

/* The table that holds the aggregates, or -1: the pipeline has none. */
int pipeline_aggregate_table(const struct pipeline *pipeline);

/* Choose it by its role where none is named: the table of that name, or else the only one whose key
 * is one text, which holds nothing at the start and whose stream nobody reads; of several the only
 * one whose key is called Identifier. STATUS_BAD_INPUT where there are several still. */
enum status pipeline_choose_aggregates(struct pipeline *pipeline, struct error *error);

const char *mapping_setting_name(enum mapping_setting setting);

/* The setting of that name, or MAPPING_SETTING_COUNT. */
enum mapping_setting mapping_setting_find(const char *name);

/* STATUS_UNSUPPORTED, naming setting, function and place, if an enabled mapping is set to something
 * that AWS offers and oncecheck does not simulate yet. LATEST and, for Kinesis streams,
 * AT_TIMESTAMP are simulated: a mapping exists before the first put, so that it reads what
 * TRIM_HORIZON would. */
enum status pipeline_check_supported(const struct pipeline *pipeline, struct error *error);

/* The number of shards that a mapping reads, one poller each. */
uint32_t pipeline_mapping_shards(const struct pipeline *pipeline,
                                 const struct mapping_config *mapping);

#endif
