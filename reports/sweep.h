/* What a sweep found, as JSON ("oncecheck-sweep/1", docs/interface.md) and for people. */
#ifndef ONCECHECK_REPORTS_SWEEP_H
#define ONCECHECK_REPORTS_SWEEP_H

#include "checker/sweep.h"
#include "model/base/text.h"
#include "model/base/value.h"

#include <stdbool.h>

#define SWEEP_FORMAT "oncecheck-sweep/1"

/* One combination. */
struct sweep_row {
    const char *verdict; /* as in oncecheck-result/1; "": an interrupt kept it from one */
    const char *reason;  /* why there is no clear verdict; "" */
    struct value result; /* oncecheck-result/1, or VALUE_NONE */
};

struct sweep_report {
    struct value_store *store;
    struct arena *arena;
    const struct sweep *sweep;
    const struct sweep_row *rows; /* sweep->combinations of them */
    const char *scenario;
    const char *solution; /* NULL: none */
    int exit_code;
    double seconds;
    unsigned workers;
};

/* VALUE_NONE: no memory. */
struct value sweep_value(const struct sweep_report *report);

/* From what sweep_value made. `brief`: the last lines alone. */
void sweep_append_text(struct text *text, const struct value_store *store, struct value document,
                       bool brief);

#endif
