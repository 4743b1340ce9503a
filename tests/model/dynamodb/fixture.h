/* A DynamoDB to test: two tables, requests and answers as text.
 *
 * Requests are JSON with ' for ". Answers come back as text with ' for " as well: the body of a
 * 200, or "ValidationException: message" for an error, followed by " Item=..." or " Reasons=..."
 * where there is such a member. Table "Items" has the key id (S), "Ranges" has pk (S) and sk (N),
 * both with streams. */
#ifndef ONCECHECK_TESTS_MODEL_DYNAMODB_FIXTURE_H
#define ONCECHECK_TESTS_MODEL_DYNAMODB_FIXTURE_H

#include "model/base/text.h"
#include "model/dynamodb.h"

enum { FIXTURE_ITEMS, FIXTURE_RANGES, FIXTURE_TABLES };

struct fixture {
    struct memory memory;
    struct value_store *store;
    struct arena arena;
    struct table_config configs[FIXTURE_TABLES];
    struct pipeline pipeline;
    struct value tables[FIXTURE_TABLES];
    struct dynamodb_context context;
    struct dynamodb_result result; /* of the last request */
    struct error error;            /* of the last request */
    struct text text;              /* the last answer */
};

void fixture_init(struct fixture *fixture);
void fixture_release(struct fixture *fixture);

struct value fixture_json(struct fixture *fixture, const char *json);

/* Apply the request to the tables. A status other than OK is the answer "<number>: message". */
const char *fixture_run(struct fixture *fixture, const char *operation, const char *request);

/* Put each item of a JSON list in the wire form. */
void fixture_fill(struct fixture *fixture, unsigned table, const char *items);

/* The items of a table as a JSON list in the wire form, in the order of their keys. */
const char *fixture_items(struct fixture *fixture, unsigned table);

/* One row of a table of tests. The request is applied to table Items, filled with `before`. */
struct fixture_case {
    const char *name;
    const char *before; /* items; NULL: none */
    const char *operation;
    const char *request; /* without TableName, which is added */
    const char *answer;
    const char *after; /* items; NULL: as before */
};

/* Run each row in a fixture of its own and assert its answer and what is left; that the changes
 * listed are those made; that a second application gives the same. */
void fixture_check(const struct fixture_case *cases, size_t count);

#define FIXTURE_CHECK(cases) fixture_check(cases, sizeof(cases) / sizeof(cases)[0])

#endif
