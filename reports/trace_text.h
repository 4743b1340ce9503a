/* A violation and its steps for people, on a terminal. */
#ifndef ONCECHECK_REPORTS_TRACE_TEXT_H
#define ONCECHECK_REPORTS_TRACE_TEXT_H

#include "model/base/text.h"
#include "model/base/value.h"

#include <stdbool.h>

struct trace_text_options {
    bool color;
    bool all_changes; /* -v: streams, pollers and clocks too, and what the functions printed */
    bool every_step;  /* those without effect, too */
    /* "key_steps" of the violation, to be marked; VALUE_NONE: none */
    struct value key_steps;
};

/* "violated: ...", messages and aggregates. `violation` as in the result. */
void append_violation(struct text *text, const struct value_store *store, struct value violation,
                      const struct trace_text_options *options);

/* The numbered steps of a trace. */
void append_steps(struct text *text, const struct value_store *store, struct value steps,
                  const struct trace_text_options *options);

#endif
