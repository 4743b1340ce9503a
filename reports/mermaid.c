#include "reports/mermaid.h"

#include "model/base/ascii.h"
#include "reports/field.h"

#include <stdio.h>
#include <string.h>

enum {
    LANES_MAX = 512,
    NAME_SIZE = 256,
    LABEL_SHOWN_MAX = 120,                /* bytes of a label; what is cut ends in "..." */
    TARGETS_MAX = 16,                     /* tables of one call */
    LANE_RESERVED = LABEL_SHOWN_MAX + 40, /* bytes of a lane's declaration */
    FRAME_RESERVED = 1024 /* bytes for the notes on what is left out and what is violated */
};

struct lane {
    char name[NAME_SIZE];
    bool used;
};

struct diagram {
    struct text *text;
    const struct value_store *store;
    const struct pipeline *pipeline;
    struct lane lanes[LANES_MAX];
    size_t lane_count;
};

/* Index of the lane of this name, which is added if it is not there; the last lane takes what is
 * beyond LANES_MAX. */
static size_t lane_of(struct diagram *diagram, const char *name)
{
    for (size_t i = 0; i < diagram->lane_count; i++) {
        if (strcmp(diagram->lanes[i].name, name) == 0)
            return i;
    }
    if (diagram->lane_count == LANES_MAX)
        return LANES_MAX - 1;
    struct lane *lane = &diagram->lanes[diagram->lane_count++];
    (void)snprintf(lane->name, sizeof lane->name, "%s", name);
    return diagram->lane_count - 1;
}

/* Mermaid ends a message at a semicolon or a line's end, reads # as the beginning of an entity, %%
 * as a comment and the word `end` as the end of a box. */
static bool is_plain(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_alphanumeric(c) ||
           strchr(" _-./,:()[]{}=+*'!?@|", c) != NULL;
}

static void append_label(struct text *text, const char *label)
{
    size_t length = strlen(label);
    size_t shown = length > LABEL_SHOWN_MAX ? LABEL_SHOWN_MAX : length;
    while (shown < length && shown > 0 && ((unsigned char)label[shown] & 0xC0) == 0x80)
        shown--; /* not within a UTF-8 character */
    for (size_t i = 0; i < shown; i++) {
        bool word_begins = i == 0 || !ascii_is_letter(label[i - 1]);
        bool is_end = word_begins && length - i >= 3 && strncmp(label + i, "end", 3) == 0 &&
                      !ascii_is_letter(label[i + 3]);
        if (label[i] == '\n')
            text_append_char(text, ' ');
        else if (is_end || !is_plain(label[i]))
            text_append_format(text, "#%u;", (unsigned)(unsigned char)label[i]);
        else
            text_append_char(text, label[i]);
    }
    if (shown < length)
        text_append_string(text, "...");
}

static void append_note(struct diagram *diagram, size_t lane, const char *indent, const char *label)
{
    diagram->lanes[lane].used = true;
    text_append_format(diagram->text, "%sNote over p%zu: ", indent, lane);
    append_label(diagram->text, label);
    text_append_char(diagram->text, '\n');
}

static void append_arrow(struct diagram *diagram, size_t from, const char *arrow, size_t to,
                         const char *label)
{
    diagram->lanes[from].used = true;
    diagram->lanes[to].used = true;
    text_append_format(diagram->text, "    p%zu%sp%zu: ", from, arrow, to);
    append_label(diagram->text, label);
    text_append_char(diagram->text, '\n');
}

/* The actor without the number of its invocation. */
static void actor_name(const char *actor, char name[NAME_SIZE])
{
    size_t length = strcspn(actor, "#");
    (void)snprintf(name, NAME_SIZE, "%.*s", (int)(length < NAME_SIZE ? length : NAME_SIZE - 1),
                   actor);
}

/* What the actor reads from: the source of its function's mapping; NULL: not known. A function with
 * several mappings has its source's name in the actor's ("Work/Source/shard-0"), if at all. */
static const char *source_of(const struct diagram *diagram, const char *actor)
{
    const struct pipeline *pipeline = diagram->pipeline;
    const char *found = NULL;
    for (size_t i = 0; pipeline != NULL && i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        const char *function = pipeline->functions[mapping->function].name;
        size_t length = strlen(function);
        if (!mapping->enabled || strncmp(actor, function, length) != 0 || actor[length] != '/')
            continue;
        const char *source = mapping->source_kind == SOURCE_STREAM
                                 ? pipeline->streams[mapping->source].name
                                 : pipeline->tables[mapping->source].name;
        size_t source_length = strlen(source);
        const char *rest = actor + length + 1;
        if (strncmp(rest, source, source_length) == 0 && rest[source_length] == '/')
            return source;
        if (found == NULL)
            found = source;
    }
    return found;
}

