#include "checker/option_value.h"

#include "checker/workers.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum status option_read_count(const char *option, const char *text, uint64_t *count,
                              struct error *error)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number == 0)
        return error_set(error, STATUS_BAD_INPUT, "--%s: found '%s', expected a number from 1",
                         option, text);
    *count = number;
    return STATUS_OK;
}

enum status option_read_percent(const char *option, const char *text, uint32_t *percent,
                                struct error *error)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || number > 100 ||
        (*end != '\0' && strcmp(end, "%") != 0))
        return error_set(error, STATUS_BAD_INPUT, "--%s: found '%s', expected 0 to 100", option,
                         text);
    *percent = (uint32_t)number;
    return STATUS_OK;
}

/* A number with a unit; `units` is a string of letters, `factors` what they stand for. */
static enum status read_quantity(const char *option, const char *text, const char *units,
                                 const double *factors, const char *expected, double *quantity,
                                 struct error *error)
{
    char *end = NULL;
    double number = strtod(text, &end);
    double factor = 1;
    bool valid = text[0] >= '0' && text[0] <= '9' && end != text;
    if (valid && *end != '\0') {
        const char *unit = strchr(units, *end);
        valid = unit != NULL && end[1] == '\0';
        if (valid)
            factor = factors[unit - units];
    }
    *quantity = number * factor;
    if (!valid || !isfinite(*quantity) || *quantity <= 0)
        return error_set(error, STATUS_BAD_INPUT, "--%s: found '%s', expected %s", option, text,
                         expected);
    return STATUS_OK;
}

enum status option_read_memory(const char *option, const char *text, uint64_t *bytes,
                               struct error *error)
{
    static const double factors[] = {1024.0,       1024.0,       1048576.0,       1048576.0,
                                     1073741824.0, 1073741824.0, 1099511627776.0, 1099511627776.0};
    double size = 0;
    enum status status =
        read_quantity(option, text, "kKmMgGtT", factors, "a size such as 500M or 2G", &size, error);
    if (status == STATUS_OK && size < 1048576.0)
        return error_set(error, STATUS_BAD_INPUT, "--%s: '%s' is less than 1M", option, text);
    *bytes = size > 1e18 ? (uint64_t)1e18 : (uint64_t)size;
    return status;
}

enum status option_read_choice(const char *option, const char *text, enum choice *choice,
                               struct error *error)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *choice = (enum choice)i;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_BAD_INPUT, "--%s: found '%s', expected auto, always or never",
                     option, text);
}

enum status option_read_jail(const char *option, const char *text, enum jail_mode *mode,
                             struct error *error)
{
    static const char *const names[] = {
        [JAIL_AUTO] = "auto", [JAIL_REQUIRE] = "require", [JAIL_OFF] = "off"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum jail_mode)i;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_BAD_INPUT, "--%s: found '%s', expected auto, require or off",
                     option, text);
}

enum status option_read_duration(const char *option, const char *text, double *seconds,
                                 struct error *error)
{
    static const double factors[] = {1, 60, 3600, 86400};
    return read_quantity(option, text, "smhd", factors, "a duration such as 90s, 5m or 1h", seconds,
                         error);
}

enum status option_read_handlers(const char *text, struct options *options, struct error *error)
{
    if (strcmp(text, "lab1") == 0)
        options->handlers = RUN_REFERENCE_LAB1;
    else if (strcmp(text, "lab2") == 0)
        options->handlers = RUN_REFERENCE_LAB2;
    else
        return error_set(error, STATUS_BAD_INPUT, "--handlers: found '%s', expected lab1 or lab2",
                         text);
    return STATUS_OK;
}

/* NAME=DIR, cut in place: argv is ours. */
enum status option_read_function(char *text, struct options *options, struct error *error)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return error_set(error, STATUS_BAD_INPUT, "--function: found '%s', expected NAME=DIR",
                         text);
    if (options->override_count == RUN_OVERRIDES_MAX)
        return error_set(error, STATUS_LIMIT, "--function: more than %d times", RUN_OVERRIDES_MAX);
    *equals = '\0';
    options->overrides[options->override_count++] =
        (struct function_override){.name = text, .path = equals + 1};
    return STATUS_OK;
}

/* NAME=VALUE, cut in place: argv is ours. A value may be empty and hold further '='. */
enum status option_read_parameter(char *text, struct options *options, struct error *error)
{
    char *equals = strchr(text, '=');
    struct template_parameters *parameters = &options->parameters;
    if (equals == NULL || equals == text)
        return error_set(error, STATUS_BAD_INPUT, "--parameter: found '%s', expected NAME=VALUE",
                         text);
    if (parameters->count == TEMPLATE_PARAMETERS_MAX)
        return error_set(error, STATUS_LIMIT, "--parameter: more than %d times",
                         TEMPLATE_PARAMETERS_MAX);
    *equals = '\0';
    parameters->items[parameters->count++] =
        (struct template_parameter){.name = text, .value = equals + 1};
    return STATUS_OK;
}

enum status option_add_weakness(const char *text, struct options *options, struct error *error)
{
    enum { NAMES_SIZE = 512 };
    char names[NAMES_SIZE] = "";
    size_t length = 0;
    if (audit_row_find(text) < audit_row_count) {
        if (options->weakness_count == AUDIT_ROWS_MAX)
            return error_set(error, STATUS_LIMIT, "--weakness: more than %d times", AUDIT_ROWS_MAX);
        options->weaknesses[options->weakness_count++] = text;
        return STATUS_OK;
    }
    for (size_t i = 0; i < audit_row_count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i == 0 ? "" : ", ", audit_rows[i].name);
    return error_set(error, STATUS_BAD_INPUT, "--weakness: found '%s', expected one of %s", text,
                     names);
}

