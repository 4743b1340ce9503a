#include "model/mapping_settings.h"

#include "model/record_filter.h"

#include <stddef.h>

enum {
    BATCH_SIZE_DEFAULT = 100,
    BATCHING_WINDOW_MAX_S = 300,
    RETRY_ATTEMPTS_MAX = 10000,
    RECORD_AGE_MIN_S = 60, /* -1 apart */
    RECORD_AGE_MAX_S = 604800,
    PARALLELIZATION_MAX = 10,
    TUMBLING_WINDOW_MAX_S = 900
};

const char *const *mapping_setting_names(void)
{
    static const char *const names[] = {
#define MAPPING_SETTING_NAME(id, name) [(id)] = (name),
        MAPPING_SETTINGS(MAPPING_SETTING_NAME)
#undef MAPPING_SETTING_NAME
    };
    return names;
}

struct mapping_config mapping_config_default(void)
{
    return (struct mapping_config){.batch_size = BATCH_SIZE_DEFAULT,
                                   .maximum_retry_attempts = -1,
                                   .maximum_record_age_s = -1,
                                   .parallelization_factor = 1,
                                   .enabled = true};
}

static enum status read_uint32(const struct yaml_node *value, const char *what, uint32_t min,
                               uint32_t max, uint32_t *result, struct error *error)
{
    int64_t integer = 0;
    enum status status = yaml_get_integer(value, what, min, max, &integer, error);
    if (status == STATUS_OK)
        *result = (uint32_t)integer;
    return status;
}

static enum status read_record_age(const struct yaml_node *value, const char *what, int64_t *age_s,
                                   struct error *error)
{
    int64_t integer = 0;
    enum status status = yaml_get_integer(value, what, -1, RECORD_AGE_MAX_S, &integer, error);
    if (status != STATUS_OK)
        return status;
    if (integer >= 0 && integer < RECORD_AGE_MIN_S)
        return yaml_error(error, value, "%s must be -1 or a whole number from %d to %d, found %s",
                          what, RECORD_AGE_MIN_S, RECORD_AGE_MAX_S, value->text);
    *age_s = integer;
    return STATUS_OK;
}

static enum status read_response_types(const struct yaml_node *value, const char *what,
                                       bool *report_failures, struct error *error)
{
    static const char *const types[] = {"ReportBatchItemFailures"};
    enum status status = yaml_expect(value, YAML_SEQUENCE, what, error);
    if (status != STATUS_OK)
        return status;
    if (value->count > 1)
        return yaml_error(error, value, "%s must hold at most 1 element, found %zu", what,
                          value->count);
    *report_failures = false;
    size_t choice = 0;
    if (value->count == 1) {
        status = yaml_get_choice(value->elements[0], what, types, 1, &choice, error);
        *report_failures = status == STATUS_OK;
    }
    return status;
}

static enum status read_starting_position(const struct yaml_node *value, const char *what,
                                          enum starting_position *position, struct error *error)
{
    static const char *const positions[] = {[STARTING_TRIM_HORIZON] = "TRIM_HORIZON",
                                            [STARTING_LATEST] = "LATEST",
                                            [STARTING_AT_TIMESTAMP] = "AT_TIMESTAMP"};
    size_t choice = 0;
    enum status status = yaml_get_choice(value, what, positions, 3, &choice, error);
    if (status == STATUS_OK)
        *position = (enum starting_position)choice;
    return status;
}

