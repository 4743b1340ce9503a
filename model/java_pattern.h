/* Regular expressions of Java's, as far as they are POSIX's too.
 *
 * CloudFormation's AllowedPattern is one (CloudFormation template reference, "Parameters": the
 * whole value must match). Read are literals, `.`, classes with ranges and \d \w \s, groups,
 * alternatives, quantifiers (lazy ones accept the same texts) and `^` `$`; they are matched by
 * POSIX's regexec, whose time does not explode. All else (look-around, references, possessive
 * quantifiers, intersections, \p), and texts that are not printable ASCII, are said to be unknown.
 */
#ifndef ONCECHECK_MODEL_JAVA_PATTERN_H
#define ONCECHECK_MODEL_JAVA_PATTERN_H

#include "model/base/memory.h"

#include <stddef.h>

enum {
    JAVA_PATTERN_SIZE_MAX = 512,          /* bytes of a pattern */
    JAVA_PATTERN_TEXT_MAX = 4096,         /* bytes of a text: CloudFormation's of a parameter */
    JAVA_PATTERN_REPETITIONS_MAX = 10000, /* product of the bounds of {m,n} */
    JAVA_PATTERN_BOUND_MAX = 255          /* RE_DUP_MAX of POSIX */
};

enum java_match { JAVA_MATCHES, JAVA_DIFFERS, JAVA_UNKNOWN };

/* Whether the whole text matches. JAVA_UNKNOWN also where memory runs out. */
enum java_match java_pattern_match(struct memory *memory, const char *pattern, const char *text,
                                   size_t length);

#endif
