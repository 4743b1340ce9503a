#include "reports/sarif.h"

#include "model/base/json.h"
#include "model/scenario.h"
#include "reports/field.h"
#include "reports/run_database.h"
#include "reports/version.h"

#include <string.h>

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* Name, what it demands, what a violation usually comes from. GitHub asks for all three. */
struct rule {
    const char *name;
    const char *description;
    const char *help;
};

static const struct rule rules[] = {
    [PROPERTY_EXACTLY_ONCE] =
        {"ExactlyOnce", "Every aggregate is the sum of the newest version of each trade.",
         "Follow the steps: which write happened twice, never, or with an old value? Make it one "
         "that a retry does not repeat: a condition, a marker or a token in the same transaction."},
    [PROPERTY_NEVER_TWICE] = {"NeverTwice", "No message is counted more often than once.",
                              "A batch comes again after a failure. Its writes must find out that "
                              "they have been made."},
    [PROPERTY_NOTHING_LOST] =
        {"NothingLost", "The newest version of each trade is counted.",
         "A record was acknowledged before its effect was written, or an old value was kept."},
    [PROPERTY_NO_STUCK_SHARD] =
        {"NoStuckShard", "No batch fails for ever without a fault and blocks its shard.",
         "A failure that a retry cannot mend must be handled: what is refused for being old or "
         "known already is no error."},
    [PROPERTY_LEVELS_AGREE] = {"LevelsAgree",
                               "After every write each aggregate is the sum of the level below it.",
                               "Change all levels in one transaction."}};

static struct value put(struct value_store *store, struct value map, const char *name,
                        struct value value)
{
    return value_put_text(store, map, name, value);
}

static struct value object(struct value_store *store) { return value_map(store, NULL, 0); }

static struct value message_value(struct value_store *store, const char *text)
{
    return put(store, object(store), "text", value_text(store, text));
}

static struct value rules_value(struct value_store *store)
{
    struct value list = value_list(store, NULL, 0);
    for (int i = 0; i < PROPERTY_COUNT; i++) {
        struct value level = put(store, object(store), "level", value_text(store, "error"));
        struct value rule = object(store);
        rule = put(store, rule, "id", value_text(store, property_name((enum property)i)));
        struct value description = message_value(store, rules[i].description);
        rule = put(store, rule, "name", value_text(store, rules[i].name));
        rule = put(store, rule, "shortDescription", description);
        rule = put(store, rule, "fullDescription", description);
        rule = put(store, rule, "help", message_value(store, rules[i].help));
        rule = put(store, rule, "defaultConfiguration", level);
        list = value_append(store, list, rule);
    }
    return list;
}

static int rule_index(const char *property)
{
    for (int i = 0; i < PROPERTY_COUNT; i++) {
        if (strcmp(property_name((enum property)i), property) == 0)
            return i;
    }
    return -1;
}

/* RFC 3986: a path as a URI reference; an absolute one gets the scheme. */
static struct value uri_value(struct value_store *store, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~/!$'()*+,=@";
    struct text uri;
    text_init(&uri, value_store_memory(store));
    if (path[0] == '/')
        text_append_string(&uri, "file://");
    else if (strncmp(path, "./", 2) == 0)
        path += 2;
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL)
            text_append_char(&uri, *path);
        else
            text_append_format(&uri, "%%%02X", (unsigned)(unsigned char)*path);
    }
    struct value value =
        text_failed(&uri) ? VALUE_NONE : value_string(store, text_string(&uri), uri.length);
    text_release(&uri);
    return value;
}

static struct value physical_location(struct value_store *store, const char *path, int64_t line)
{
    struct value artifact = put(store, object(store), "uri", uri_value(store, path));
    struct value region =
        put(store, object(store), "startLine", value_integer(store, line < 1 ? 1 : line));
    struct value physical = put(store, object(store), "artifactLocation", artifact);
    return put(store, physical, "region", region);
}

