#include "model/python/host_step.h"

#include "model/base/json.h"
#include "model/python/host_process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 256, DESCRIPTION_BODY_MAX = 600 /* bytes of a request that a message shows */ };

static struct value end_detail(struct value_store *store, const char *message)
{
    return value_put_text(store, value_map(store, NULL, 0), "message", value_text(store, message));
}

struct handler_step host_step_end(struct value_store *store, enum handler_step_kind kind,
                                  const char *message)
{
    return (struct handler_step){.kind = kind,
                                 .target = VALUE_NONE,
                                 .request = VALUE_NONE,
                                 .detail = end_detail(store, message),
                                 .file = value_text(store, ""),
                                 .output = value_text(store, "")};
}

struct handler_step host_step_exit(struct value_store *store, int wait_status)
{
    char text[TEXT_SIZE];
    host_describe_status(wait_status, text, sizeof text);
    return host_step_end(store, HANDLER_EXIT, text);
}

/* --- parsing --- */

static int64_t member_integer(const struct value_store *store, struct value frame, const char *name,
                              int64_t maximum)
{
    const struct value found = value_member(store, frame, name, VALUE_NUMBER);
    int64_t integer = 0;
    if (value_is_none(found) || !value_to_integer(store, found, &integer) || integer < 0 ||
        integer > maximum)
        return 0;
    return integer;
}

static bool find_kind(const struct value_store *store, struct value frame,
                      enum handler_step_kind *kind)
{
    const struct value name = value_member(store, frame, "kind", VALUE_STRING);
    for (int i = HANDLER_CALL; i <= HANDLER_HANG && !value_is_none(name); i++) {
        if (value_is_text(store, name, handler_step_kind_name((enum handler_step_kind)i))) {
            *kind = (enum handler_step_kind)i;
            return true;
        }
    }
    return false;
}

/* "exit status 3", or the message that came with it. */
static struct value exit_detail(struct value_store *store, struct value frame)
{
    const struct value message = value_member(store, frame, "message", VALUE_STRING);
    if (!value_is_none(message))
        return end_detail(store, value_bytes(store, message, NULL));
    return value_format(store, "exit status %" PRId64, member_integer(store, frame, "status", 255));
}

/* True if the step has what its kind needs. */
static bool fill_kind(struct value_store *store, struct value frame, struct handler_step *step)
{
    step->detail = value_get_text(store, frame, "detail");
    const bool has_detail = !value_is_none(step->detail);
    switch (step->kind) {
    case HANDLER_CALL: {
        const struct value fresh = value_member(store, frame, "fresh", VALUE_BOOL);
        step->target = value_member(store, frame, "target", VALUE_STRING);
        step->request = value_member(store, frame, "body", VALUE_MAP);
        step->fresh_token = !value_is_none(fresh) && value_truth(store, fresh);
        step->sdk_attempt = (uint32_t)member_integer(store, frame, "attempt", UINT32_MAX);
        if (step->sdk_attempt == 0)
            step->sdk_attempt = 1;
        return !value_is_none(step->target) && !value_is_none(step->request);
    }
    case HANDLER_DRAW:
        return has_detail && value_kind(store, step->detail) == VALUE_STRING;
    case HANDLER_TIME:
        return true;
    case HANDLER_RETURN:
        return has_detail;
    case HANDLER_RAISE:
        return has_detail && value_kind(store, step->detail) == VALUE_MAP &&
               !value_is_none(value_member(store, step->detail, "class", VALUE_STRING)) &&
               !value_is_none(value_member(store, step->detail, "message", VALUE_STRING));
    case HANDLER_EXIT:
        step->detail = exit_detail(store, frame);
        if (value_kind(store, step->detail) == VALUE_STRING)
            step->detail = end_detail(store, value_bytes(store, step->detail, NULL));
        return true;
    case HANDLER_HANG:
        return has_detail && value_kind(store, step->detail) == VALUE_MAP &&
               !value_is_none(value_member(store, step->detail, "message", VALUE_STRING));
    }
    return false;
}

