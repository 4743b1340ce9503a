#include "model/base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DELETE = 0x7f };

/* Print into `buffer`; a text that does not fit ends in "...". A message is one line and quotes
 * what strangers wrote: nothing in it is a terminal's command. */
__attribute__((format(printf, 3, 0))) static void print(char *buffer, size_t size,
                                                        const char *format, va_list arguments)
{
    int length = vsnprintf(buffer, size, format, arguments);
    if (length < 0)
        snprintf(buffer, size, "(message cannot be formatted)");
    else if ((size_t)length >= size && size > sizeof "...")
        memcpy(buffer + size - sizeof "...", "...", sizeof "...");
    for (char *c = buffer; *c != '\0'; c++)
        if ((*c >= 0 && *c < ' ') || *c == DELETE)
            *c = '?';
}

__attribute__((format(printf, 6, 0))) static enum status fill(struct error *error,
                                                              enum status status, const char *file,
                                                              uint32_t line, uint32_t column,
                                                              const char *format, va_list arguments)
{
    /* The arguments may point into `error`. */
    struct error filled = {.status = status, .line = line, .column = column};
    print(filled.message, sizeof filled.message, format, arguments);
    if (file != NULL)
        snprintf(filled.file, sizeof filled.file, "%s", file);
    *error = filled;
    return status;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, NULL, 0, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum status error_at(struct error *error, enum status status, const char *file, uint32_t line,
                     uint32_t column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, file, line, column, format, arguments);
    va_end(arguments);
    return status;
}

enum status error_wrap(struct error *error, const char *format, ...)
{
    char context[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    print(context, sizeof context, format, arguments);
    va_end(arguments);

    char message[ERROR_MESSAGE_SIZE];
    memcpy(message, error->message, sizeof message);
    int length = snprintf(error->message, sizeof error->message, "%s (while %s)", message, context);
    if (length >= (int)sizeof error->message)
        memcpy(error->message + sizeof error->message - sizeof "...", "...", sizeof "...");
    return error->status;
}

const char *error_format(const struct error *error, char *buffer, uint32_t size)
{
    if (error->file[0] == '\0')
        snprintf(buffer, size, "%s", error->message);
    else if (error->line == 0)
        snprintf(buffer, size, "%s: %s", error->file, error->message);
    else if (error->column == 0)
        snprintf(buffer, size, "%s:%u: %s", error->file, error->line, error->message);
    else
        snprintf(buffer, size, "%s:%u:%u: %s", error->file, error->line, error->column,
                 error->message);
    return buffer;
}

_Noreturn void check_failed(const char *what, const char *file, int line, const char *function)
{
    fprintf(stderr, "oncecheck: internal error: %s:%d: %s: %s\n", file, line, function, what);
    abort();
}
