/* `oncecheck report`: a recorded run or a trace as a page or a file for another tool. One table in
 * command_report.c says which formats there are. */
#ifndef ONCECHECK_CHECKER_COMMAND_REPORT_H
#define ONCECHECK_CHECKER_COMMAND_REPORT_H

#include "checker/command.h"
#include "reports/export.h"

int command_report(const struct options *options, const struct environment *environment);

/* Write what verify's --junit, --sarif and --html ask for; nothing where none is given. A page
 * needs a counterexample. */
enum status command_write_exports(const struct options *options, struct memory *memory,
                                  const struct export_source *source, struct error *error);

#endif
