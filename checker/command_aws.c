#include "checker/command_aws.h"

#include "model/local_aws.h"
#include "model/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"error": "..."} in the place of an answer, so that lines in and out stay in step. */
static void append_refusal(struct text *text, const struct error *error)
{
    char message[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE + 32];
    error_format(error, message, sizeof message);
    text_append_string(text, "{\"error\":");
    text_append_json_string(text, message, strlen(message));
    text_append_char(text, '}');
}

static bool is_blank(const char *line, size_t length) { return strspn(line, " \t\r") == length; }

/* Answer one line. What is refused is an answer too; *refused remembers it. */
static enum status answer_line(struct local_aws *aws, const char *line, size_t length,
                               uint32_t number, struct text *text, bool *refused,
                               struct error *error)
{
    struct error problem = ERROR_INIT;
    text_clear(text);
    enum status status = local_aws_answer(aws, line, length, text, &problem);
    if (status == STATUS_BAD_INPUT || status == STATUS_UNSUPPORTED || status == STATUS_LIMIT) {
        text_clear(text);
        *refused = true;
        problem.line = number;
        snprintf(problem.file, sizeof problem.file, "standard input");
        append_refusal(text, &problem);
    } else if (status != STATUS_OK) {
        *error = problem;
        return status;
    }
    text_append_char(text, '\n');
    return command_write_text("-", text, error);
}

static enum status answer_lines(struct local_aws *aws, struct memory *memory,
                                const struct environment *environment, bool *refused,
                                struct error *error)
{
    enum status status = STATUS_OK;
    struct text text;
    char *line = NULL;
    size_t capacity = 0;
    uint32_t number = 0;
    text_init(&text, memory);
    while (status == STATUS_OK && !*environment->interrupted) {
        errno = 0;
        ssize_t length = getline(&line, &capacity, stdin);
        if (length < 0) {
            if (ferror(stdin) && errno != EINTR)
                status = error_set(error, STATUS_SYSTEM, "cannot read standard input: %s",
                                   strerror(errno));
            break;
        }
        number++;
        if (length > 0 && line[length - 1] == '\n')
            length--;
        if (length > LOCAL_AWS_REQUEST_SIZE_MAX)
            status = error_at(error, STATUS_LIMIT, "standard input", number, 0,
                              "a request of more than %d bytes", LOCAL_AWS_REQUEST_SIZE_MAX);
        else if (!is_blank(line, (size_t)length))
            status = answer_line(aws, line, (size_t)length, number, &text, refused, error);
    }
    free(line);
    text_release(&text);
    return status;
}

int command_aws(const struct options *options, const struct environment *environment)
{
    struct memory memory;
    struct arena arena;
    struct pipeline pipeline;
    struct local_aws *aws = NULL;
    struct error error = ERROR_INIT;
    bool refused = false;
    memory_init(&memory, command_memory_limit(options));
    arena_init(&arena, &memory);
    enum status status = local_aws_create(&memory, &aws, &error);
    if (status == STATUS_OK && options->template_file == NULL && options->parameters.count > 0)
        status = error_set(&error, STATUS_BAD_INPUT, "--parameter needs a template (-t FILE)");
    if (status == STATUS_OK && options->template_file != NULL) {
        status = template_read_with(options->template_file, &options->parameters, &arena, &pipeline,
                                    &error);
        if (status == STATUS_OK)
            status = local_aws_deploy(aws, &pipeline, &error);
    }
    if (status == STATUS_OK)
        status = answer_lines(aws, &memory, environment, &refused, &error);
    local_aws_destroy(aws);
    arena_release(&arena);
    if (status != STATUS_OK)
        return command_report_error(&error);
    return refused ? 2 : 0;
}
