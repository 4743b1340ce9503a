#include "model/dynamodb/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void call_init(struct call *call, const struct dynamodb_context *context)
{
    memset(call, 0, sizeof *call);
    call->context = context;
    call->store = context->store;
    call->arena = context->arena;
    call->error = AWS_ERROR_COUNT;
    call->detail = VALUE_NONE;
}

static bool ended(const struct call *call)
{
    return call->no_memory || call->unsupported != NULL || call->error != AWS_ERROR_COUNT;
}

__attribute__((format(printf, 2, 0))) static const char *
format_text(struct call *call, const char *format, va_list arguments)
{
    va_list copy;
    va_copy(copy, arguments);
    int length = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    CHECK(length >= 0);
    char *text = call_allocate(call, (size_t)length + 1, 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

bool call_reject(struct call *call, enum aws_error error, const char *format, ...)
{
    if (ended(call))
        return false;
    va_list arguments;
    va_start(arguments, format);
    call->message = format_text(call, format, arguments);
    va_end(arguments);
    if (call->message != NULL)
        call->error = error;
    return false;
}

bool call_invalid(struct call *call, const char *format, ...)
{
    if (ended(call))
        return false;
    va_list arguments;
    va_start(arguments, format);
    call->message = format_text(call, format, arguments);
    va_end(arguments);
    if (call->message != NULL)
        call->error = AWS_VALIDATION;
    return false;
}

bool call_unsupported(struct call *call, const char *format, ...)
{
    if (ended(call))
        return false;
    va_list arguments;
    va_start(arguments, format);
    call->unsupported = format_text(call, format, arguments);
    va_end(arguments);
    return false;
}

bool call_no_memory(struct call *call)
{
    call->no_memory = true;
    return false;
}

void call_clear_error(struct call *call)
{
    call->error = AWS_ERROR_COUNT;
    call->message = NULL;
    call->detail = VALUE_NONE;
}

void *call_allocate(struct call *call, size_t count, size_t size)
{
    void *memory = arena_allocate_array(call->arena, count, size);
    if (memory == NULL)
        call->no_memory = true;
    return memory;
}

bool call_made(struct call *call, struct value value)
{
    if (value_is_none(value))
        call->no_memory = true;
    return !value_is_none(value);
}

struct value call_error_body(const struct call *call)
{
    static const struct {
        const char *type;
        const char *member;
    } texts[] = {
#define AWS_ERROR_TEXT(id, type, member) {type, member},
        AWS_ERRORS(AWS_ERROR_TEXT)
#undef AWS_ERROR_TEXT
    };
    CHECK(call->error < AWS_ERROR_COUNT);
    struct value_store *store = call->store;
    struct value_entry entries[3] = {
        {value_text(store, "__type"), value_text(store, texts[call->error].type)},
        {value_text(store, texts[call->error].member), value_text(store, call->message)},
    };
    size_t count = 2;
    if (!value_is_none(call->detail)) {
        const char *member =
            call->error == AWS_TRANSACTION_CANCELED ? "CancellationReasons" : "Item";
        entries[count++] = (struct value_entry){value_text(store, member), call->detail};
    }
    return value_map(store, entries, count);
}
