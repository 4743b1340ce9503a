#include "tests/reports/json_fixture.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void json_fixture_init(struct json_fixture *fixture)
{
    memory_init(&fixture->memory, SIZE_MAX);
    fixture->store = value_store_create(&fixture->memory);
    cr_assert_not_null(fixture->store);
    text_init(&fixture->text, &fixture->memory);
}

void json_fixture_release(struct json_fixture *fixture)
{
    text_release(&fixture->text);
    value_store_destroy(fixture->store);
    cr_assert_eq(fixture->memory.used, 0);
}

struct value json_fixture_value(struct json_fixture *fixture, const char *json)
{
    struct error error = ERROR_INIT;
    struct value value = VALUE_NONE;
    struct text quoted;
    text_init(&quoted, &fixture->memory);
    for (; *json != '\0'; json++)
        text_append_char(&quoted, *json == '\'' ? '"' : *json);
    cr_assert_eq(
        json_parse(fixture->store, text_string(&quoted), quoted.length, NULL, &value, &error),
        STATUS_OK, "%s in %s", error.message, text_string(&quoted));
    text_release(&quoted);
    return value;
}

bool json_fixture_holds(const struct json_fixture *fixture, const char *part)
{
    bool holds = strstr(text_string(&fixture->text), part) != NULL;
    if (!holds)
        fprintf(stderr, "'%s' is not in:\n%s\n", part, text_string(&fixture->text));
    return holds;
}

size_t json_fixture_count(const struct json_fixture *fixture, const char *part)
{
    size_t count = 0;
    for (const char *at = text_string(&fixture->text); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}
