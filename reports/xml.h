/* Text within XML 1.0. */
#ifndef ONCECHECK_REPORTS_XML_H
#define ONCECHECK_REPORTS_XML_H

#include "model/base/text.h"

#include <stddef.h>

/* What XML 1.0 cannot hold (most control characters, U+FFFE and U+FFFF) becomes a question mark. */
void xml_append_escaped(struct text *text, const char *bytes, size_t length);

/* ` name="value"`: blanks are one space each, as schemas' tokens have them. */
void xml_append_attribute(struct text *text, const char *name, const char *value);

/* Done with a text that was made on the way: its failure is that of the report. */
void xml_release_part(struct text *text, struct text *part);

#endif