/* {} where neither function nor file is known. */
static struct value code_location(struct value_store *store, struct value trace, struct value code)
{
    struct value location = object(store);
    const char *function = field_text(store, code, "function");
    struct text path;
    text_init(&path, value_store_memory(store));
    export_append_path(&path, store, trace, code);
    if (path.length > 0)
        location = put(
            store, location, "physicalLocation",
            physical_location(store, text_string(&path), field_integer(store, code, "line", 1)));
    if (function[0] != '\0') {
        struct value logical = put(store, object(store), "name", value_text(store, function));
        logical = put(store, logical, "kind", value_text(store, "function"));
        location = put(store, location, "logicalLocations", value_list(store, &logical, 1));
    }
    text_release(&path);
    return location;
}

/* Where the violation is shown: at the code, or else at the scenario. */
static struct value result_location(struct value_store *store, struct value trace,
                                    struct value violation)
{
    struct value code = value_member(store, violation, "code", VALUE_MAP);
    struct value location = code_location(store, trace, code);
    struct value scenario = value_member(store, trace, "scenario", VALUE_MAP);
    const char *file = field_text(store, scenario, "file");
    if (value_is_none(value_member(store, location, "physicalLocation", VALUE_MAP)) &&
        file[0] != '\0')
        location = put(store, location, "physicalLocation", physical_location(store, file, 1));
    return location;
}

static struct value step_location(struct value_store *store, struct value trace, struct value step)
{
    struct text summary;
    text_init(&summary, value_store_memory(store));
    text_append_format(&summary, "%s: %s", field_text(store, step, "actor"),
                       field_text(store, step, "summary"));
    const char *fault = field_text(store, step, "fault");
    if (fault[0] != '\0')
        text_append_format(&summary, " [fault: %s]", fault);
    struct value location =
        code_location(store, trace, value_member(store, step, "code", VALUE_MAP));
    location =
        put(store, location, "message",
            text_failed(&summary) ? VALUE_NONE : message_value(store, text_string(&summary)));
    text_release(&summary);
    struct value flow = object(store);
    flow = put(store, flow, "location", location);
    flow = put(store, flow, "executionOrder",
               value_integer(store, field_integer(store, step, "n", 0)));
    const char *importance = "important";
    if (fault[0] != '\0')
        importance = "essential";
    else if (field_truth(store, step, "minor"))
        importance = "unimportant";
    return put(store, flow, "importance", value_text(store, importance));
}

static struct value code_flows(struct value_store *store, struct value trace)
{
    struct value locations = value_list(store, NULL, 0);
    size_t count = field_count(store, trace, "steps");
    for (size_t i = 0; i < count; i++)
        locations = value_append(store, locations,
                                 step_location(store, trace, field_at(store, trace, "steps", i)));
    struct value thread = put(store, object(store), "locations", locations);
    struct value flow = put(store, object(store), "threadFlows", value_list(store, &thread, 1));
    return value_list(store, &flow, 1);
}

static struct value violation_message(struct value_store *store, struct value violation)
{
    struct text text;
    text_init(&text, value_store_memory(store));
    text_append_string(&text, field_text(store, violation, "summary"));
    const char *cause = field_text(store, violation, "cause");
    if (cause[0] != '\0')
        text_append_format(&text, ": %s", cause);
    struct value message =
        text_failed(&text) ? VALUE_NONE : message_value(store, text_string(&text));
    text_release(&text);
    return message;
}

