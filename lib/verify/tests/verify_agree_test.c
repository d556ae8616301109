/* Stub and verifier agree on every script: contracts made at random are kept by the stub that plays
 * them, and a single difference is found where it is. */
#include <stdlib.h>

#include "verify_fixture.h"

enum { SCRIPTS = 24, ROUNDS = 6, FIELDS_MAX = 5, STEPS_MAX = 5 };

/* ---- what is drawn --------------------------------------------------------------------------- */

static uint64_t dice;

static unsigned draw(unsigned count) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice % count);
}

/* A field of an answer, and a value that the matcher refuses. */
static const struct {
    const char *field, *right, *wrong, *path;
} fields[] = {
    {"number", "7", "8", "number"},
    {"number", "!range { min: 1, max: 9, example: 3 }", "10", "number"},
    {"small", "!one_of [1, 2]", "3", "small"},
    {"usmall", "!not 0", "0", "usmall"},
    {"ubig", "18446744073709551615", "18446744073709551614", "ubig"},
    {"zig", "!type -5", NULL, "zig"},
    {"fix", "3", "4", "fix"},
    {"exact", "!near { value: 1.5, by: 0.1 }", "1.7", "exact"},
    {"flag", "true", "false", "flag"},
    {"raw", "aGk=", "aG8=", "raw"},
    {"state", "STATE_SOLD", "STATE_ON_SALE", "state"},
    {"state", "!one_of [STATE_SOLD, STATE_ON_SALE]", "STATE_UNSPECIFIED", "state"},
    {"part", "{ name: leg, count: !range { min: 2, max: 4, example: 3 } }",
     "{ name: leg, count: 5 }", "part.count"},
    {"parts", "[{ name: a }, { name: b }]", "[{ name: a }, { name: c }]", "parts[1].name"},
    {"numbers", "!each 2", "[2, 9]", "numbers[1]"},
    {"tags", "!unordered [x, y]", "[y, z]", "tags"},
    {"tags", "!size { min: 2, max: 3 }", "[x]", "tags"},
    {"texts", "{ de: Stuhl }", "{ de: Tisch }", "texts['de']"},
    {"places", "{ 3: { name: here } }", "{ 3: { name: there } }", "places[3].name"},
    {"maybe", "0", "1", "maybe"},
    {"maybe_text", "!absent", "x", "maybe_text"},
    {"card", "!regex { pattern: '[0-9]+', example: '12' }", "none", "card"},
    {"at", "!timestamp now", NULL, "at"},
    {"took", "1.5s", "2s", "took"},
    {"boxed", "5", "6", "boxed"},
    {"boxed_text", "!non_empty x", "''", "boxed_text"},
    {"child", "!present { secret: x }", NULL, "child"},
    {"zip_code", "'010'", "'10'", "zip_code"},
};

/* What is written: the contract that is verified, and the one that is served. */
typedef struct text {
    pl_buf verified, served;
    int plant;      /* the script that gets a difference; -1: none */
    int script;     /* at hand */
    char path[128]; /* of the difference */
    bool planted;
    unsigned sent; /* messages of the script at hand */
    bool streams;
} text;

static void put(text *t, const char *what) {
    pl_buf_puts(&t->verified, what);
    pl_buf_puts(&t->served, what);
}

static void put_number(text *t, const char *format, int number) {
    pl_buf_printf(&t->verified, format, number);
    pl_buf_printf(&t->served, format, number);
}

static bool is_free(const size_t *taken, size_t count, size_t candidate) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[taken[i]].field, fields[candidate].field) == 0)
            return false;
    }
    return true;
}

