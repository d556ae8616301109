#include "parley/crypto/sha256.h"

#include "check.h"

static void check_hash(const char *text, const char *expected) {
    uint8_t hash[PL_SHA256_SIZE];
    pl_buf hex = pl_buf_make(2 * sizeof hash);
    assert_int_equal(pl_sha256(pl_str_c(text), hash, NULL), PL_OK);
    for (size_t i = 0; i < sizeof hash; i++)
        pl_buf_printf(&hex, "%02x", hash[i]);
    assert_string_equal(hex.p, expected);
    pl_buf_done(&hex);
}

static void hashes_the_examples_of_fips_180(void **state) {
    (void)state;
    check_hash("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hashes_no_bytes_at_all(void **state) {
    (void)state;
    check_hash("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_the_examples_of_fips_180),
        cmocka_unit_test(hashes_no_bytes_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
