#include "model/java_pattern.h"

#include <criterion/criterion.h>
#include <string.h>

static enum java_match match(const char *pattern, const char *text)
{
    struct memory memory;
    memory_init(&memory, SIZE_MAX);
    enum java_match result = java_pattern_match(&memory, pattern, text, strlen(text));
    cr_assert_eq(memory.used, 0);
    return result;
}

Test(java_pattern, decides_as_java_does)
{
    static const struct {
        const char *pattern;
        const char *text;
        enum java_match result;
    } cases[] = {
        {"[a-z]*", "abc", JAVA_MATCHES},
        {"[a-z]*", "abC", JAVA_DIFFERS},
        {"b", "abc", JAVA_DIFFERS}, /* the whole value must match */
        {"^[a-zA-Z][a-zA-Z0-9-]{0,9}$", "Orders-1", JAVA_MATCHES},
        {"^[a-zA-Z][a-zA-Z0-9-]{0,9}$", "1-Orders", JAVA_DIFFERS},
        {"^[a-zA-Z][a-zA-Z0-9-]{0,9}$", "Orders-1234", JAVA_DIFFERS},
        {"(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})", "10.0.0.0/16",
         JAVA_MATCHES},
        {"(\\d{1,3})\\.(\\d{1,3})", "10x0", JAVA_DIFFERS},
        {"[^\\s@]+@[^\\s@]+\\.[^\\s@]+", "a@b.example", JAVA_MATCHES},
        {"[^\\s@]+@[^\\s@]+\\.[^\\s@]+", "a b@c.d", JAVA_DIFFERS},
        {"[\\w+=,.@\\-]{1,64}", "a-b_c", JAVA_MATCHES},
        {"[\\w.-]+", "a-b", JAVA_MATCHES},
        {"[\\w.-]+", "a b", JAVA_DIFFERS},
        {"(?:dev|prod|)", "", JAVA_MATCHES},
        {"(?:dev|prod)", "", JAVA_DIFFERS},
        {"arn:aws:.*?:x", "arn:aws:sqs:y:x", JAVA_MATCHES},
        {"[\\]^]+", "]^", JAVA_MATCHES},
        {"[-^]", "^", JAVA_MATCHES},
        {"[-^]", "a", JAVA_DIFFERS},
        {"\\^\\$", "^$", JAVA_MATCHES},
        {"\\W\\D\\S", "-a-", JAVA_MATCHES},
        {"\\W\\D\\S", "-1-", JAVA_DIFFERS},
        {"a}]", "a}]", JAVA_MATCHES},
        {"a{2,}", "aaa", JAVA_MATCHES},
        {"", "", JAVA_MATCHES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(match(cases[i].pattern, cases[i].text), cases[i].result, "%s on '%s'",
                     cases[i].pattern, cases[i].text);
}

/* What Java reads otherwise, or what would take too long, is no guess. */
Test(java_pattern, does_not_decide_what_it_does_not_read)
{
    static const char *const patterns[] = {
        "(?!aws)[a-z]+",
        "(a)\\1",
        "a++",
        "[a-z&&[^b]]",
        "[[a]b]",
        "\\p{L}+",
        "\\bx",
        "a{1,9999}",
        "((a{200}){200}){200}",
        "*a",
        "(a",
        "a)",
        "[b-a]",
        "[a",
        "a{x}",
        "\\Qa\\E",
        "a\\",
        "[]a]",
        "(?i)a",
        "a**",
        "a{,3}",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        cr_expect_eq(match(patterns[i], "a"), JAVA_UNKNOWN, "%s", patterns[i]);
    cr_expect_eq(match(".", "\xC3\xA4"), JAVA_UNKNOWN);
    cr_expect_eq(match(".*", "a\nb"), JAVA_UNKNOWN);
}
