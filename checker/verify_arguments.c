#include "checker/verify_arguments.h"

#include "checker/command.h"

#include <math.h>

void verify_arguments_add(struct verify_arguments *arguments, const char *argument)
{
    char *copy = argument == NULL ? NULL : arena_copy_text(arguments->arena, argument);
    if (copy == NULL || arguments->count + 1 >= VERIFY_ARGUMENTS_MAX) {
        arguments->failed = true;
        return;
    }
    arguments->list[arguments->count++] = copy;
}

void verify_arguments_add_value(struct verify_arguments *arguments, const char *name,
                                const char *value)
{
    verify_arguments_add(arguments, name);
    verify_arguments_add(arguments, value);
}

void verify_arguments_add_option(struct verify_arguments *arguments, const char *name,
                                 const char *value)
{
    if (value != NULL)
        verify_arguments_add_value(arguments, name, value);
}

void verify_arguments_begin(struct verify_arguments *arguments)
{
    verify_arguments_add(arguments, "/proc/self/exe");
    verify_arguments_add(arguments, "verify");
    verify_arguments_add(arguments, "--quiet");
    verify_arguments_add_option(arguments, "--workers", "1");
    verify_arguments_add_option(arguments, "--progress", "never");
    verify_arguments_add_option(arguments, "--json", "-");
}

void verify_arguments_add_model(struct verify_arguments *arguments, const struct options *options)
{
    static const char *const jails[] = {
        [JAIL_AUTO] = "auto", [JAIL_REQUIRE] = "require", [JAIL_OFF] = "off"};
    verify_arguments_add_option(arguments, "--template", options->template_file);
    for (size_t i = 0; i < options->parameters.count; i++)
        verify_arguments_add_value(arguments, "--parameter",
                                   arena_format(arguments->arena, "%s=%s",
                                                options->parameters.items[i].name,
                                                options->parameters.items[i].value));
    for (size_t i = 0; i < options->setting_count; i++)
        verify_arguments_add_option(arguments, "--set", options->settings[i]);
    verify_arguments_add_option(arguments, "--python", options->python);
    verify_arguments_add_option(arguments, "--jail", jails[options->jail]);
    verify_arguments_add_option(arguments, "--faults", options->fault_limit);
    verify_arguments_add_option(arguments, "--longest-delay", options->longest_delay);
    for (size_t i = 0; i < options->fault_kind_count; i++)
        verify_arguments_add_option(arguments, "--fault", options->fault_kinds[i]);
}

void verify_arguments_add_limits(struct verify_arguments *arguments, const struct options *options,
                                 unsigned processes, double time_limit_s)
{
    size_t memory =
        options->memory_max > 0 ? options->memory_max : command_memory_limit(options) / processes;
    verify_arguments_add_value(arguments, "--max-memory",
                               arena_format(arguments->arena, "%zuM", (memory >> 20) + 1));
    if (time_limit_s > 0)
        verify_arguments_add_value(arguments, "--time-limit",
                                   arena_format(arguments->arena, "%.0fs", ceil(time_limit_s)));
    if (options->states_max != UINT64_MAX)
        verify_arguments_add_value(
            arguments, "--max-states",
            arena_format(arguments->arena, "%llu", (unsigned long long)options->states_max));
}
