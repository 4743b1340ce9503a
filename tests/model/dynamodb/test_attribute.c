#include "tests/model/dynamodb/fixture.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts of messages are M (mhart/dynalite, measured on AWS). */

/* The native value's wire form, or AWS's message. */
static const char *round_trip(struct fixture *fixture, const char *wire)
{
    const char *message = NULL;
    struct value native =
        attribute_from_wire(fixture->store, fixture_json(fixture, wire), &message);
    if (value_is_none(native))
        return message;
    text_clear(&fixture->text);
    json_append(&fixture->text, fixture->store, attribute_to_wire(fixture->store, native));
    for (char *c = fixture->text.bytes; *c != '\0'; c++)
        if (*c == '"')
            *c = '\'';
    return fixture->text.bytes;
}

Test(attribute, converts_to_the_wire_and_back)
{
    static const struct {
        const char *wire;
        const char *result;
    } cases[] = {
        {"{'S': 'x'}", "{'S':'x'}"},
        {"{'S': ''}", "{'S':''}"},
        {"{'N': '1.50'}", "{'N':'1.5'}"},
        {"{'N': '-0.0'}", "{'N':'0'}"},
        {"{'N': '1E+3'}", "{'N':'1000'}"},
        {"{'N': '5e-3'}", "{'N':'0.005'}"},
        {"{'N': '0012'}", "{'N':'12'}"},
        {"{'N': '99999999999999999999999999999999999999'}",
         "{'N':'99999999999999999999999999999999999999'}"},
        {"{'B': 'AAH/'}", "{'B':'AAH/'}"},
        {"{'B': ''}", "{'B':''}"},
        {"{'BOOL': false}", "{'BOOL':false}"},
        {"{'NULL': true}", "{'NULL':true}"},
        {"{'SS': ['b', 'a']}", "{'SS':['a','b']}"},
        {"{'NS': ['10', '9', '-1']}", "{'NS':['-1','9','10']}"},
        {"{'BS': ['Yg==', 'YQ==']}", "{'BS':['YQ==','Yg==']}"},
        {"{'L': []}", "{'L':[]}"},
        {"{'M': {}}", "{'M':{}}"},
        {"{'L': [{'S': 'x'}, {'M': {'k': {'N': '1'}}}]}",
         "{'L':[{'S':'x'},{'M':{'k':{'N':'1'}}}]}"},
        {"{'S': 'x', 'N': null}", "{'S':'x'}"},
        {"{'S': 'x', 'X': 1}", "{'S':'x'}"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_str_eq(round_trip(&fixture, cases[i].wire), cases[i].result, "%s: %s",
                         cases[i].wire, round_trip(&fixture, cases[i].wire));
    fixture_release(&fixture);
}

Test(attribute, rejects_with_the_texts_of_aws)
{
    static const struct {
        const char *wire;
        const char *message;
    } cases[] = {
        {"{}", "Supplied AttributeValue is empty, must contain exactly one of the supported "
               "datatypes"},
        {"{'S': 'x', 'N': '1'}", "Supplied AttributeValue has more than one datatypes set, must "
                                 "contain exactly one of the supported datatypes"},
        {"{'N': 'one'}", "The parameter cannot be converted to a numeric value: one"},
        {"{'N': ''}", "The parameter cannot be converted to a numeric value"},
        {"{'N': 'NaN'}", "The parameter cannot be converted to a numeric value: NaN"},
        {"{'N': '123456789012345678901234567890123456789'}",
         "Attempting to store more than 38 significant digits in a Number"},
        {"{'N': '1E126'}", "Number overflow. Attempting to store a number with magnitude larger "
                           "than supported range"},
        {"{'N': '1E-131'}", "Number underflow. Attempting to store a number with magnitude smaller "
                            "than supported range"},
        {"{'NULL': false}", "One or more parameter values were invalid: Null attribute value types "
                            "must have the value of true"},
        {"{'SS': []}",
         "One or more parameter values were invalid: An string set  may not be empty"},
        {"{'NS': []}",
         "One or more parameter values were invalid: An number set  may not be empty"},
        {"{'BS': []}",
         "One or more parameter values were invalid: Binary sets should not be empty"},
        {"{'SS': ['a', 'b', 'a']}", "One or more parameter values were invalid: Input collection "
                                    "[a, b, a] contains duplicates."},
        {"{'NS': ['1', '1.0']}", "Input collection contains duplicates"},
        {"{'BS': ['YQ==', 'YQ==']}", "One or more parameter values were invalid: Input collection "
                                     "[YQ==, YQ==]of type BS contains duplicates."},
        {"{'L': [{'N': 'x'}]}", "The parameter cannot be converted to a numeric value: x"},
        {"{'S': 1}", "NUMBER_VALUE cannot be converted to String"},
        {"{'N': true}", "TRUE_VALUE cannot be converted to String"},
        {"{'S': {}}", "Start of structure or map found where not expected"},
        {"{'B': 1}", "only base-64-encoded strings are convertible to bytes"},
        {"{'B': 'Y'}", "Invalid last non-pad Base64 character dectected"},
        {"{'BOOL': 'x'}", "Unexpected token received from parser"},
        {"{'M': []}", "Unexpected field type"},
        {"'x'", "Unexpected value type in payload"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_str_eq(round_trip(&fixture, cases[i].wire), cases[i].message, "%s: %s",
                         cases[i].wire, round_trip(&fixture, cases[i].wire));
    fixture_release(&fixture);
}

static void nest(char *text, unsigned levels)
{
    text[0] = '\0';
    for (unsigned i = 0; i < levels; i++)
        strcat(text, "{'L': [");
    strcat(text, "{'S': 'x'}");
    for (unsigned i = 0; i < levels; i++)
        strcat(text, "]}");
}

Test(attribute, nests_32_levels)
{
    struct fixture fixture;
    char text[512];
    fixture_init(&fixture);
    nest(text, 32);
    cr_assert_str_neq(round_trip(&fixture, text), "");
    cr_assert_eq(strncmp(round_trip(&fixture, text), "{'L':", 5), 0);
    nest(text, 33);
    cr_assert_eq(strncmp(round_trip(&fixture, text), "Nesting Levels have exceeded", 28), 0);
    fixture_release(&fixture);
}

Test(attribute, equal_numbers_and_sets_are_one_value)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct value a =
        attribute_from_wire(fixture.store, fixture_json(&fixture, "{'N': '10'}"), NULL);
    struct value b =
        attribute_from_wire(fixture.store, fixture_json(&fixture, "{'N': '1.0e1'}"), NULL);
    cr_assert(value_equal(a, b));
    a = attribute_from_wire(fixture.store, fixture_json(&fixture, "{'SS': ['x', 'y']}"), NULL);
    b = attribute_from_wire(fixture.store, fixture_json(&fixture, "{'SS': ['y', 'x']}"), NULL);
    cr_assert(value_equal(a, b));
    fixture_release(&fixture);
}

/* Sizes by the rules of the developer guide, "Item sizes and formats". */
Test(attribute, has_a_size)
{
    static const struct {
        const char *item;
        size_t size;
    } cases[] = {
        {"{'id': {'S': 'abc'}}", 5},
        {"{'id': {'S': 'äb'}}", 5},
        {"{'n': {'N': '0'}}", 2},
        {"{'n': {'N': '1'}}", 3},
        {"{'n': {'N': '12'}}", 3},
        {"{'n': {'N': '123'}}", 4},
        {"{'n': {'N': '-12'}}", 4},
        {"{'b': {'B': 'AAH/'}}", 4},
        {"{'b': {'BOOL': true}}", 2},
        {"{'b': {'NULL': true}}", 2},
        {"{'s': {'SS': ['ab', 'c']}}", 4},
        {"{'l': {'L': []}}", 4},
        {"{'l': {'L': [{'S': 'ab'}, {'S': 'c'}]}}", 9},
        {"{'m': {'M': {'k': {'S': 'ab'}}}}", 8},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value item =
            item_from_wire(fixture.store, fixture_json(&fixture, cases[i].item), NULL);
        cr_expect_eq(item_size(fixture.store, item), cases[i].size, "%s: %zu", cases[i].item,
                     item_size(fixture.store, item));
    }
    fixture_release(&fixture);
}
