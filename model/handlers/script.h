/* One run of a reference handler: straight-line code that asks for its inputs in turn.
 *
 * A handler function calls script_call, script_draw, ... in the order in which the Python one does.
 * Each takes the next of the run's inputs; where there is none, it fills the step in and returns
 * false, and the handler returns at once ("unwinds"). Ends (script_return, script_raise) and
 * failures do the same, so that every false means: return. */
#ifndef ONCECHECK_MODEL_HANDLERS_SCRIPT_H
#define ONCECHECK_MODEL_HANDLERS_SCRIPT_H

#include "model/base/arena.h"
#include "model/base/random.h"
#include "model/base/text.h"
#include "model/handler.h"
#include "model/handlers/python_value.h"
#include "model/pipeline.h"

enum { SCRIPT_MARK_NUMBERS = 2 };

/* What is kept of a run that goes on with one input after the other, so that what is behind a mark
 * need not be done again. Draws and the clock are answered from here. */
struct script_session {
    struct random random;
    int64_t now_ms;
    struct value *inputs; /* those of draws and clocks too */
    size_t input_count;
    size_t input_capacity;
    size_t mark_inputs; /* used before the mark; 0: there is none */
    size_t mark_place;
    int64_t mark_elapsed_ms;
    double mark_numbers[SCRIPT_MARK_NUMBERS];
};

struct script {
    struct memory *memory;
    struct value_store *store;
    struct arena arena; /* of one run */
    const struct function_config *function;
    const struct handler_run *run;
    struct handler_step *step;
    struct error *error;
    enum status status; /* not STATUS_OK: the run failed */
    size_t inputs_used;
    int64_t slept_ms;               /* since the last input */
    int64_t elapsed_ms;             /* since the run began */
    struct script_session *session; /* NULL: the run's inputs alone */
};

/* What a call came back with: the body of the answer, or the error that the client raises. */
struct script_answer {
    struct value body;
    const char *error_code; /* NULL: none */
    const char *message;    /* the whole text of the client's exception */
    bool lost;              /* it is no ClientError: there was no answer */
};

/* Add an input; false: no memory, or it is VALUE_NONE. */
bool script_session_add(struct script_session *session, struct memory *memory, struct value input);

/* Call `operation` ("PutItem"); retries like botocore: ten attempts, 0.05 s * 2^n between them. */
bool script_call(struct script *script, const char *operation, struct value request,
                 bool fresh_token, struct script_answer *answer);

/* The next input is the answer to a call that succeeded: its request will not be sent (again). */
bool script_has_succeeded(const struct script *script);

/* Remember that the handler has come to `place` (from 1) with two numbers that it has asked for;
 * script_resume goes there at once when the run goes on, if it has not used more inputs already,
 * and returns it, or 0; then the numbers can be had again. Without a session nothing is remembered.
 */
void script_mark(struct script *script, size_t place, double first, double second);
size_t script_resume(struct script *script);
void script_marked_numbers(const struct script *script, double *first, double *second);

/* random.uniform(0, 100): in a session a number, else an end of its range. */
bool script_draw(struct script *script, double *drawn);

/* time.time() */
bool script_time(struct script *script, double *now);

/* These end the run and return false. */
bool script_return_status(struct script *script, int64_t status_code); /* {"statusCode": ...} */
bool script_raise(struct script *script, const char *class_name, const char *message);
/* The exception of an answer that is an error, or of one that never came. */
bool script_raise_client_error(struct script *script, const struct script_answer *answer);
/* What a Python handler would do something about, but this one cannot: STATUS_UNSUPPORTED. */
__attribute__((format(printf, 2, 3))) bool script_unsupported(struct script *script,
                                                              const char *format, ...);
bool script_no_memory(struct script *script);

/* map[key] of a MAP; a missing key is a KeyError. */
bool script_get(struct script *script, struct value map, const char *key, struct value *value);
/* map[key] of a MAP, which must be a STRING. */
bool script_get_text(struct script *script, struct value map, const char *key, const char **bytes,
                     size_t *length);
/* As script_get for a Python dict. */
bool script_get_item(struct script *script, const struct python_value *dict, const char *key,
                     const struct python_value **value);
/* json.loads; what is not JSON is a JSONDecodeError. */
bool script_json_loads(struct script *script, const char *bytes, size_t length,
                       struct python_value *value);

/* event["Records"], a list. */
bool script_records(struct script *script, struct value *records);
/* str(records) into `text`, which the caller releases (also after false). */
bool script_records_text(struct script *script, struct value records, struct text *text);

/* Read a percentage from ParameterTable (0 if it is not there), consistently. */
bool script_parameter(struct script *script, const char *name, double *percentage);
/* Raise the workshop's random failure if a draw says so. */
bool script_fail_at_random(struct script *script, double percentage);

/* Parts of requests. */
struct value_entry script_entry(struct script *script, const char *key, struct value value);
struct value script_wire(struct script *script, const char *type, struct value value);
struct value script_wire_text(struct script *script, const char *type, const char *text);
struct value script_text(struct script *script, const struct text *text); /* VALUE_NONE: failed */

/* The three handlers; `condition` and `token` are what Lab 2 adds. */
void state_handler(struct script *script, bool condition);
void map_handler(struct script *script);
void reduce_handler(struct script *script, bool token);

#endif
