/* What reads a stranger's bytes, each as a function for a fuzzer: it takes any input, leaves
 * nothing behind, and aborts where something that must hold does not. tests/fuzz/corpus/NAME has
 * inputs that are run by test_corpus.c; `make fuzz` looks for more. */
#ifndef ONCECHECK_TESTS_FUZZ_TARGETS_H
#define ONCECHECK_TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_TARGETS(X)                                                                            \
    X(scenario)   /* YAML */                                                                       \
    X(template)   /* YAML with CloudFormation's tags */                                            \
    X(json)       /* results and everything else; what is printed is read as the same */           \
    X(trace)      /* a trace's JSON */                                                             \
    X(frame)      /* what a Python host sends: a stream of frames, each a step */                  \
    X(request)    /* lines for `oncecheck aws` on a table with items */                            \
    X(expression) /* DynamoDB's expressions of every kind */                                       \
    X(decimal)    /* numbers: parsed, printed, added */                                            \
    X(database)   /* a run database's file */

#define FUZZ_FUNCTION(name) void fuzz_##name(const uint8_t *bytes, size_t size);
FUZZ_TARGETS(FUZZ_FUNCTION)
#undef FUZZ_FUNCTION

#endif
