#include "reports/junit.h"

#include "reports/field.h"
#include "reports/trace_text.h"
#include "reports/xml.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIMESTAMP_SIZE = 32, SECONDS_SIZE = 64 };

enum outcome_kind { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOME_ERROR, OUTCOME_COUNT };

static void append_property(struct text *text, const char *name, const char *value)
{
    text_append_string(text, "      <property");
    xml_append_attribute(text, "name", name);
    xml_append_attribute(text, "value", value);
    text_append_string(text, "/>\n");
}

static enum outcome_kind outcome_of(const struct export_source *source, const char *property)
{
    const char *verdict = export_verdict(source);
    if (!value_is_none(export_find_trace(source, property)))
        return OUTCOME_FAILED;
    if (strcmp(verdict, "holds") == 0 || strcmp(verdict, "sampled") == 0)
        return OUTCOME_PASSED;
    return strcmp(verdict, "violated") == 0 ? OUTCOME_SKIPPED : OUTCOME_ERROR;
}

static void append_failure(struct text *text, const struct export_source *source,
                           struct value trace)
{
    const struct value_store *store = source->store;
    const struct trace_text_options style = {.color = false, .all_changes = false};
    struct value violation = value_member(store, trace, "violation", VALUE_MAP);
    struct value code = value_member(store, violation, "code", VALUE_MAP);
    struct text body;
    struct text message;
    text_init(&body, text->memory);
    text_init(&message, text->memory);
    text_append_string(&message, field_text(store, violation, "summary"));
    export_append_path(&body, store, trace, code);
    if (body.length > 0) {
        text_append_format(&body, ":%lld", (long long)field_integer(store, code, "line", 0));
        text_append_format(&message, " (%s)", text_string(&body));
        text_append_char(&body, '\n');
    }
    append_violation(&body, store, violation, &style);
    text_append_char(&body, '\n');
    append_steps(&body, store, value_member(store, trace, "steps", VALUE_LIST), &style);
    text_append_string(text, "      <failure");
    xml_append_attribute(text, "message", text_string(&message));
    xml_append_attribute(text, "type", field_text(store, violation, "property"));
    text_append_char(text, '>');
    xml_append_escaped(text, text_string(&body), body.length);
    text_append_string(text, "</failure>\n");
    xml_release_part(text, &body);
    xml_release_part(text, &message);
}

static void append_error(struct text *text, const struct export_source *source)
{
    text_append_string(text, "      <error");
    xml_append_attribute(text, "message", export_problem(source));
    xml_append_attribute(text, "type", export_verdict(source));
    text_append_string(text, ">");
    if (strcmp(export_verdict(source), "inconclusive") == 0)
        text_append_string(text, "The search ended early: nothing is proved.");
    text_append_string(text, "</error>\n");
}

static void append_case(struct text *text, const struct export_source *source, const char *property,
                        const char *scenario, const char *seconds)
{
    struct text name;
    text_init(&name, text->memory);
    text_append_format(&name, "oncecheck.%s", scenario);
    text_append_string(text, "    <testcase");
    xml_append_attribute(text, "name", property);
    xml_append_attribute(text, "classname", text_string(&name));
    xml_append_attribute(text, "time", seconds);
    text_append_string(text, ">\n");
    xml_release_part(text, &name);
    switch (outcome_of(source, property)) {
    case OUTCOME_FAILED:
        append_failure(text, source, export_find_trace(source, property));
        break;
    case OUTCOME_SKIPPED:
        text_append_string(text, "      <skipped/>\n");
        break;
    case OUTCOME_ERROR:
        append_error(text, source);
        break;
    case OUTCOME_PASSED:
    case OUTCOME_COUNT:
        break;
    }
    text_append_string(text, "    </testcase>\n");
}

/* The n-th property asked for, NULL beyond the last. A trace alone names the one it violates, a run
 * that failed before its scenario was known none. */
static const char *property_at(const struct export_source *source, size_t n)
{
    const struct value_store *store = source->store;
    size_t count = field_count(store, source->result, "properties");
    if (n < count) {
        struct value name = field_at(store, source->result, "properties", n);
        return value_kind(store, name) == VALUE_STRING ? value_bytes(store, name, NULL) : "";
    }
    if (count > 0)
        return NULL;
    if (source->trace_count == 0)
        return n == 0 ? "verification" : NULL;
    if (n >= source->trace_count)
        return NULL;
    struct value violation = value_member(store, source->traces[n], "violation", VALUE_MAP);
    return field_text(store, violation, "property");
}

static const char *seconds_text(const struct export_source *source, char seconds[SECONDS_SIZE])
{
    struct value runtime = value_member(source->store, source->result, "runtime", VALUE_MAP);
    struct value value = value_member(source->store, runtime, "seconds", VALUE_NUMBER);
    (void)snprintf(seconds, SECONDS_SIZE, "0");
    if (!value_is_none(value)) {
        char text[DECIMAL_TEXT_SIZE];
        (void)decimal_text(value_decimal(source->store, value), text);
        (void)snprintf(seconds, SECONDS_SIZE, "%.60s", text);
    }
    return seconds;
}

/* Ant's schema wants a time without time zone: UTC. */
static const char *timestamp_text(const struct export_source *source,
                                  char timestamp[TIMESTAMP_SIZE])
{
    time_t seconds = (time_t)(source->started_ms / 1000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(timestamp, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        (void)snprintf(timestamp, TIMESTAMP_SIZE, "1970-01-01T00:00:00");
    return timestamp;
}

static void append_suite(struct text *text, const struct export_source *source,
                         const char *scenario)
{
    char seconds[SECONDS_SIZE];
    char timestamp[TIMESTAMP_SIZE];
    unsigned counts[OUTCOME_COUNT] = {0};
    unsigned tests = 0;
    for (const char *property; (property = property_at(source, tests)) != NULL; tests++)
        counts[outcome_of(source, property)]++;
    text_append_string(text, "  <testsuite");
    xml_append_attribute(text, "name", scenario);
    xml_append_attribute(text, "package", "oncecheck");
    text_append_format(text,
                       " id=\"0\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\""
                       " hostname=\"localhost\"",
                       tests, counts[OUTCOME_FAILED], counts[OUTCOME_ERROR],
                       counts[OUTCOME_SKIPPED]);
    xml_append_attribute(text, "timestamp", timestamp_text(source, timestamp));
    xml_append_attribute(text, "time", seconds_text(source, seconds));
    text_append_string(text, ">\n    <properties>\n");
    append_property(text, "verdict", export_verdict(source));
    append_property(text, "solution", export_solution(source));
    text_append_string(text, "    </properties>\n");
    for (size_t i = 0; i < tests; i++)
        append_case(text, source, property_at(source, i), scenario,
                    i == 0 ? seconds_text(source, seconds) : "0");
    text_append_string(text, "    <system-out></system-out>\n    <system-err></system-err>\n"
                             "  </testsuite>\n");
}

void junit_append(struct text *text, const struct export_source *source)
{
    struct text scenario;
    text_init(&scenario, text->memory);
    export_append_scenario(&scenario, source);
    text_append_string(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    append_suite(text, source, scenario.length == 0 ? "verification" : text_string(&scenario));
    text_append_string(text, "</testsuites>\n");
    xml_release_part(text, &scenario);
}
