/* Traces and results written as JSON in a test, with ' for ". */
#ifndef ONCECHECK_TESTS_REPORTS_JSON_FIXTURE_H
#define ONCECHECK_TESTS_REPORTS_JSON_FIXTURE_H

#include "model/base/text.h"
#include "model/base/value.h"

struct json_fixture {
    struct memory memory;
    struct value_store *store;
    struct text text; /* what the export wrote */
};

void json_fixture_init(struct json_fixture *fixture);
/* Fails the test where something is left allocated. */
void json_fixture_release(struct json_fixture *fixture);

/* Fails the test where it is no JSON. */
struct value json_fixture_value(struct json_fixture *fixture, const char *json);

/* True if the written text holds this; else says what it holds. */
bool json_fixture_holds(const struct json_fixture *fixture, const char *part);

/* How often. */
size_t json_fixture_count(const struct json_fixture *fixture, const char *part);

#endif