static struct value result_of(struct value_store *store, struct value trace)
{
    struct value violation = value_member(store, trace, "violation", VALUE_MAP);
    const char *property = field_text(store, violation, "property");
    struct text key;
    text_init(&key, value_store_memory(store));
    run_database_append_key(&key, store, violation);
    struct value fingerprint =
        put(store, object(store), "oncecheck/v1",
            text_failed(&key) ? VALUE_NONE : value_text(store, text_string(&key)));
    text_release(&key);
    struct value location = result_location(store, trace, violation);
    struct value result = object(store);
    result = put(store, result, "ruleId", value_text(store, property));
    if (rule_index(property) >= 0)
        result = put(store, result, "ruleIndex", value_integer(store, rule_index(property)));
    result = put(store, result, "level", value_text(store, "error"));
    result = put(store, result, "message", violation_message(store, violation));
    result = put(store, result, "locations", value_list(store, &location, 1));
    result = put(store, result, "partialFingerprints", fingerprint);
    if (field_count(store, trace, "steps") > 0)
        result = put(store, result, "codeFlows", code_flows(store, trace));
    return result;
}

/* What ended a run that neither holds nor is violated. */
static struct value notification_value(const struct export_source *source)
{
    struct value_store *store = source->store;
    struct value error = value_member(store, source->result, "error", VALUE_MAP);
    bool failed = !value_is_none(error);
    struct value notification = object(store);
    notification =
        put(store, notification, "level", value_text(store, failed ? "error" : "warning"));
    notification =
        put(store, notification, "message", message_value(store, export_problem(source)));
    if (field_text(store, error, "file")[0] != '\0') {
        struct value location = put(store, object(store), "physicalLocation",
                                    physical_location(store, field_text(store, error, "file"),
                                                      field_integer(store, error, "line", 1)));
        notification = put(store, notification, "locations", value_list(store, &location, 1));
    }
    return notification;
}

static struct value invocation_value(const struct export_source *source)
{
    struct value_store *store = source->store;
    struct value invocation = object(store);
    bool failed = !value_is_none(value_member(store, source->result, "error", VALUE_MAP));
    invocation = put(store, invocation, "executionSuccessful", value_bool(store, !failed));
    if (!value_is_none(source->result))
        invocation =
            put(store, invocation, "exitCode",
                value_integer(store, field_integer(store, source->result, "exit_code", 0)));
    if (export_problem(source)[0] != '\0') {
        struct value notification = notification_value(source);
        invocation = put(store, invocation, "toolExecutionNotifications",
                         value_list(store, &notification, 1));
    }
    return invocation;
}

static struct value facts_value(const struct export_source *source)
{
    struct value_store *store = source->store;
    struct text scenario;
    text_init(&scenario, value_store_memory(store));
    export_append_scenario(&scenario, source);
    struct value facts = object(store);
    facts = put(store, facts, "verdict", value_text(store, export_verdict(source)));
    facts = put(store, facts, "scenario",
                text_failed(&scenario) ? VALUE_NONE : value_text(store, text_string(&scenario)));
    facts = put(store, facts, "solution", value_text(store, export_solution(source)));
    text_release(&scenario);
    return facts;
}

void sarif_append(struct text *text, const struct export_source *source)
{
    struct value_store *store = source->store;
    struct value driver = object(store);
    driver = put(store, driver, "name", value_text(store, "oncecheck"));
    driver = put(store, driver, "version", value_text(store, ONCECHECK_VERSION));
    driver = put(store, driver, "rules", rules_value(store));
    struct value results = value_list(store, NULL, 0);
    for (size_t i = 0; i < source->trace_count; i++)
        results = value_append(store, results, result_of(store, source->traces[i]));
    struct value invocation = invocation_value(source);
    struct value run = object(store);
    run = put(store, run, "tool", put(store, object(store), "driver", driver));
    run = put(store, run, "invocations", value_list(store, &invocation, 1));
    run = put(store, run, "results", results);
    run = put(store, run, "properties", facts_value(source));
    struct value log = object(store);
    log = put(store, log, "$schema", value_text(store, SARIF_SCHEMA));
    log = put(store, log, "version", value_text(store, "2.1.0"));
    log = put(store, log, "runs", value_list(store, &run, 1));
    if (value_store_failed(store) || value_is_none(log)) {
        text->failed = true;
        return;
    }
    json_append_pretty(text, store, log, 0);
    text_append_char(text, '\n');
}
