/* A simulation for people and for programs: lines of text, JSON, a page with charts. */
#ifndef ONCECHECK_REPORTS_SIMULATION_REPORT_H
#define ONCECHECK_REPORTS_SIMULATION_REPORT_H

#include "model/base/text.h"
#include "model/simulation.h"

/* What was played. Arrays are the caller's. */
struct simulation_report {
    const struct pipeline *pipeline;
    const struct simulation_options *options;
    const char *handlers; /* "lab1", "lab2" or the solution's folder */
    const struct minute_figures *minutes;
    size_t minute_count;
    const struct wrong_message *wrong;
    bool interrupted;
    const char *trace; /* what became of the search for a trace, in words; NULL: none was made */
    const char *trace_file; /* that holds it; NULL: none */
    int exit_code;
};

/* The columns' names, then one minute's line. */
void append_simulation_head(struct text *text);
void append_simulation_minute(struct text *text, const struct minute_figures *minute,
                              const struct pipeline *pipeline);

/* What is to be said at the end: points, the functions' figures, the first message that went wrong;
 * `brief`: points alone. */
void append_simulation_end(struct text *text, const struct simulation_report *report, bool brief);

/* The aggregates by hierarchy as they are now, with what they must come to. Returns the lines. */
unsigned append_simulation_board(struct text *text, struct simulation *simulation);

/* docs/interface.md, `oncecheck-simulation/1`. */
void append_simulation_json(struct text *text, const struct simulation_report *report);

/* A page in one file, without network. */
void append_simulation_page(struct text *text, const struct simulation_report *report);

#endif
