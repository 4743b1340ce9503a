/* A class report as JUnit XML: what CI servers make of it is a list of solutions. */
#include "reports/grade.h"

#include "reports/field.h"
#include "reports/xml.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOME_ERROR, OUTCOME_COUNT };

static enum outcome outcome_of(const struct value_store *store, struct value check)
{
    const char *verdict = field_text(store, check, "verdict");
    if (strcmp(verdict, "holds") == 0 || strcmp(verdict, "sampled") == 0)
        return OUTCOME_PASSED;
    if (strcmp(verdict, "violated") == 0)
        return OUTCOME_FAILED;
    return strcmp(verdict, "-") == 0 ? OUTCOME_SKIPPED : OUTCOME_ERROR;
}

static void append_seconds(struct text *text, const struct value_store *store, struct value map)
{
    struct value runtime = value_member(store, map, "runtime", VALUE_MAP);
    struct value seconds = value_member(store, runtime, "seconds", VALUE_NUMBER);
    char number[DECIMAL_TEXT_SIZE] = "0";
    if (!value_is_none(seconds))
        (void)decimal_text(value_decimal(store, seconds), number);
    xml_append_attribute(text, "time", number);
}

/* The shortest counterexample of the cluster is this solution's own for one of them only; so the
 * failure holds what is known of each: the sentence that explains it. */
static void append_failure(struct text *text, const struct value_store *store, struct value check)
{
    struct value violation = value_member(store, check, "violation", VALUE_MAP);
    const char *const parts[] = {field_text(store, violation, "summary"),
                                 field_text(store, violation, "cause"),
                                 field_text(store, violation, "defence")};
    text_append_string(text, "      <failure");
    xml_append_attribute(text, "message", parts[0]);
    xml_append_attribute(text, "type", field_text(store, violation, "key"));
    text_append_char(text, '>');
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i][0] == '\0')
            continue;
        xml_append_escaped(text, parts[i], strlen(parts[i]));
        text_append_char(text, '\n');
    }
    text_append_string(text, "</failure>\n");
}

static void append_case(struct text *text, const struct value_store *store, struct value row,
                        struct value check, const char *class)
{
    text_append_string(text, "    <testcase");
    xml_append_attribute(text, "name", field_text(store, row, "name"));
    xml_append_attribute(text, "classname", class);
    append_seconds(text, store, check);
    text_append_string(text, ">\n");
    const char *messages = field_text(store, check, "messages");
    switch (outcome_of(store, check)) {
    case OUTCOME_FAILED:
        append_failure(text, store, check);
        break;
    case OUTCOME_SKIPPED:
        text_append_string(text, "      <skipped/>\n");
        break;
    case OUTCOME_ERROR:
        text_append_string(text, "      <error");
        xml_append_attribute(text, "message", field_text(store, check, "reason"));
        xml_append_attribute(text, "type", field_text(store, check, "verdict"));
        text_append_char(text, '>');
        xml_append_escaped(text, messages, strlen(messages));
        text_append_string(text, "</error>\n");
        break;
    case OUTCOME_PASSED:
    case OUTCOME_COUNT:
        break;
    }
    text_append_string(text, "    </testcase>\n");
}

/* Ant's schema wants a time without time zone: UTC. */
static void append_started(struct text *text, const struct value_store *store, struct value runtime)
{
    time_t seconds = (time_t)(field_integer(store, runtime, "started_ms", 0) / 1000);
    struct tm parts;
    char timestamp[32];
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        (void)snprintf(timestamp, sizeof timestamp, "1970-01-01T00:00:00");
    xml_append_attribute(text, "timestamp", timestamp);
}

static void append_suite(struct text *text, const struct value_store *store, struct value document,
                         size_t index)
{
    const char *name = value_bytes(store, field_at(store, document, "checks", index), NULL);
    const size_t rows = field_count(store, document, "solutions");
    unsigned counts[OUTCOME_COUNT] = {0};
    struct text class;
    text_init(&class, text->memory);
    text_append_format(&class, "oncecheck.%s", name);
    for (size_t i = 0; i < rows; i++) {
        struct value row = field_at(store, document, "solutions", i);
        counts[outcome_of(store, field_at(store, row, "checks", index))]++;
    }
    text_append_string(text, "  <testsuite");
    xml_append_attribute(text, "name", name);
    xml_append_attribute(text, "package", "oncecheck");
    text_append_format(text,
                       " id=\"%zu\" tests=\"%zu\" failures=\"%u\" errors=\"%u\" skipped=\"%u\""
                       " hostname=\"localhost\"",
                       index, rows, counts[OUTCOME_FAILED], counts[OUTCOME_ERROR],
                       counts[OUTCOME_SKIPPED]);
    append_started(text, store, value_member(store, document, "runtime", VALUE_MAP));
    append_seconds(text, store, document);
    text_append_string(text, ">\n    <properties>\n      <property name=\"folder\"");
    xml_append_attribute(text, "value", field_text(store, document, "folder"));
    text_append_string(text, "/>\n    </properties>\n");
    for (size_t i = 0; i < rows; i++) {
        struct value row = field_at(store, document, "solutions", i);
        append_case(text, store, row, field_at(store, row, "checks", index), text_string(&class));
    }
    text_append_string(text, "    <system-out></system-out>\n    <system-err></system-err>\n"
                             "  </testsuite>\n");
    xml_release_part(text, &class);
}

void grade_append_junit(struct text *text, const struct value_store *store, struct value document)
{
    text_append_string(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t i = 0; i < field_count(store, document, "checks"); i++)
        append_suite(text, store, document, i);
    text_append_string(text, "</testsuites>\n");
}
