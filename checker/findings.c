#include "checker/findings.h"

#include "checker/imported_code.h"
#include "model/iam.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collection {
    const struct run *run;
    const struct pipeline *pipeline;
    const struct world_facts *facts;
    struct arena *arena;
    struct findings *findings;
    bool failed;
};

static struct finding *add(struct collection *collection, uint32_t line, const char *message)
{
    collection->failed = collection->failed || message == NULL;
    if (collection->findings->count == FINDINGS_MAX || message == NULL)
        return NULL;
    struct finding *finding = &collection->findings->items[collection->findings->count++];
    *finding = (struct finding){
        .file = collection->run->template_file, .line = line, .message = message, .remedy = ""};
    return finding;
}

__attribute__((format(printf, 3, 4))) static struct finding *
add_format(struct collection *collection, uint32_t line, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return add(collection, line, arena_copy(collection->arena, text, strlen(text)));
}

static void say_remedy(struct collection *collection, struct finding *finding, const char *remedy)
{
    if (finding == NULL)
        return;
    finding->remedy = arena_copy(collection->arena, remedy, strlen(remedy));
    collection->failed = collection->failed || finding->remedy == NULL;
}

static bool reads(const struct mapping_config *mapping, enum source_kind kind, size_t source)
{
    return mapping->enabled && mapping->source_kind == kind && mapping->source == source;
}

static bool is_read(const struct pipeline *pipeline, enum source_kind kind, size_t source)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        if (reads(&pipeline->mappings[i], kind, source))
            return true;
    }
    return false;
}

static bool has_mapping(const struct pipeline *pipeline, size_t function)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        if (pipeline->mappings[i].function == function)
            return true;
    }
    return false;
}

/* Some function writes it, as far as was seen. */
static bool is_written(const struct collection *collection, size_t table)
{
    return collection->facts != NULL && collection->facts->table_written[table];
}

static bool is_followed_by_reads(const struct collection *collection, size_t table)
{
    for (size_t f = 0; f < collection->pipeline->function_count; f++) {
        uint8_t touched = collection->facts->footprints.touched[f][table];
        if ((touched & TOUCH_READ) != 0 && (touched & TOUCH_WRITE) == 0)
            return true;
    }
    return false;
}

/* The aggregates are written, and every function has an event source: nothing is lost at what is
 * written elsewhere, such as the marks of an idempotent function or a stream that others read. */
static bool is_connected(const struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    int aggregates = pipeline_aggregate_table(pipeline);
    if (aggregates < 0 || !is_written(collection, (size_t)aggregates))
        return false;
    for (size_t i = 0; i < pipeline->function_count; i++) {
        if (!has_mapping(pipeline, i) && !pipeline->functions[i].invoked_elsewhere)
            return false;
    }
    return true;
}

/* What a function without an event source could follow: "StateTable, ReduceTable (stream off)". */
static const char *unread_sources(const struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    struct text text;
    text_init(&text, collection->run->memory);
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (!is_read(pipeline, SOURCE_STREAM, i))
            text_append_format(&text, "%s%s", text.length == 0 ? "" : ", ",
                               pipeline->streams[i].name);
    }
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        if (!is_read(pipeline, SOURCE_TABLE, i) && table->item_count == 0 &&
            (int)i != pipeline_aggregate_table(pipeline))
            text_append_format(&text, "%s%s%s", text.length == 0 ? "" : ", ", table->name,
                               table->stream_view == STREAM_VIEW_NONE ? " (no stream)" : "");
    }
    const char *copy = arena_copy(collection->arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

static void look_at_functions(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct function_config *function = &pipeline->functions[i];
        if (has_mapping(pipeline, i) || function->invoked_elsewhere)
            continue;
        const char *sources = unread_sources(collection);
        if (sources == NULL || sources[0] == '\0') {
            collection->failed = collection->failed || sources == NULL;
            continue;
        }
        struct finding *finding =
            add_format(collection, function->line,
                       "%s has no event source: nothing invokes it, and nobody follows %s",
                       function->name, sources);
        say_remedy(collection, finding,
                   "Add an AWS::Lambda::EventSourceMapping from what it is to follow (for a table: "
                   "!GetAtt TABLE.StreamArn).");
    }
}

