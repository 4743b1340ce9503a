/* A Python host to test, and a service that answers what its function asks.
 *
 * JSON is written with ' for ". A transcript has a line for each step, such as
 *   call DynamoDB_20120810.PutItem {'TableName':'T'} fresh @app.py:12 +1500ms > printed text
 * where "fresh" tells of an invented token, "+" of time slept. */
#ifndef ONCECHECK_TESTS_MODEL_PYTHON_DRIVER_H
#define ONCECHECK_TESTS_MODEL_PYTHON_DRIVER_H

#include "model/base/text.h"
#include "model/python/jail.h"
#include "model/python/python_host.h"

enum { DRIVER_INPUTS_MAX = 128, DRIVER_NOW_S = 1700000001 };

struct driver {
    struct memory memory;
    struct value_store *store;
    struct environment_variable environment[1]; /* COLOUR=blue */
    struct function_config function;            /* changed at will before driver_start */
    char python[512];
    char package[512];
    int64_t step_ms;
    int jail; /* the layers that the machine has; 0 where a function starts processes */
    struct handler_backend backend;         /* self NULL: not started */
    struct value inputs[DRIVER_INPUTS_MAX]; /* of the last driver_play */
    size_t input_count;
    struct handler_step step; /* the last one */
    struct error error;
    struct text text;
};

/* The package below tests/fixtures/python, and the handler. */
void driver_init(struct driver *driver, const char *package, const char *handler);
void driver_release(struct driver *driver);

enum status driver_start(struct driver *driver);

struct value driver_json(struct driver *driver, const char *json);

/* The step after `count` of driver->inputs. The test fails unless it can be had. */
struct handler_step driver_step(struct driver *driver, const char *event, uint32_t attempt,
                                size_t count);

/* Start if need be, and follow one invocation to its end or an error. `answers` is a JSON list of
 * the first inputs; after it calls are answered by an empty 200, draws are high, and the clock
 * shows DRIVER_NOW_S, a second more with each question. Returns the transcript. */
const char *driver_play(struct driver *driver, const char *event, uint32_t attempt,
                        const char *answers);

/* The test fails unless the fixture's function `behaviour`, played with event {'do': behaviour} and
 * attempt 0, has that transcript; where it ends in "*" only the beginning counts. */
void driver_expect(struct driver *driver, const char *behaviour, const char *answers,
                   const char *transcript);

#endif
