/* Whether a message's value is part of what is written: messages carry powers of 8, so that the
 * digits of a sum in base 8 tell. */
#include "model/base/ascii.h"
#include "model/base/json.h"
#include "reports/explanation_internal.h"

#include <string.h>

/* False also where the number is no sum of the workload's values, as times are. */
static bool counts(const struct workload *workload, int64_t number, int32_t digit)
{
    int32_t digits[SCENARIO_DISTINCT_MESSAGES_MAX];
    return message_digits(workload, number, digits) && digits[digit] != 0;
}

static bool is_word(char c) { return ascii_is_alphanumeric(c) || strchr("_-+.", c) != NULL; }

/* Numbers are looked for in texts, too, since functions write JSON into attributes. */
bool shows_value(const struct explanation *explanation, struct value content, uint32_t message)
{
    const struct workload *workload = explanation->world->workload;
    int32_t digit = workload->messages[message].digit;
    if (!workload->decodable || digit < 0 || value_is_none(content))
        return true;
    struct text json;
    bool shown = false;
    text_init(&json, explanation->world->memory);
    json_append(&json, explanation->store, content);
    const char *c = text_failed(&json) ? "" : text_string(&json);
    while (*c != '\0' && !shown) {
        size_t length = 0;
        while (is_word(c[length]) && c[length] != '\0')
            length++;
        struct decimal number;
        int64_t integer = 0;
        shown = length > 0 && decimal_parse(c, length, &number) == DECIMAL_OK &&
                decimal_to_integer(&number, &integer) && counts(workload, integer, digit);
        c += length > 0 ? length : 1;
    }
    shown = shown || text_failed(&json);
    text_release(&json);
    return shown;
}
