#include "checker/sweep.h"

#include <string.h>

/* The end of the value that begins here: the next comma outside brackets and quotes, or the end. */
static const char *value_end(const char *text)
{
    size_t depth = 0;
    char quote = '\0';
    for (; *text != '\0'; text++) {
        if (quote != '\0') {
            if (*text == quote)
                quote = '\0';
        } else if (*text == '"' || *text == '\'') {
            quote = *text;
        } else if (*text == '[' || *text == '{') {
            depth++;
        } else if ((*text == ']' || *text == '}') && depth > 0) {
            depth--;
        } else if (*text == ',' && depth == 0) {
            break;
        }
    }
    return text;
}

static enum status add_value(struct sweep_setting *setting, const char *text, size_t length,
                             struct arena *arena, struct error *error)
{
    if (length == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--sweep %s: found an empty value, expected "
                         "SETTING=VALUE,...",
                         setting->name);
    if (setting->value_count == SWEEP_VALUES_MAX)
        return error_set(error, STATUS_LIMIT, "--sweep %s: more than %d values", setting->name,
                         SWEEP_VALUES_MAX);
    char *value = arena_format(arena, "%.*s", (int)length, text);
    if (value == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for --sweep");
    for (size_t i = 0; i < setting->value_count; i++) {
        if (strcmp(setting->values[i], value) == 0)
            return error_set(error, STATUS_BAD_INPUT, "--sweep %s: '%s' is there twice",
                             setting->name, value);
    }
    setting->values[setting->value_count++] = value;
    return STATUS_OK;
}

static enum status read_setting(const char *text, struct arena *arena, struct sweep *sweep,
                                struct error *error)
{
    enum { TEXT_SIZE_MAX = 65536 };
    struct sweep_setting *setting = &sweep->settings[sweep->count];
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return error_set(error, STATUS_BAD_INPUT,
                         "--sweep: found '%s', expected [FUNCTION.]SETTING=VALUE,...", text);
    if (strlen(text) > TEXT_SIZE_MAX)
        return error_set(error, STATUS_LIMIT, "--sweep: longer than %d bytes", TEXT_SIZE_MAX);
    *setting =
        (struct sweep_setting){.name = arena_format(arena, "%.*s", (int)(equals - text), text)};
    if (setting->name == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for --sweep");
    for (size_t i = 0; i < sweep->count; i++) {
        if (strcmp(sweep->settings[i].name, setting->name) == 0)
            return error_set(error, STATUS_BAD_INPUT,
                             "--sweep %s: given twice; one --sweep takes all its values",
                             setting->name);
    }
    const char *value = equals + 1;
    const char *end = value_end(value);
    enum status status = add_value(setting, value, (size_t)(end - value), arena, error);
    while (status == STATUS_OK && *end == ',') {
        value = end + 1;
        end = value_end(value);
        status = add_value(setting, value, (size_t)(end - value), arena, error);
    }
    return status;
}

enum status sweep_read(const char *const *texts, size_t count, struct arena *arena,
                       struct sweep *sweep, struct error *error)
{
    enum status status = STATUS_OK;
    *sweep = (struct sweep){.combinations = 1};
    if (count > SWEEP_SETTINGS_MAX)
        return error_set(error, STATUS_LIMIT, "--sweep: more than %d times", SWEEP_SETTINGS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = read_setting(texts[i], arena, sweep, error);
        if (status == STATUS_OK)
            sweep->combinations *= sweep->settings[sweep->count++].value_count;
        if (status == STATUS_OK && sweep->combinations > SWEEP_COMBINATIONS_MAX)
            return error_set(error, STATUS_LIMIT, "--sweep: more than %d combinations",
                             SWEEP_COMBINATIONS_MAX);
    }
    return status;
}

size_t sweep_choice(const struct sweep *sweep, size_t combination, size_t setting)
{
    for (size_t i = sweep->count; i-- > setting + 1;)
        combination /= sweep->settings[i].value_count;
    return combination % sweep->settings[setting].value_count;
}

const char *sweep_text(const struct sweep *sweep, size_t setting, size_t value, struct arena *arena)
{
    return arena_format(arena, "%s=%s", sweep->settings[setting].name,
                        sweep->settings[setting].values[value]);
}
