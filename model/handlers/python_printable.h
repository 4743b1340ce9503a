/* Which characters Python prints as they are: str.isprintable of a single character. */
#ifndef ONCECHECK_MODEL_HANDLERS_PYTHON_PRINTABLE_H
#define ONCECHECK_MODEL_HANDLERS_PYTHON_PRINTABLE_H

#include <stdbool.h>
#include <stdint.h>

bool python_is_printable(uint32_t code_point);

#endif