static void look_at_mappings(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        const char *function = pipeline->functions[mapping->function].name;
        if (mapping->refused) {
            struct iam_refusal refusal;
            iam_check_mapping(pipeline, mapping, &refusal);
            struct finding *finding = add_format(
                collection, mapping->line, "%s delivers nothing: the role of %s may not %s on %s",
                mapping->logical_id, function, refusal.action, refusal.resource);
            say_remedy(collection, finding,
                       mapping->source_kind == SOURCE_TABLE
                           ? "Attach AWSLambdaDynamoDBExecutionRole to the role, or allow these "
                             "actions on the stream's ARN."
                           : "Attach AWSLambdaKinesisExecutionRole to the role, or allow these "
                             "actions on the stream's ARN.");
        } else if (!mapping->enabled) {
            struct finding *finding =
                add_format(collection, mapping->line,
                           "%s is switched off (Enabled: false): it does not invoke %s",
                           mapping->logical_id, function);
            say_remedy(collection, finding, "Remove 'Enabled: false'.");
        } else if (mapping->starting_position == STARTING_LATEST) {
            struct finding *finding = add_format(
                collection, mapping->line,
                "%s starts at LATEST: what is put while it is being created may be missed (here it "
                "is there before the first put)",
                mapping->logical_id);
            if (finding != NULL)
                finding->note = true;
            say_remedy(collection, finding,
                       "StartingPosition: TRIM_HORIZON reads everything that is still there.");
        }
    }
}

static void look_at_permissions(struct collection *collection)
{
    const struct value_store *store = collection->run->store;
    for (size_t i = 0; collection->facts != NULL && i < collection->facts->refusal_count; i++) {
        const struct refused_call *call = &collection->facts->refusals[i];
        const struct function_config *function = &collection->pipeline->functions[call->function];
        struct finding *finding = add_format(
            collection, function->role_line, "%s may not %s on %s: %s role %s", function->name,
            value_bytes(store, call->action, NULL), value_bytes(store, call->resource, NULL),
            call->denied ? "it is denied by a policy of the" : "no policy of the",
            function->role_name);
        say_remedy(collection, finding,
                   call->denied
                       ? "Remove the statement that denies it."
                       : "Allow the action on this resource in one of the role's policies.");
    }
}

static void look_at_streams(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (is_read(pipeline, SOURCE_STREAM, i))
            continue;
        struct finding *finding =
            add_format(collection, pipeline->streams[i].line, "nobody reads the stream %s",
                       pipeline->streams[i].name);
        if (finding != NULL)
            finding->note = is_connected(collection);
        say_remedy(collection, finding,
                   "Add an AWS::Lambda::EventSourceMapping from it to the function that is to get "
                   "its records.");
    }
}

static void look_at_tables(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        bool last = (int)i == pipeline_aggregate_table(pipeline);
        if (last || !is_written(collection, i) || is_read(pipeline, SOURCE_TABLE, i) ||
            is_followed_by_reads(collection, i))
            continue;
        bool has_stream = table->stream_view != STREAM_VIEW_NONE;
        struct finding *finding = add_format(
            collection, table->line, "%s %s: what is written there goes no further", table->name,
            has_stream ? "has a stream that nobody follows" : "has no stream, and nobody reads it");
        if (finding != NULL)
            finding->note = is_connected(collection);
        say_remedy(
            collection, finding,
            has_stream
                ? "Add an AWS::Lambda::EventSourceMapping from its StreamArn to the function "
                  "that is to follow it."
                : "Give it a StreamSpecification (StreamViewType: NEW_AND_OLD_IMAGES) and an "
                  "AWS::Lambda::EventSourceMapping from its StreamArn.");
    }
}

/* Functions that ask for images which the stream's view type leaves out. */
static void look_at_views(struct collection *collection)
{
    static const struct {
        const char *image;
        bool shown[STREAM_VIEW_COUNT];
    } images[] = {
        {"OldImage", {[STREAM_VIEW_OLD_IMAGE] = true, [STREAM_VIEW_NEW_AND_OLD_IMAGES] = true}},
        {"NewImage", {[STREAM_VIEW_NEW_IMAGE] = true, [STREAM_VIEW_NEW_AND_OLD_IMAGES] = true}},
    };
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        const char *folder = collection->run->sources[mapping->function].path;
        if (!mapping->enabled || mapping->source_kind != SOURCE_TABLE || folder == NULL)
            continue;
        const struct table_config *table = &pipeline->tables[mapping->source];
        for (size_t k = 0; k < sizeof images / sizeof *images; k++) {
            if (images[k].shown[table->stream_view] ||
                !imported_code_mentions(collection->run->memory, folder,
                                        &pipeline->functions[mapping->function], images[k].image))
                continue;
            struct finding *finding =
                add_format(collection, table->line,
                           "%s asks for %s, but the records of %s have none (StreamViewType: %s)",
                           pipeline->functions[mapping->function].name, images[k].image,
                           table->name, stream_view_names[table->stream_view]);
            say_remedy(collection, finding, "StreamViewType: NEW_AND_OLD_IMAGES");
        }
    }
}

