/* Reading contracts of other tools: every beginning of every file of the corpus, and patterns. */
#include "import/scc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "check.h"
#include "parley/schema/pattern.h"

enum { PATH_BYTES = 1024, ARENA_MAX = 32 << 20 };

static const char corpus[] = "tests/import/cases";

typedef size_t file_fn(const char *path, pl_str text);

static bool ends(const char *path, const char *suffix) {
    return pl_str_ends(pl_str_c(path), pl_str_c(suffix));
}

static size_t with_file(const char *path, file_fn *use) {
    static char text[SCC_FILE_MAX];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    return use(path, pl_str_make(text, size));
}

/* The sum of what USE says of the files below FOLDER. */
static size_t each(const char *folder, file_fn *use) {
    DIR *dir = opendir(folder);
    size_t sum = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[PATH_BYTES];
        struct stat info;
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        assert_int_equal(stat(path, &info), 0);
        if (S_ISDIR(info.st_mode))
            sum += each(path, use);
        else if (!ends(path, ".txt"))
            sum += with_file(path, use);
    }
    (void)closedir(dir);
    return sum;
}

/* Reads TEXT, copied so that a step beyond its end is seen. */
static size_t read_text(const char *path, pl_str text, size_t *out_findings) {
    scc_source s = {.path = path, .findings = pl_findings_new()};
    char *copy = malloc(text.n + 1);
    assert_non_null(copy);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    s.text = pl_str_make(copy, text.n);
    s.arena = pl_arena_make(ARENA_MAX);
    if (ends(path, ".groovy"))
        scc_read_groovy(&s);
    else
        scc_read_yaml(&s);
    assert_false(s.full);
    *out_findings = pl_findings_count(s.findings);
    size_t count = s.count;
    pl_findings_free(s.findings);
    pl_arena_done(&s.arena);
    free(copy);
    return count;
}

static size_t every_beginning(const char *path, pl_str text) {
    size_t findings = 0;
    for (size_t n = 0; n <= text.n; n++) {
        if (pl_utf8_valid(pl_str_make(text.p, n)))
            (void)read_text(path, pl_str_make(text.p, n), &findings);
    }
    return 1;
}

/* A byte that is another one, here and there. */
static size_t every_slip(const char *path, pl_str text) {
    static const char others[] = "{}()[]'\"/$\\:,.\n#0";
    char *changed = malloc(text.n + 1);
    size_t findings = 0;
    assert_non_null(changed);
    for (size_t i = 0; i < text.n; i += 11) {
        memcpy(changed, text.p, text.n);
        changed[i] = others[i % (sizeof others - 1)];
        if (pl_utf8_valid(pl_str_make(changed, text.n)))
            (void)read_text(path, pl_str_make(changed, text.n), &findings);
    }
    free(changed);
    return 1;
}

static void no_beginning_of_a_file_leads_astray(void **state) {
    (void)state;
    assert_true(each(corpus, every_beginning) >= 10);
}

static void no_slip_leads_astray(void **state) {
    (void)state;
    assert_true(each(corpus, every_slip) >= 10);
}

static void what_ends_early_is_told(void **state) {
    static const char *const texts[] = {"Contract.make { request { method 'GET' ",
                                        "Contract.make { name 'x", "/* never", "Contract.make {"};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        size_t findings = 0;
        (void)read_text("a.groovy", pl_str_c(texts[i]), &findings);
        assert_true(findings > 0);
    }
}

static void depth_has_a_limit(void **state) {
    pl_buf deep = pl_buf_make(SCC_FILE_MAX);
    size_t findings = 0;
    (void)state;
    for (size_t i = 0; i < 100000; i++)
        pl_buf_puts(&deep, i % 2 ? "[" : "{");
    (void)read_text("a.groovy", pl_buf_view(&deep), &findings);
    assert_true(findings > 0);
    pl_buf_done(&deep);
}

static void units_of_a_character_are_one(void **state) {
    scc_source s = {.path = "a.groovy", .findings = pl_findings_new()};
    s.arena = pl_arena_make(ARENA_MAX);
    s.text = pl_str_c("Contract.make { name '\\uD83D\\uDE00 \\u20ac \\ud83dx \\ud83d\\u0041' }");
    (void)state;
    scc_read_groovy(&s);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.contracts->name.p, "\xf0\x9f\x98\x80 \xe2\x82\xac \xef\xbf\xbdx "
                                             "\xef\xbf\xbd"
                                             "A");
    pl_findings_free(s.findings);
    pl_arena_done(&s.arena);
}

static void examples_match_their_patterns(void **state) {
    static const char *const regexes[] = {"[0-9]{3}-[A-Z]+", "(a|b)c?d*",
                                          "\\d{2}\\.\\d",    "^[^a-z]+$",
                                          "x{2,5}",          "a.c",
                                          "(?:ab){3}",       "[\\w-]+@b",
                                          "\\p{L}+",         "/products/[1-9][0-9]*",
                                          "[a-f0-9]{8}",     "TV|Radio"};
    scc_source s = {.path = "", .arena = pl_arena_make(ARENA_MAX)};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(regexes); i++) {
        if (scc_pattern_example(&s, pl_str_c(regexes[i])).n == 0)
            fail_msg("no example of %s", regexes[i]);
    }
    pl_arena_done(&s.arena);
}

static void predefined_examples_match_their_patterns(void **state) {
    static const char *const names[] = {
        "anyAlphaUnicode", "anyAlphaNumeric", "anyNumber",
        "anyInteger",      "anyPositiveInt",  "anyDouble",
        "anyHex",          "aBoolean",        "anyIpAddress",
        "anyHostname",     "anyEmail",        "anyUrl",
        "anyHttpsUrl",     "anyUuid",         "anyDate",
        "anyDateTime",     "anyTime",         "anyIso8601WithOffset",
        "non_blank",       "non_empty"};
    (void)state;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        const scc_pattern *known = scc_pattern_find(pl_str_c(names[i]));
        pl_pattern *pattern = NULL;
        bool matches = false;
        assert_non_null(known);
        assert_int_equal(pl_pattern_new(pl_str_c(known->regex), &pattern, NULL), PL_OK);
        assert_int_equal(pl_pattern_match(pattern, pl_str_c(known->example), &matches, NULL),
                         PL_OK);
        if (!matches)
            fail_msg("%s: %s", names[i], known->example);
        pl_pattern_free(pattern);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_beginning_of_a_file_leads_astray),
        cmocka_unit_test(no_slip_leads_astray),
        cmocka_unit_test(what_ends_early_is_told),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(units_of_a_character_are_one),
        cmocka_unit_test(examples_match_their_patterns),
        cmocka_unit_test(predefined_examples_match_their_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