/* NAME tells the message apart from others. PLANT: a difference comes into it. */
static void put_answer(text *t, const char *name, bool plant) {
    size_t taken[FIELDS_MAX], count = 0;

    pl_buf_printf(&t->verified, "{ name: %s", name);
    pl_buf_printf(&t->served, "{ name: %s", name);
    for (unsigned i = draw(FIELDS_MAX) + 1; i > 0; i--) {
        size_t at = draw(PL_COUNT(fields));
        if (!is_free(taken, count, at))
            continue;
        taken[count++] = at;
        pl_buf_printf(&t->verified, ", %s: %s", fields[at].field, fields[at].right);
        bool here = plant && !t->planted && fields[at].wrong;
        pl_buf_printf(&t->served, ", %s: %s", fields[at].field,
                      here ? fields[at].wrong : fields[at].right);
        if (!here)
            continue;
        t->planted = true;
        (void)snprintf(t->path, sizeof t->path, t->streams ? "response[%u].%s" : "response%.0u.%s",
                       t->streams ? t->sent : 0, fields[at].path);
    }
    put(t, " }\n");
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void put_recv(text *t, int step) {
    put(t, "  - recv: { name: ");
    put_number(t, "r%d", t->script);
    /* Steps behind one another may take the same. */
    put_number(t, "x%d }\n", step / 2);
    if (draw(2))
        put(t, draw(2) ? "    repeat: 2\n" : "    repeat: { min: 1, max: 3 }\n");
}

static void put_send(text *t, int step) {
    unsigned times = 1;
    char name[32];

    (void)snprintf(name, sizeof name, "s%d", step);
    put(t, "  - send: ");
    put_answer(t, name, t->plant == t->script);
    if (draw(3) == 0) {
        times = 2;
        put(t, draw(2) ? "    repeat: 2\n" : "    repeat: { min: 2, max: 4 }\n");
    }
    t->sent += times;
}

static void put_group(text *t, int step) {
    put(t, "  - any_order:\n    - send: { name: ");
    put_number(t, "g%da }\n    - recv: { name: ", step);
    put_number(t, "r%d", t->script);
    put_number(t, "y%d }\n    - send: { name: ", step);
    put_number(t, "g%db }\n", step);
    t->sent += 2;
}

static void put_end(text *t) {
    if (draw(4) == 0)
        put(t, "  - status: { code: ABORTED, message: enough }\n");
}

static void put_unary(text *t) {
    put_number(t,
               "  call: ShopService.GetItem\n  request: { id: %d }\n  response: ", t->script + 1);
    put_answer(t, "one", t->plant == t->script);
}

static void put_watch(text *t) {
    put_number(t, "  call: ShopService.Watch\n  steps:\n  - recv: { id: %d }\n", t->script + 1);
    for (int i = 0, steps = (int)draw(STEPS_MAX) + 1; i < steps; i++)
        put_send(t, i);
    put_end(t);
}

static void put_upload(text *t) {
    put(t, "  call: ShopService.Upload\n  steps:\n");
    for (int i = 0, steps = (int)draw(STEPS_MAX) + 1; i < steps; i++)
        put_recv(t, i);
    put(t, "  - close\n  - send: ");
    put_answer(t, "one", t->plant == t->script);
}

static void put_chat(text *t) {
    put(t, "  call: ShopService.Chat\n  steps:\n");
    put_recv(t, 0);
    for (int i = 1, steps = (int)draw(STEPS_MAX) + 2; i < steps; i++) {
        switch (draw(5)) {
        case 0:
        case 1:
            put_recv(t, i);
            break;
        case 2:
        case 3:
            put_send(t, i);
            break;
        default:
            put_group(t, i);
        }
    }
    put_end(t);
}

static void put_all(text *t, uint64_t seed) {
    static void (*const kinds[])(text * t) = {put_unary, put_watch, put_upload, put_chat};

    dice = seed;
    put(t, HEAD);
    for (t->script = 0; t->script < SCRIPTS; t->script++) {
        unsigned kind = (unsigned)t->script % PL_COUNT(kinds);
        t->sent = 0;
        t->streams = kind == 1 || kind == 3;
        put_number(t, "- name: script %d\n", t->script);
        kinds[kind](t);
    }
}

static text text_make(uint64_t seed, int plant) {
    text t = {.plant = plant};

    t.verified = pl_buf_make(TEXT_MAX);
    t.served = pl_buf_make(TEXT_MAX);
    put_all(&t, seed);
    return t;
}

static void text_done(text *t) {
    pl_buf_done(&t->verified);
    pl_buf_done(&t->served);
}

/* ---- the property ---------------------------------------------------------------------------- */

static void what_the_stub_plays_the_verifier_accepts(void **state) {
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        text t = text_make(seed * 7919, -1);
        provide(t.served.p);
        verified(t.verified.p);
        if (w.report->passed != SCRIPTS)
            (void)fprintf(stderr, "seed %u:\n%s", (unsigned)seed, t.verified.p);
        passed();
        assert_int_equal(w.report->passed, SCRIPTS);
        text_done(&t);
        (void)tear_down(state);
    }
}

static void one_difference_is_found_where_it_is(void **state) {
    unsigned planted = 0;

    for (int seed = 1; seed <= ROUNDS; seed++) {
        int plant = (seed * 5) % SCRIPTS;
        text t = text_make((uint64_t)seed * 104729, plant);
        provide(t.served.p);
        verified(t.verified.p);
        for (int i = 0; i < SCRIPTS; i++) {
            bool wrong = t.planted && i == plant;
            if ((result((size_t)i)->verdict == PL_VERIFY_PASSED) == wrong)
                fail_msg("seed %d, script %d: %s: %s", seed, i,
                         wrong ? "its difference was not found" : "it differs", said());
        }
        if (t.planted && !strstr(result((size_t)plant)->differences[0].path.p, t.path))
            fail_msg("seed %d: expected %s, got %s", seed, t.path,
                     result((size_t)plant)->differences[0].path.p);
        planted += t.planted;
        text_done(&t);
        (void)tear_down(state);
    }
    assert_true(planted >= ROUNDS / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_the_stub_plays_the_verifier_accepts),
        TEST(one_difference_is_found_where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
