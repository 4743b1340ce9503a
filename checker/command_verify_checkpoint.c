#include "checker/command_verify_checkpoint.h"

#include "checker/grade_inspect.h"
#include "reports/version.h"

#include <stdio.h>

static const double period_default_s = 60;

static bool is_due(void *context, bool last)
{
    const struct verify_command *command = context;
    double period_s = command->options->checkpoint_every_s > 0
                          ? command->options->checkpoint_every_s
                          : period_default_s;
    return last || command_seconds() - command->checkpoint_s >= period_s;
}

/* The time that writing takes is no part of the period. */
static void is_done(void *context)
{
    struct verify_command *command = context;
    command->checkpoint_s = command_seconds();
}

enum status verify_begin_resume(struct verify_command *command, struct error *error)
{
    const char *file = command->options->resume_file;
    if (file == NULL)
        return STATUS_OK;
    command->request.begin_store = verify_checkpoint_values;
    command->request.begin_store_context = &command->checkpoint;
    enum status status =
        verify_checkpoint_open(&command->checkpoint, &command->memory, file, error);
    return status == STATUS_OK ? STATUS_OK : error_wrap(error, "reading what --resume names");
}

enum status verify_begin_checkpoint(struct verify_command *command, struct verify_options *search,
                                    struct error *error)
{
    const struct options *options = command->options;
    struct verify_checkpoint *checkpoint = &command->checkpoint;
    char hex[HASH128_TEXT_SIZE];
    if (options->checkpoint_file == NULL && options->resume_file == NULL)
        return STATUS_OK;
    struct hash128 program = grade_program_hash(command->environment->runtime_dir,
                                                command->run->python, &command->memory);
    (void)snprintf(command->program, sizeof command->program, "%s, %s", ONCECHECK_VERSION,
                   hash128_text(program, hex));
    checkpoint->file = options->checkpoint_file;
    checkpoint->version = command->program;
    checkpoint->due = is_due;
    checkpoint->done = is_done;
    checkpoint->warn = command_warn;
    checkpoint->context = command;
    search->checkpoint = checkpoint;
    command->checkpoint_s = command_seconds();
    return options->resume_file == NULL
               ? STATUS_OK
               : verify_checkpoint_compare(checkpoint, command->run, search, error);
}

void verify_end_checkpoint(struct verify_command *command)
{
    archive_close(command->checkpoint.resumed);
    command->checkpoint.resumed = NULL;
}