/* A run that goes no further, for the reason its frame tells. */
static enum status refusal(const struct value_store *store, const char *name, const char *folder,
                           struct value frame, struct error *error)
{
    const struct value kind = value_member(store, frame, "kind", VALUE_STRING);
    const struct value message = value_member(store, frame, "message", VALUE_STRING);
    if (value_is_none(kind) || value_is_none(message))
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (value_is_text(store, kind, "unsupported"))
        status = STATUS_UNSUPPORTED;
    else if (value_is_text(store, kind, "limit"))
        status = STATUS_LIMIT;
    if (status == STATUS_OK)
        return STATUS_OK;
    const struct value file = value_member(store, frame, "file", VALUE_STRING);
    const char *file_name = value_is_none(file) ? "" : value_bytes(store, file, NULL);
    char path[ERROR_FILE_SIZE];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, file_name);
    const bool has_path = file_name[0] != '\0' && length < (int)sizeof path;
    return error_at(error, status, has_path ? path : NULL,
                    has_path ? (uint32_t)member_integer(store, frame, "line", UINT32_MAX) : 0, 0,
                    "%s %s", name, value_bytes(store, message, NULL));
}

enum status host_step_parse(struct value_store *store, const char *name, const char *folder,
                            const char *frame, size_t length, struct handler_step *step,
                            struct error *error)
{
    struct value report = VALUE_NONE;
    struct error parse_error = ERROR_INIT;
    enum status status = json_parse(store, frame, length, NULL, &report, &parse_error);
    if (status == STATUS_NO_MEMORY) {
        *error = parse_error;
        return status;
    }
    memset(step, 0, sizeof *step);
    bool valid = status == STATUS_OK && value_kind(store, report) == VALUE_MAP;
    if (valid) {
        status = refusal(store, name, folder, report, error);
        if (status != STATUS_OK)
            return status;
        valid = find_kind(store, report, &step->kind) && fill_kind(store, report, step);
    }
    if (value_store_failed(store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (!valid)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s disturbs its Python host: it writes to a file descriptor that it did "
                         "not open (%s)",
                         name, status == STATUS_OK ? "not a step" : parse_error.message);
    const struct value empty = value_text(store, "");
    step->file = value_member(store, report, "file", VALUE_STRING);
    step->output = value_member(store, report, "output", VALUE_STRING);
    step->file = value_is_none(step->file) ? empty : step->file;
    step->output = value_is_none(step->output) ? empty : step->output;
    step->line = (uint32_t)member_integer(store, report, "line", UINT32_MAX);
    step->lines = value_member(store, report, "lines", VALUE_MAP);
    step->slept_ms = member_integer(store, report, "slept", INT64_MAX);
    return STATUS_OK;
}

/* --- comparing --- */

bool host_step_accepts(const struct value_store *store, const struct handler_step *step,
                       struct value input)
{
    const enum value_kind kind = value_kind(store, input);
    switch (step->kind) {
    case HANDLER_CALL:
        return kind == VALUE_MAP;
    case HANDLER_DRAW:
        return kind == VALUE_STRING;
    case HANDLER_TIME:
        return kind == VALUE_NUMBER;
    case HANDLER_RETURN:
    case HANDLER_RAISE:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        return false;
    }
    return false;
}

bool host_step_equal(const struct value_store *store, const struct handler_step *a,
                     const struct handler_step *b)
{
    if (a->kind != b->kind || a->slept_ms != b->slept_ms)
        return false;
    switch (a->kind) {
    case HANDLER_CALL:
        return value_equal(a->target, b->target) && value_equal(a->request, b->request) &&
               a->fresh_token == b->fresh_token && a->sdk_attempt == b->sdk_attempt;
    case HANDLER_DRAW:
    case HANDLER_RETURN:
        return value_equal(a->detail, b->detail);
    case HANDLER_RAISE:
        return value_equal(value_get_text(store, a->detail, "class"),
                           value_get_text(store, b->detail, "class"));
    case HANDLER_TIME:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        return true;
    }
    return false;
}

void host_step_describe(struct text *text, const struct value_store *store,
                        const struct handler_step *step)
{
    const size_t start = text->length;
    text_append_string(text, handler_step_kind_name(step->kind));
    text_append_char(text, ' ');
    if (step->kind == HANDLER_CALL) {
        text_append_string(text, value_bytes(store, step->target, NULL));
        text_append_char(text, ' ');
        json_append(text, store, step->request);
    } else if (!value_is_none(step->detail)) {
        json_append(text, store, step->detail);
    }
    if (!text_failed(text) && text->length - start > DESCRIPTION_BODY_MAX) {
        text->length = start + DESCRIPTION_BODY_MAX;
        text_append_string(text, "...");
    }
    if (step->line > 0)
        text_append_format(text, " (%s:%u)", value_bytes(store, step->file, NULL), step->line);
}