static void add_target(const char *name, const char *targets[TARGETS_MAX], size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(targets[i], name) == 0)
            return;
    }
    if (*count < TARGETS_MAX && name[0] != '\0')
        targets[(*count)++] = name;
}

/* The tables that a request names: its own, those of a transaction's actions, those of a batch. */
static size_t request_targets(const struct value_store *store, struct value body,
                              const char *targets[TARGETS_MAX])
{
    size_t count = 0;
    add_target(field_text(store, body, "TableName"), targets, &count);
    for (size_t i = 0; i < field_count(store, body, "TransactItems"); i++) {
        struct value item = field_at(store, body, "TransactItems", i);
        if (value_kind(store, item) != VALUE_MAP || value_count(store, item) == 0)
            continue;
        add_target(field_text(store, value_value_at(store, item, 0), "TableName"), targets, &count);
    }
    struct value batch = value_member(store, body, "RequestItems", VALUE_MAP);
    for (size_t i = 0; !value_is_none(batch) && i < value_count(store, batch); i++) {
        struct value key = value_key_at(store, batch, i);
        if (value_kind(store, key) == VALUE_STRING)
            add_target(value_bytes(store, key, NULL), targets, &count);
    }
    return count;
}

static void append_call(struct diagram *diagram, size_t actor, struct value step)
{
    const struct value_store *store = diagram->store;
    struct value body =
        value_member(store, value_member(store, step, "request", VALUE_MAP), "body", VALUE_MAP);
    struct value answer = value_member(store, step, "answer", VALUE_MAP);
    const char *targets[TARGETS_MAX];
    size_t count = request_targets(store, body, targets);
    bool done = value_is_none(answer) || field_integer(store, answer, "status", 200) == 200;
    for (size_t i = 0; i < count; i++)
        append_arrow(diagram, actor, done ? "->>" : "-x", lane_of(diagram, targets[i]),
                     i == 0 ? field_text(store, step, "summary") : "the same call");
    if (count == 0)
        append_note(diagram, actor, "    ", field_text(store, step, "summary"));
}

static const char *put_target(const struct diagram *diagram, struct value step)
{
    const struct value_store *store = diagram->store;
    for (size_t i = 0; i < field_count(store, step, "changes"); i++) {
        const char *component = field_text(store, field_at(store, step, "changes", i), "component");
        size_t length = strcspn(component, "/");
        for (size_t j = 0; diagram->pipeline != NULL && j < diagram->pipeline->stream_count; j++) {
            const char *name = diagram->pipeline->streams[j].name;
            if (strlen(name) == length && strncmp(name, component, length) == 0)
                return name;
        }
    }
    return NULL;
}

static void append_step(struct diagram *diagram, struct value step)
{
    const struct value_store *store = diagram->store;
    const char *action = field_text(store, step, "action");
    const char *summary = field_text(store, step, "summary");
    const char *fault = field_text(store, step, "fault");
    char name[NAME_SIZE];
    actor_name(field_text(store, step, "actor"), name);
    size_t actor = lane_of(diagram, name);
    const char *source = source_of(diagram, name);
    if (fault[0] != '\0') {
        text_append_string(diagram->text, "    rect rgba(255, 0, 0, 0.15)\n");
        append_note(diagram, actor, "        ", summary);
        text_append_string(diagram->text, "    end\n");
    } else if (strcmp(action, "put") == 0 && put_target(diagram, step) != NULL) {
        append_arrow(diagram, actor, "->>", lane_of(diagram, put_target(diagram, step)), summary);
    } else if (strcmp(action, "poll") == 0 && source != NULL) {
        append_arrow(diagram, lane_of(diagram, source), "-->>", actor, summary);
    } else if (strcmp(action, "acknowledge") == 0 && source != NULL) {
        append_arrow(diagram, actor, "-->>", lane_of(diagram, source), summary);
    } else if (strcmp(action, "call") == 0) {
        append_call(diagram, actor, step);
    } else {
        append_note(diagram, actor, "    ", summary);
    }
}

/* Lanes in the order of the flow: the generator, then each mapping's source and function; tables
 * that are only read come last. */
static void add_lanes(struct diagram *diagram, struct value trace)
{
    const struct value_store *store = diagram->store;
    const struct pipeline *pipeline = diagram->pipeline;
    (void)lane_of(diagram, "Generator");
    for (size_t i = 0; pipeline != NULL && i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        const char *function = pipeline->functions[mapping->function].name;
        size_t length = strlen(function);
        (void)lane_of(diagram, mapping->source_kind == SOURCE_STREAM
                                   ? pipeline->streams[mapping->source].name
                                   : pipeline->tables[mapping->source].name);
        for (size_t j = 0; j < field_count(store, trace, "steps"); j++) {
            char name[NAME_SIZE];
            actor_name(field_text(store, field_at(store, trace, "steps", j), "actor"), name);
            if (strncmp(name, function, length) == 0 && name[length] == '/')
                (void)lane_of(diagram, name);
        }
    }
}

