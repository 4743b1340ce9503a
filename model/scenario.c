#include "model/scenario.h"

#include "model/scenario_reader.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const valuation_names[] = {
#define VALUATION_NAME(id, name) [(id)] = (name),
    VALUATIONS(VALUATION_NAME)
#undef VALUATION_NAME
        [VALUATION_COUNT] = "all"};

static const char *const property_names[] = {
#define PROPERTY_NAME(id, name) [(id)] = (name),
    PROPERTIES(PROPERTY_NAME)
#undef PROPERTY_NAME
        [PROPERTY_COUNT] = "holds"};

const char *valuation_name(enum valuation valuation)
{
    CHECK(valuation < VALUATION_COUNT);
    return valuation_names[valuation];
}

const char *property_name(enum property property)
{
    CHECK(property < PROPERTY_COUNT);
    return property_names[property];
}

/* A name, "all" or a list of names. */
static enum status read_valuations(const struct yaml_node *node, struct scenario *scenario,
                                   struct error *error)
{
    size_t choice = VALUATION_COUNT;
    memset(scenario->valuations, 0, sizeof scenario->valuations);
    if (node != NULL && node->kind == YAML_SEQUENCE) {
        if (node->count == 0)
            return yaml_error(error, node, "'values' must not be empty");
        for (size_t i = 0; i < node->count; i++) {
            enum status status = yaml_get_choice(node->elements[i], "an element of 'values'",
                                                 valuation_names, VALUATION_COUNT, &choice, error);
            if (status != STATUS_OK)
                return status;
            scenario->valuations[choice] = true;
        }
        return STATUS_OK;
    }
    if (node != NULL) {
        enum status status =
            yaml_get_choice(node, "'values'", valuation_names, VALUATION_COUNT + 1, &choice, error);
        if (status != STATUS_OK)
            return status;
    }
    for (size_t i = 0; i < VALUATION_COUNT; i++)
        scenario->valuations[i] = choice == VALUATION_COUNT || choice == i;
    return STATUS_OK;
}

static enum status read_properties(const struct yaml_node *node, struct scenario *scenario,
                                   struct error *error)
{
    if (node == NULL) {
        for (int i = 0; i < PROPERTY_COUNT; i++)
            scenario->properties[i] = i != PROPERTY_LEVELS_AGREE;
        return STATUS_OK;
    }
    enum status status = yaml_expect(node, YAML_SEQUENCE, "'properties'", error);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0)
        return yaml_error(error, node, "'properties' must not be empty");
    for (size_t i = 0; i < node->count; i++) {
        size_t choice = 0;
        status = yaml_get_choice(node->elements[i], "a property", property_names, PROPERTY_COUNT,
                                 &choice, error);
        if (status != STATUS_OK)
            return status;
        scenario->properties[choice] = true;
    }
    return STATUS_OK;
}

/* "holds", or a property that the scenario checks. */
static enum status read_expect(const struct yaml_node *node, struct scenario *scenario,
                               struct error *error)
{
    if (node == NULL)
        return STATUS_OK;
    size_t choice = 0;
    enum status status =
        yaml_get_choice(node, "'expect'", property_names, PROPERTY_COUNT + 1, &choice, error);
    if (status != STATUS_OK)
        return status;
    if (choice < PROPERTY_COUNT && !scenario->properties[choice])
        return yaml_error(error, node, "'expect' names %s, which 'properties' leaves out",
                          property_names[choice]);
    scenario->expect = property_names[choice];
    return STATUS_OK;
}

/* There is room for the further copies: a message is put SCENARIO_COPIES_MAX times at most. */
static enum status check_copies(const struct yaml_node *duplicates, const struct scenario *scenario,
                                struct error *error)
{
    size_t room = 0;
    for (size_t i = 0; i < scenario->written_count; i++)
        room += SCENARIO_COPIES_MAX - scenario->written[i].copies;
    if (scenario->generation.messages > 0)
        room = SCENARIO_COPIES_MAX - scenario->generation.messages; /* perhaps all of one message */
    if (duplicates != NULL && scenario->duplicates > room)
        return yaml_error(
            error, duplicates,
            "'duplicates' must be at most %zu here: a message is put at most %d times", room,
            SCENARIO_COPIES_MAX);
    return STATUS_OK;
}

/* messages, or what is drawn in their place, and further copies. */
static enum status read_puts(const struct yaml_node *node, struct arena *arena,
                             struct scenario *scenario, struct error *error)
{
    const struct yaml_node *messages = NULL;
    const struct yaml_node *generate = yaml_find(node, "generate");
    const struct yaml_node *duplicates = yaml_find(node, "duplicates");
    int64_t copies = 0;
    enum status status = STATUS_OK;
    if (generate != NULL && yaml_find(node, "messages") != NULL)
        return yaml_error(error, yaml_find_key(node, "generate"),
                          "a workload has either 'messages' or 'generate', found both");
    if (generate != NULL) {
        status = scenario_read_generation(generate, &scenario->generation, error);
    } else {
        status = yaml_require(node, "messages", "'workload'", &messages, error);
        if (status == STATUS_OK)
            status = scenario_read_messages(messages, arena, scenario, error);
    }
    if (status == STATUS_OK && duplicates != NULL)
        status = yaml_get_integer(duplicates, "'duplicates'", 0, SCENARIO_DUPLICATES_MAX, &copies,
                                  error);
    scenario->duplicates = (uint32_t)copies;
    scenario->seeded = generate != NULL || copies > 0;
    return status == STATUS_OK ? check_copies(duplicates, scenario, error) : status;
}

