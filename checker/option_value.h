/* Values of options that are more than a text. Errors name the option, what was found and what was
 * expected; `option` is its name without dashes. */
#ifndef ONCECHECK_CHECKER_OPTION_VALUE_H
#define ONCECHECK_CHECKER_OPTION_VALUE_H

#include "checker/options.h"

/* A whole number from 1. */
enum status option_read_count(const char *option, const char *text, uint64_t *count,
                              struct error *error);

/* A whole number from 0 to 100, with or without its sign. */
enum status option_read_percent(const char *option, const char *text, uint32_t *percent,
                                struct error *error);

/* "500M": bytes, at least 1 MB. */
enum status option_read_memory(const char *option, const char *text, uint64_t *bytes,
                               struct error *error);

/* "90", "90s", "5m", "1h" or "7d", in seconds. */
enum status option_read_duration(const char *option, const char *text, double *seconds,
                                 struct error *error);

enum status option_read_jail(const char *option, const char *text, enum jail_mode *mode,
                             struct error *error);

enum status option_read_choice(const char *option, const char *text, enum choice *choice,
                               struct error *error);

/* "exhaustive" or "random"; walk, pct or swarm. */
enum status option_read_search(const char *text, struct options *options, struct error *error);
enum status option_read_strategy(const char *text, struct options *options, struct error *error);

/* "lab1" or "lab2"; --workers; --no-reduction's NAME (NULL: all); one --fault. */
enum status option_read_handlers(const char *text, struct options *options, struct error *error);
enum status option_read_workers(const char *text, struct options *options, struct error *error);
enum status option_read_reduction(const char *text, struct options *options, struct error *error);
enum status option_add_fault(const char *text, struct options *options, struct error *error);

/* A whole number from 0 to 2^63 - 1, so that JSON can hold it. */
enum status option_read_seed(const char *option, const char *text, uint64_t *seed,
                             struct error *error);

/* 1 to SIMULATION_MINUTES_MAX; [NAME=]PERCENT, with or without its sign. */
enum status option_read_minutes(const char *text, uint64_t *minutes, struct error *error);
enum status option_read_rate(const char *text, struct simulation_options *options,
                             struct error *error);

/* One --set. */
enum status option_add_setting(const char *text, struct options *options, struct error *error);

/* NAME=DIR, cut in place. */
enum status option_read_function(char *text, struct options *options, struct error *error);

/* One --weakness. Errors: there is no such row of an audit. */
enum status option_add_weakness(const char *text, struct options *options, struct error *error);

/* One --sweep, read by sweep_read. */
enum status option_add_sweep(const char *text, struct options *options, struct error *error);

/* NAME=VALUE, cut in place. */
enum status option_read_parameter(char *text, struct options *options, struct error *error);

#endif
