#include "model/base/digest.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct memory memory;
static struct text text;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
}

static void tear_down(void) { text_release(&text); }

TestSuite(digest, .init = set_up, .fini = tear_down);

/* RFC 1321, A.5. */
Test(digest, md5_test_suite)
{
    static const struct {
        const char *input;
        const char *digest;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"1234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "0",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char hex[MD5_HEX_SIZE];
        digest_md5_hex(cases[i].input, strlen(cases[i].input), hex);
        cr_assert_str_eq(hex, cases[i].digest);
    }
}

/* FIPS 180-2, B.1 to B.3, and the empty message. */
Test(digest, sha256_examples)
{
    char hex[SHA256_HEX_SIZE];
    digest_sha256_hex("", 0, hex);
    cr_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256_hex("abc", 3, hex);
    cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    cr_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    cr_assert_not_null(million);
    memset(million, 'a', 1000000);
    digest_sha256_hex(million, 1000000, hex);
    free(million);
    cr_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(digest, bytes_are_those_of_the_hex_text)
{
    uint8_t md5[MD5_SIZE];
    uint8_t sha256[SHA256_SIZE];
    digest_md5("abc", 3, md5);
    digest_sha256("abc", 3, sha256);
    cr_assert_eq(md5[0], 0x90);
    cr_assert_eq(md5[15], 0x72);
    cr_assert_eq(sha256[0], 0xba);
    cr_assert_eq(sha256[31], 0xad);
}

/* RFC 4648, 10. */
Test(digest, base64_test_vectors)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_clear(&text);
        base64_append(&text, cases[i][0], strlen(cases[i][0]));
        cr_assert_str_eq(text_string(&text), cases[i][1]);
        text_clear(&text);
        cr_assert(base64_decode_append(&text, cases[i][1], strlen(cases[i][1])));
        cr_assert_str_eq(text_string(&text), cases[i][0]);
    }
}

Test(digest, base64_round_trip_of_every_length)
{
    uint8_t bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 167 + i / 256);
    struct text decoded;
    text_init(&decoded, &memory);
    for (size_t length = 0; length <= sizeof bytes; length += length < 100 ? 1 : 97) {
        text_clear(&text);
        text_clear(&decoded);
        base64_append(&text, bytes, length);
        cr_assert_eq(text.length, (length + 2) / 3 * 4);
        cr_assert(base64_decode_append(&decoded, text_string(&text), text.length));
        cr_assert_eq(decoded.length, length);
        cr_assert_eq(memcmp(text_string(&decoded), bytes, length), 0);
    }
    text_release(&decoded);
}

Test(digest, base64_refuses_what_is_not_base64)
{
    static const char *const bad[] = {
        "Z",    "Zg",    "Zg=",    "Zg===", "=",    "====", "Z===",     "Zg==Zg==",  "Zm 9v",
        " Zm9", "Zm9\n", "Zm9v\n", "Zm9-",  "Zm9_", "Zh==", "Zm9=Zm9v", "Zm\xc3\xa9"};
    text_append_string(&text, "kept");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_not(base64_decode_append(&text, bad[i], strlen(bad[i])), "%s", bad[i]);
        cr_assert_str_eq(text_string(&text), "kept");
    }
    /* Bad at the very end of a long text: what was decoded before is taken back. */
    char longer[4096];
    memset(longer, 'A', sizeof longer);
    longer[sizeof longer - 2] = '=';
    cr_assert_not(base64_decode_append(&text, longer, sizeof longer));
    cr_assert_str_eq(text_string(&text), "kept");
    longer[sizeof longer - 1] = '=';
    cr_assert(base64_decode_append(&text, longer, sizeof longer));
    cr_assert_eq(text.length, 4 + 3070);
}