static enum status read_workload(const struct yaml_node *node, struct arena *arena,
                                 struct scenario *scenario, struct scenario_sections *sections,
                                 struct error *error)
{
    static const char *const keys[] = {"stream",   "shards",     "messages", "order",
                                       "generate", "duplicates", "values"};
    static const char *const orders[] = {[PUT_ORDER_GIVEN] = "given", [PUT_ORDER_ANY] = "any"};
    size_t order = PUT_ORDER_GIVEN;
    int64_t shards = 0;
    enum status status = yaml_check_keys(node, "'workload'", keys, COUNT(keys), error);
    if (status != STATUS_OK)
        return status;
    sections->stream = yaml_find(node, "stream");
    sections->shards = yaml_find(node, "shards");
    const struct yaml_node *order_node = yaml_find(node, "order");
    if (sections->stream != NULL)
        status = yaml_get_text(sections->stream, "'stream'", &scenario->stream, error);
    if (status == STATUS_OK && sections->shards != NULL)
        status =
            yaml_get_integer(sections->shards, "'shards'", 1, PIPELINE_SHARDS_MAX, &shards, error);
    if (status == STATUS_OK && order_node != NULL)
        status = yaml_get_choice(order_node, "'order'", orders, 2, &order, error);
    scenario->order = (enum put_order)order;
    if (status == STATUS_OK)
        status = read_valuations(yaml_find(node, "values"), scenario, error);
    return status == STATUS_OK ? read_puts(node, arena, scenario, error) : status;
}

static enum status read_template_file(const struct yaml_node *node, struct arena *arena,
                                      struct scenario *scenario, struct error *error)
{
    const char *written = NULL;
    if (node == NULL)
        return STATUS_OK;
    enum status status = yaml_get_text(node, "'template'", &written, error);
    if (status != STATUS_OK)
        return status;
    const char *slash = strrchr(scenario->file, '/');
    bool absolute = written[0] == '/';
    int folder = slash != NULL && !absolute ? (int)(slash - scenario->file + 1) : 0;
    scenario->template_file = arena_format(arena, "%.*s%s", folder, scenario->file, written);
    if (scenario->template_file == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory while reading a scenario");
    return STATUS_OK;
}

static enum status read_sections(const struct yaml_node *root, struct arena *arena,
                                 struct scenario *scenario, struct scenario_sections *sections,
                                 struct error *error)
{
    const struct yaml_node *name = NULL;
    const struct yaml_node *workload = NULL;
    const struct yaml_node *description = yaml_find(root, "description");
    enum status status = yaml_require(root, "scenario", "a scenario", &name, error);
    if (status == STATUS_OK)
        status = yaml_get_text(name, "'scenario'", &scenario->name, error);
    if (status == STATUS_OK && description != NULL)
        status = yaml_get_text(description, "'description'", &scenario->description, error);
    if (status == STATUS_OK)
        status = read_template_file(yaml_find(root, "template"), arena, scenario, error);
    if (status == STATUS_OK)
        status = yaml_require(root, "workload", "a scenario", &workload, error);
    if (status == STATUS_OK)
        status = read_workload(workload, arena, scenario, sections, error);
    if (status == STATUS_OK)
        status = scenario_read_faults(yaml_find(root, "faults"), scenario, error);
    if (status == STATUS_OK)
        status = read_properties(yaml_find(root, "properties"), scenario, error);
    if (status == STATUS_OK)
        status = read_expect(yaml_find(root, "expect"), scenario, error);
    if (status == STATUS_OK)
        status = scenario_read_sometimes(yaml_find(root, "sometimes"), scenario, error);
    sections->tables = yaml_find(root, "tables");
    sections->mappings = yaml_find(root, "mappings");
    sections->aggregates = yaml_find(root, "aggregates");
    if (status == STATUS_OK && sections->tables != NULL)
        status = yaml_expect(sections->tables, YAML_MAPPING, "'tables'", error);
    if (status == STATUS_OK && sections->mappings != NULL)
        status = yaml_expect(sections->mappings, YAML_MAPPING, "'mappings'", error);
    return status;
}

static enum status read_root(const struct yaml_node *root, struct arena *arena,
                             struct scenario *scenario, struct error *error)
{
    static const char *const keys[] = {"scenario", "description", "template",  "workload",
                                       "tables",   "mappings",    "faults",    "properties",
                                       "expect",   "sometimes",   "aggregates"};
    enum status status = yaml_check_keys(root, "a scenario", keys, COUNT(keys), error);
    if (status != STATUS_OK)
        return status;
    struct scenario_sections *sections = arena_allocate(arena, sizeof *sections);
    if (sections == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory while reading %s", root->file);
    *scenario = (struct scenario){.file = root->file, .sections = sections};
    return read_sections(root, arena, scenario, sections, error);
}

enum status scenario_read(const char *file, struct arena *arena, struct scenario *scenario,
                          struct error *error)
{
    const struct yaml_node *root = NULL;
    enum status status = yaml_read_file(file, SCENARIO_FILE_SIZE_MAX, arena, &root, error);
    if (status == STATUS_OK)
        status = read_root(root, arena, scenario, error);
    return status == STATUS_OK ? scenario_generate(scenario, 1, arena, error) : status;
}

enum status scenario_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                           struct scenario *scenario, struct error *error)
{
    const struct yaml_node *root = NULL;
    enum status status = yaml_parse(bytes, length, file, arena, &root, error);
    if (status == STATUS_OK)
        status = read_root(root, arena, scenario, error);
    return status == STATUS_OK ? scenario_generate(scenario, 1, arena, error) : status;
}