/* A pattern is checked where it is written; worlds read it into stores of their own. */
static enum status read_pattern(const struct yaml_node *value, const char **pattern,
                                struct error *error)
{
    static const char *const keys[] = {"Pattern"};
    enum status status = yaml_check_keys(value, "a filter", keys, 1, error);
    const struct yaml_node *text = yaml_find(value, "Pattern");
    if (status != STATUS_OK)
        return status;
    if (text == NULL)
        return yaml_error(error, value, "a filter needs the key 'Pattern'");
    status = yaml_expect(text, YAML_SCALAR, "Pattern", error);
    if (status != STATUS_OK)
        return status;
    struct memory memory;
    memory_init(&memory, SIZE_MAX);
    struct value_store *store = value_store_create(&memory);
    if (store == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    struct error inner = ERROR_INIT;
    struct value read = VALUE_NONE;
    status = record_filter_parse(store, text->text, &read, &inner);
    value_store_destroy(store);
    if (status == STATUS_UNSUPPORTED)
        return yaml_unsupported(error, text, "Pattern: %s", inner.message);
    if (status != STATUS_OK)
        return yaml_error(error, text, "Pattern: %s", inner.message);
    *pattern = text->text;
    return STATUS_OK;
}

static enum status read_filters(const struct yaml_node *value, const char *what,
                                struct mapping_config *mapping, struct error *error)
{
    static const char *const keys[] = {"Filters"};
    enum status status = yaml_check_keys(value, what, keys, 1, error);
    const struct yaml_node *list = yaml_find(value, "Filters");
    mapping->filter_count = 0;
    if (status != STATUS_OK || list == NULL)
        return status;
    status = yaml_expect(list, YAML_SEQUENCE, "'Filters'", error);
    if (status == STATUS_OK && list->count > MAPPING_FILTERS_MAX)
        return yaml_error(error, list, "'Filters' must hold at most %d elements, found %zu",
                          MAPPING_FILTERS_MAX, list->count);
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        status = read_pattern(list->elements[i], &mapping->filters[i], error);
        mapping->filter_count += status == STATUS_OK ? 1 : 0;
    }
    return status;
}

/* OnSuccess exists for asynchronous invocations only; streams have OnFailure. */
static enum status read_destination(const struct yaml_node *value, const char *what,
                                    const char **on_failure, struct error *error)
{
    static const char *const keys[] = {"OnFailure"};
    static const char *const parts[] = {"Destination", "Type"}; /* Type: SAM's, such as SQS */
    enum status status = yaml_check_keys(value, what, keys, 1, error);
    const struct yaml_node *failure = yaml_find(value, "OnFailure");
    *on_failure = NULL;
    if (status != STATUS_OK || failure == NULL)
        return status;
    status = yaml_check_keys(failure, "OnFailure", parts, 2, error);
    const struct yaml_node *destination = yaml_find(failure, "Destination");
    if (status != STATUS_OK || destination == NULL)
        return status;
    status = yaml_expect(destination, YAML_SCALAR, "Destination", error);
    if (status == STATUS_OK)
        *on_failure = destination->text;
    return status;
}

static enum status read_value(enum mapping_setting setting, const struct yaml_node *value,
                              struct mapping_config *mapping, struct error *error)
{
    const char *what = mapping_setting_name(setting);
    switch (setting) {
    case MAPPING_BATCH_SIZE:
        return read_uint32(value, what, 1, BATCH_SIZE_MAX, &mapping->batch_size, error);
    case MAPPING_BATCHING_WINDOW:
        return read_uint32(value, what, 0, BATCHING_WINDOW_MAX_S, &mapping->batching_window_s,
                           error);
    case MAPPING_RETRY_ATTEMPTS:
        return yaml_get_integer(value, what, -1, RETRY_ATTEMPTS_MAX,
                                &mapping->maximum_retry_attempts, error);
    case MAPPING_RECORD_AGE:
        return read_record_age(value, what, &mapping->maximum_record_age_s, error);
    case MAPPING_BISECT:
        return yaml_get_bool(value, what, &mapping->bisect_batch_on_function_error, error);
    case MAPPING_PARALLELIZATION:
        return read_uint32(value, what, 1, PARALLELIZATION_MAX, &mapping->parallelization_factor,
                           error);
    case MAPPING_RESPONSE_TYPES:
        return read_response_types(value, what, &mapping->report_batch_item_failures, error);
    case MAPPING_STARTING_POSITION:
        return read_starting_position(value, what, &mapping->starting_position, error);
    case MAPPING_ENABLED:
        return yaml_get_bool(value, what, &mapping->enabled, error);
    case MAPPING_TUMBLING_WINDOW:
        return read_uint32(value, what, 0, TUMBLING_WINDOW_MAX_S, &mapping->tumbling_window_s,
                           error);
    case MAPPING_FILTERS:
        return read_filters(value, what, mapping, error);
    case MAPPING_DESTINATION:
        return read_destination(value, what, &mapping->on_failure, error);
    case MAPPING_SETTING_COUNT:
        break;
    }
    CHECK(setting < MAPPING_SETTING_COUNT);
    return STATUS_OK;
}

enum status mapping_setting_read(enum mapping_setting setting, const struct yaml_node *value,
                                 struct mapping_config *mapping, struct error *error)
{
    enum status status = read_value(setting, value, mapping, error);
    if (status == STATUS_OK)
        mapping->places[setting] = (struct input_place){value->file, value->line, value->column};
    return status;
}