static bool is_shown(const struct value_store *store, struct value step)
{
    return !field_truth(store, step, "minor") || field_text(store, step, "fault")[0] != '\0';
}

/* The steps from `first` to before `last`, each into the diagram's text. */
static void append_steps_between(struct diagram *diagram, struct value trace, size_t first,
                                 size_t last)
{
    for (size_t i = first; i < last; i++) {
        struct value step = field_at(diagram->store, trace, "steps", i);
        if (is_shown(diagram->store, step))
            append_step(diagram, step);
    }
}

/* How many steps of the beginning, and as many of the end, can be shown: half of what is too long
 * is left out until the rest fits. */
static size_t find_ends(struct diagram *diagram, struct value trace, size_t count)
{
    size_t ends = count;
    struct text *whole = diagram->text;
    for (bool fits = false; !fits && ends > 0;) {
        struct text trial;
        size_t first = ends >= (count + 1) / 2 ? count : ends;
        text_init(&trial, whole->memory);
        diagram->text = &trial;
        append_steps_between(diagram, trace, 0, first);
        if (first < count)
            append_steps_between(diagram, trace, count - ends, count);
        fits =
            trial.length + diagram->lane_count * LANE_RESERVED + FRAME_RESERVED < MERMAID_TEXT_MAX;
        if (!fits)
            ends = ends > 1 ? ends * 3 / 4 : 0;
        if (text_failed(&trial))
            whole->failed = true;
        text_release(&trial);
        for (size_t i = 0; i < diagram->lane_count; i++)
            diagram->lanes[i].used = false;
    }
    diagram->text = whole;
    return ends >= (count + 1) / 2 ? count : ends;
}

static void append_body(struct diagram *diagram, struct value trace)
{
    size_t count = field_count(diagram->store, trace, "steps");
    size_t ends = find_ends(diagram, trace, count);
    if (ends == count) {
        append_steps_between(diagram, trace, 0, count);
        return;
    }
    char label[64];
    (void)snprintf(label, sizeof label, "%zu steps are left out here", count - 2 * ends);
    append_steps_between(diagram, trace, 0, ends);
    append_note(diagram, 0, "    ", label);
    append_steps_between(diagram, trace, count - ends, count);
}

static void append_violation_note(struct diagram *diagram, struct value violation)
{
    size_t first = LANES_MAX;
    size_t last = 0;
    struct text label;
    for (size_t i = 0; i < diagram->lane_count; i++) {
        if (!diagram->lanes[i].used)
            continue;
        first = first == LANES_MAX ? i : first;
        last = i;
    }
    if (first == LANES_MAX)
        return;
    text_init(&label, diagram->text->memory);
    text_append_format(&label, "violated: %s: %s",
                       field_text(diagram->store, violation, "property"),
                       field_text(diagram->store, violation, "summary"));
    text_append_format(diagram->text, "    Note over p%zu", first);
    if (last != first)
        text_append_format(diagram->text, ",p%zu", last);
    text_append_string(diagram->text, ": ");
    append_label(diagram->text, text_string(&label));
    text_append_char(diagram->text, '\n');
    if (text_failed(&label))
        diagram->text->failed = true;
    text_release(&label);
}

void mermaid_append(struct text *text, const struct value_store *store, struct value trace,
                    const struct pipeline *pipeline)
{
    struct text body;
    text_init(&body, text->memory);
    struct diagram *diagram = memory_allocate_zeroed(text->memory, 1, sizeof *diagram);
    if (diagram == NULL) {
        text->failed = true;
        return;
    }
    *diagram = (struct diagram){.text = &body, .store = store, .pipeline = pipeline};
    add_lanes(diagram, trace);
    append_body(diagram, trace);
    append_violation_note(diagram, value_member(store, trace, "violation", VALUE_MAP));
    text_append_string(text, "sequenceDiagram\n");
    for (size_t i = 0; i < diagram->lane_count; i++) {
        if (!diagram->lanes[i].used)
            continue;
        text_append_format(text, "    participant p%zu as ", i);
        append_label(text, diagram->lanes[i].name);
        text_append_char(text, '\n');
    }
    text_append(text, text_string(&body), body.length);
    if (text_failed(&body))
        text->failed = true;
    text_release(&body);
    memory_free(text->memory, diagram, sizeof *diagram);
}