/* Whether the function writes the aggregates, and may do so for several shards at once: a table's
 * stream has as many as AWS chooses. */
static bool adds_up_side_by_side(const struct collection *collection, size_t function)
{
    const struct pipeline *pipeline = collection->pipeline;
    int aggregates = pipeline_aggregate_table(pipeline);
    uint32_t shards = 0;
    if (aggregates < 0 || collection->facts == NULL ||
        (collection->facts->footprints.touched[function][aggregates] & TOUCH_WRITE) == 0)
        return false;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (mapping->function == function && mapping->enabled)
            shards += mapping->source_kind == SOURCE_TABLE
                          ? 2
                          : pipeline_mapping_shards(pipeline, mapping);
    }
    return shards > 1;
}

/* How many shards a function follows, and whether it changes what it has read. */
static void look_at_concurrency(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct function_config *function = &pipeline->functions[i];
        if (function->reserved_concurrency == 0 && has_mapping(pipeline, i)) {
            struct finding *finding = add_format(
                collection, function->line,
                "%s has a reserved concurrency of 0: it is switched off", function->name);
            say_remedy(collection, finding, "Remove ReservedConcurrentExecutions, or raise it.");
        }
        /* what the workshop asks for of ReduceLambda */
        if (function->reserved_concurrency != 1 && function->reserved_concurrency != 0 &&
            adds_up_side_by_side(collection, i)) {
            struct finding *finding = add_format(
                collection, function->line,
                "%s may run for several shards at once (no ReservedConcurrentExecutions: 1)",
                function->name);
            if (finding != NULL)
                finding->note = true;
            say_remedy(collection, finding,
                       "ReservedConcurrentExecutions: 1, unless its writes bear company.");
        }
    }
}

/* What was not read of the template, and roles that calls are not checked against. */
static void look_at_the_rest(struct collection *collection)
{
    const struct pipeline *pipeline = collection->pipeline;
    struct finding *finding = NULL;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        if (table->time_to_live == NULL)
            continue;
        finding = add_format(collection, table->line,
                             "items of %s expire by %s only as far as time passes: in timeouts, "
                             "sleeps and delays (--fault delay)",
                             table->name, table->time_to_live);
        if (finding != NULL)
            finding->note = true;
    }
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct function_config *function = &pipeline->functions[i];
        for (size_t k = 0; k < function->layer_count; k++) {
            if (function->layers[k].code_uri != NULL)
                continue;
            finding = add_format(collection, function->layers[k].line,
                                 "the layer %s of %s is not in the template: what it brings has "
                                 "to be importable by the interpreter",
                                 function->layers[k].name, function->name);
            if (finding != NULL)
                finding->note = true;
        }
        if (function->role_known)
            continue;
        finding =
            add_format(collection, function->line,
                       "calls of %s are not checked against its role: %s", function->name,
                       function->role_unchecked == NULL ? "it has none" : function->role_unchecked);
        if (finding != NULL)
            finding->note = true;
    }
    for (size_t i = 0; i < pipeline->unchecked_count; i++) {
        const struct skipped_resource *unchecked = &pipeline->unchecked[i];
        finding = add_format(collection, unchecked->line,
                             "the value of parameter %s is not checked against its AllowedPattern: "
                             "oncecheck does not read %s",
                             unchecked->logical_id, unchecked->type);
        if (finding != NULL)
            finding->note = true;
    }
    for (size_t i = 0; i < pipeline->skipped_count; i++) {
        const struct skipped_resource *skipped = &pipeline->skipped[i];
        finding = add_format(collection, skipped->line, "%s is skipped: nothing here depends on %s",
                             skipped->logical_id, skipped->type);
        if (finding != NULL)
            finding->note = true;
    }
}

static int by_line(const void *a, const void *b)
{
    const struct finding *first = a;
    const struct finding *second = b;
    if (first->line != second->line)
        return first->line < second->line ? -1 : 1;
    return strcmp(first->message, second->message);
}

bool findings_collect(const struct run *run, const struct world_facts *facts, struct arena *arena,
                      struct findings *findings)
{
    struct collection collection = {.run = run,
                                    .pipeline = &run->pipeline,
                                    .facts = facts,
                                    .arena = arena,
                                    .findings = findings};
    findings->count = 0;
    look_at_functions(&collection);
    look_at_mappings(&collection);
    look_at_permissions(&collection);
    look_at_streams(&collection);
    look_at_tables(&collection);
    look_at_views(&collection);
    look_at_concurrency(&collection);
    look_at_the_rest(&collection);
    qsort(findings->items, findings->count, sizeof findings->items[0], by_line);
    return !collection.failed;
}
