#include "model/mapping_override.h"

#include "model/mapping_settings.h"
#include "model/yaml.h"

#include <string.h>

/* A function's name, or a mapping's logical id; with length 0 every mapping is meant. */
static bool is_meant(const struct pipeline *pipeline, const struct mapping_config *mapping,
                     const char *name, size_t length)
{
    const char *function = pipeline->functions[mapping->function].name;
    return length == 0 || (strlen(function) == length && strncmp(function, name, length) == 0) ||
           (strlen(mapping->logical_id) == length &&
            strncmp(mapping->logical_id, name, length) == 0);
}

/* "FUNCTION.Setting=value", taken apart. */
struct parts {
    const char *name; /* of the function, `name_length` bytes; none: every mapping */
    size_t name_length;
    enum mapping_setting setting;
    const struct yaml_node *value;
};

static enum status read_parts(const char *text, struct arena *arena, struct parts *parts,
                              struct error *error)
{
    char suggestion[YAML_DESCRIPTION_SIZE];
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return error_set(error, STATUS_BAD_INPUT,
                         "--set: found '%s', expected [FUNCTION.]SETTING=VALUE", text);
    const char *dot = memchr(text, '.', (size_t)(equals - text));
    const char *setting = dot == NULL ? text : dot + 1;
    char *name = arena_format(arena, "%.*s", (int)(equals - setting), setting);
    if (name == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    parts->name = text;
    parts->name_length = dot == NULL ? 0 : (size_t)(dot - text);
    parts->setting = mapping_setting_find(name);
    if (parts->setting == MAPPING_SETTING_COUNT)
        return error_set(
            error, STATUS_BAD_INPUT, "--set: event source mappings have no setting '%s'%s", name,
            yaml_suggestion(name, mapping_setting_names(), MAPPING_SETTING_COUNT, suggestion));
    enum status status =
        yaml_parse(equals + 1, strlen(equals + 1), "--set", arena, &parts->value, error);
    return status == STATUS_OK ? STATUS_OK : error_wrap(error, "%s", text);
}

enum status mapping_overrides_apply(const char *const *overrides, size_t count, struct arena *arena,
                                    struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct parts parts = {.name = ""};
        size_t applied = 0;
        enum status status = read_parts(overrides[i], arena, &parts, error);
        for (size_t k = 0; status == STATUS_OK && k < pipeline->mapping_count; k++) {
            if (!is_meant(pipeline, &pipeline->mappings[k], parts.name, parts.name_length))
                continue;
            applied++;
            status =
                mapping_setting_read(parts.setting, parts.value, &pipeline->mappings[k], error);
            if (status != STATUS_OK)
                (void)error_wrap(error, "%s", overrides[i]);
        }
        if (status == STATUS_OK && applied == 0)
            status = error_set(error, STATUS_BAD_INPUT,
                               "--set: %s: no event source mapping invokes a function '%.*s'",
                               overrides[i], (int)parts.name_length, parts.name);
        if (status != STATUS_OK)
            return status;
    }
    return count == 0 ? STATUS_OK : pipeline_check_supported(pipeline, error);
}