enum status option_add_sweep(const char *text, struct options *options, struct error *error)
{
    if (options->sweep_count == SWEEP_SETTINGS_MAX)
        return error_set(error, STATUS_LIMIT, "--sweep: more than %d times", SWEEP_SETTINGS_MAX);
    options->sweeps[options->sweep_count++] = text;
    return STATUS_OK;
}

enum status option_read_workers(const char *text, struct options *options, struct error *error)
{
    uint64_t workers = 0;
    enum status status = option_read_count("workers", text, &workers, error);
    if (status == STATUS_OK && (workers == 0 || workers > WORKERS_MAX))
        return error_set(error, STATUS_BAD_INPUT,
                         "--workers: found '%s', expected a number from 1 to %d", text,
                         WORKERS_MAX);
    options->workers = (unsigned)workers;
    return status;
}

enum status option_read_reduction(const char *text, struct options *options, struct error *error)
{
    bool all = text == NULL;
    if (!all && strcmp(text, "local_steps") != 0 && strcmp(text, "stage_order") != 0 &&
        strcmp(text, "shards_in_turn") != 0 && strcmp(text, "dead_data") != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--no-reduction: found '%s', expected dead_data, local_steps, "
                         "shards_in_turn or stage_order",
                         text);
    if (all || strcmp(text, "dead_data") == 0)
        options->drop_dead_data = false;
    if (all || strcmp(text, "local_steps") == 0)
        options->merge_local_steps = false;
    if (all || strcmp(text, "stage_order") == 0)
        options->stage_order = false;
    if (all || strcmp(text, "shards_in_turn") == 0)
        options->shards_in_turn = false;
    return STATUS_OK;
}

enum status option_read_search(const char *text, struct options *options, struct error *error)
{
    options->random_search = strcmp(text, "random") == 0;
    if (!options->random_search && strcmp(text, "exhaustive") != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--search: found '%s', expected exhaustive or random", text);
    return STATUS_OK;
}

enum status option_read_strategy(const char *text, struct options *options, struct error *error)
{
    options->strategy = strategy_find(text);
    options->strategy_given = true;
    if (options->strategy == STRATEGY_COUNT)
        return error_set(error, STATUS_BAD_INPUT,
                         "--strategy: found '%s', expected walk, pct or swarm", text);
    return STATUS_OK;
}

enum status option_add_setting(const char *text, struct options *options, struct error *error)
{
    if (options->setting_count == MAPPING_OVERRIDES_MAX)
        return error_set(error, STATUS_LIMIT, "--set: more than %d times", MAPPING_OVERRIDES_MAX);
    options->settings[options->setting_count++] = text;
    return STATUS_OK;
}

enum status option_add_fault(const char *text, struct options *options, struct error *error)
{
    if (options->fault_kind_count == OPTIONS_FAULTS_MAX)
        return error_set(error, STATUS_LIMIT, "--fault: more than %d times", OPTIONS_FAULTS_MAX);
    options->fault_kinds[options->fault_kind_count++] = text;
    return STATUS_OK;
}

enum status option_read_minutes(const char *text, uint64_t *minutes, struct error *error)
{
    enum status status = option_read_count("minutes", text, minutes, error);
    if (status == STATUS_OK && *minutes > SIMULATION_MINUTES_MAX)
        return error_set(error, STATUS_BAD_INPUT,
                         "--minutes: found '%s', expected a number from 1 to %d", text,
                         SIMULATION_MINUTES_MAX);
    return status;
}

enum status option_read_seed(const char *option, const char *text, uint64_t *seed,
                             struct error *error)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > INT64_MAX)
        return error_set(error, STATUS_BAD_INPUT,
                         "--%s: found '%s', expected a whole number from 0 to 2^63 - 1", option,
                         text);
    *seed = number;
    return STATUS_OK;
}

/* Where a rate of that name is kept; NULL: there is none. */
static uint32_t *find_rate(const char *name, size_t length, struct simulation_options *options)
{
    const struct {
        const char *name;
        uint32_t *rate;
    } rows[] = {{"duplicates", &options->rates.duplicates},
                {"modifications", &options->rates.modifications},
#define RATE_ROW(id, name, parameter, percent) {name, &options->failures[id]},
                GAME_FAILURES(RATE_ROW)
#undef RATE_ROW
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return rows[i].rate;
    return NULL;
}

enum status option_read_rate(const char *text, struct simulation_options *options,
                             struct error *error)
{
    const char *equals = strchr(text, '=');
    const char *number = equals == NULL ? text : equals + 1;
    uint32_t *rate =
        equals == NULL ? &options->rates.load : find_rate(text, (size_t)(equals - text), options);
    char *end = NULL;
    const double percent = strtod(number, &end);
    if (rate == NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "--rate: found '%s', expected PERCENT, or NAME=PERCENT with duplicates, "
                         "modifications, state, map or reduce as NAME",
                         text);
    if (number[0] < '0' || number[0] > '9' ||
        strspn(number, "0123456789.") != (size_t)(end - number) ||
        (strcmp(end, "") != 0 && strcmp(end, "%") != 0) || !(percent <= 100) ||
        (equals == NULL && percent <= 0))
        return error_set(error, STATUS_BAD_INPUT,
                         "--rate: found '%s', expected a percentage %s 100", text,
                         equals == NULL ? "above 0, at most" : "from 0 to");
    *rate = (uint32_t)lround(percent / 100 * GAME_PERCENT);
    return STATUS_OK;
}
