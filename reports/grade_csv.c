/* A class report as a spreadsheet. */
#include "reports/grade.h"

#include "reports/field.h"

#include <string.h>

static void append_field(struct text *text, const char *value)
{
    const bool formula =
        value[0] != '\0' && strchr("=+-@\t\r", value[0]) != NULL && strcmp(value, "-") != 0;
    text_append_string(text, text->length == 0 || text->bytes[text->length - 1] == '\n' ? "" : ",");
    text_append_string(text, formula ? "\"'" : "\"");
    for (; *value != '\0'; value++) {
        if (*value == '"')
            text_append_char(text, '"');
        text_append_char(text, *value);
    }
    text_append_char(text, '"');
}

static void append_number(struct text *text, const struct value_store *store, struct value map,
                          const char *name)
{
    char number[DECIMAL_TEXT_SIZE];
    text_append_format(text, ",%s", field_number_text(store, map, name, number));
}

void grade_append_csv(struct text *text, const struct value_store *store, struct value document)
{
    const size_t checks = field_count(store, document, "checks");
    text_append_string(text, "solution,scenario,verdict,faults,steps,property,function,file,line,"
                             "summary,cause,reason,cluster,seconds,run");
    for (size_t i = 1; i < checks; i++) {
        struct value name = field_at(store, document, "checks", i);
        text_append_format(text, ",%s", value_bytes(store, name, NULL));
    }
    text_append_string(text, "\r\n");
    for (size_t i = 0; i < field_count(store, document, "solutions"); i++) {
        struct value row = field_at(store, document, "solutions", i);
        struct value check = field_at(store, row, "checks", 0);
        struct value violation = value_member(store, check, "violation", VALUE_MAP);
        struct value code = value_member(store, violation, "code", VALUE_MAP);
        struct value runtime = value_member(store, check, "runtime", VALUE_MAP);
        append_field(text, field_text(store, row, "name"));
        append_field(text, field_text(store, document, "scenario"));
        append_field(text, field_text(store, check, "verdict"));
        append_number(text, store, violation, "faults");
        append_number(text, store, violation, "steps");
        append_field(text, field_text(store, violation, "property"));
        append_field(text, field_text(store, code, "function"));
        append_field(text, field_text(store, code, "file"));
        append_number(text, store, code, "line");
        append_field(text, field_text(store, violation, "summary"));
        append_field(text, field_text(store, violation, "cause"));
        append_field(text, field_text(store, check, "reason"));
        append_field(text, field_text(store, violation, "key"));
        append_number(text, store, runtime, "seconds");
        append_number(text, store, runtime, "run");
        for (size_t j = 1; j < checks; j++)
            append_field(text, field_text(store, field_at(store, row, "checks", j), "verdict"));
        text_append_string(text, "\r\n");
    }
}
