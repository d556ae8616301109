/* Bundles from elsewhere: files, folders and URLs, and what parley.lock pins. */
#include "common/bundles.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/download.h"
#include "common/lock.h"
#include "common/whole_file.h"
#include "parley/http/server.h"
#include "shop.h"

enum { BUNDLE_MAX = 1 << 22 };

/* A workspace of one test, and a server that has one document, /a.stub, which may change. */
typedef struct fixture {
    workspace space;
    pl_pool *pool;
    pl_buf served, later; /* to the first request, and to others where it is not empty */
    size_t requests;
    pl_loop *loop;
    pl_http_server *server;
    pl_task stop;
    pthread_t thread;
    char url[64];
    pl_contract_set *set;
    pl_error err;
} fixture;

static void on_request(void *self, pl_http_request *request) {
    fixture *f = self;
    pl_str path = pl_http_request_head(request)->path;
    pl_http_field location = {PL_STR("location"), PL_STR("/a.stub")};
    pl_http_reply reply = {.status = 404, .fields = &location};
    if (pl_str_eqc(path, "/a.stub"))
        reply.status = 200,
        reply.body = pl_buf_view(f->requests++ && f->later.n ? &f->later : &f->served);
    if (pl_str_eqc(path, "/moved"))
        reply.status = 302, reply.field_count = 1;
    pl_http_respond(request, &reply);
}

static void *run(void *self) {
    fixture *f = self;
    return pl_loop_run(f->loop, NULL) == PL_OK ? f : NULL;
}

static void on_stop(pl_task *task) {
    pl_loop_stop(PL_CONTAINER_OF(task, fixture, stop)->loop);
}

static void serve(fixture *f) {
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    pl_http_listen_opts listen = {.address = "127.0.0.1:0"};
    uint16_t port = 0;
    opts.on_request = on_request;
    opts.self = f;
    assert_int_equal(pl_loop_new(&f->loop, NULL), PL_OK);
    assert_int_equal(pl_http_server_new(f->loop, &opts, &f->server, NULL), PL_OK);
    assert_int_equal(pl_http_server_listen(f->server, &listen, &port, NULL), PL_OK);
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/a.stub", port);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

static void end(fixture *f) {
    if (!f->loop)
        return;
    f->stop.run = on_stop;
    pl_loop_post(f->loop, &f->stop);
    (void)pthread_join(f->thread, NULL);
    pl_http_server_free(f->server);
    pl_loop_free(f->loop);
    f->loop = NULL;
}

static int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->space.root, sizeof f->space.root, "/tmp/parley-bundles-XXXXXX");
    if (!mkdtemp(f->space.root))
        return -1;
    f->pool = shop_pool();
    f->served = pl_buf_make(BUNDLE_MAX);
    f->later = pl_buf_make(BUNDLE_MAX);
    *state = f;
    return 0;
}

/* The bundle of CONSUMER, who wants the item's name to be NAME. */
static void make(const fixture *f, const char *consumer, const char *name, pl_buf *out) {
    pl_buf text = pl_buf_make(BUNDLE_MAX);
    pl_buf_printf(&text,
                  "consumer: %s\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n- name: a\n"
                  "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { name: %s }\n",
                  consumer, name);
    pl_contract_set *set = shop_compile(f->pool, text.p);
    pl_buf_clear(out);
    assert_int_equal(pl_bundle_write(set, out, NULL), PL_OK);
    pl_contract_set_free(set);
    pl_buf_done(&text);
}

static const char *path_of(const fixture *f, const char *name) {
    static char path[2 * PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", f->space.root, name);
    return path;
}

static int teardown(void **state) {
    static const char *const files[] = {"a.stub", "b.stub", "parley.lock"};
    fixture *f = *state;
    end(f);
    for (size_t i = 0; i < PL_COUNT(files); i++)
        (void)unlink(path_of(f, files[i]));
    int status = rmdir(f->space.root);
    pl_contract_set_free(f->set);
    pl_buf_done(&f->served);
    pl_buf_done(&f->later);
    pl_pool_free(f->pool);
    free(f);
    return status;
}

static void write_bundle(const fixture *f, const char *file, const char *consumer,
                         const char *name) {
    pl_buf bytes = pl_buf_make(BUNDLE_MAX);
    make(f, consumer, name, &bytes);
    assert_int_equal(whole_file_write(path_of(f, file), pl_buf_view(&bytes), NULL), PL_OK);
    pl_buf_done(&bytes);
}

static pl_code read_one(fixture *f, const char *word) {
    return bundles_read(&f->space, &word, 1, &f->set, &f->err);
}

static void nobody(void *self, const char *name, const char *was, const char *is) {
    (void)self, (void)name, (void)was, (void)is;
}

static pl_code pin(fixture *f, const char *word) {
    return bundles_lock(&f->space, &word, word ? 1 : 0, nobody, NULL, &f->err);
}

static void assert_says(const fixture *f, const char *text) {
    if (!strstr(f->err.message, text))
        fail_msg("expected '%s' in '%s'", text, f->err.message);
}

static void a_file_is_read(void **state) {
    fixture *f = *state;
    write_bundle(f, "a.stub", "web", "TV");
    assert_int_equal(read_one(f, path_of(f, "a.stub")), PL_OK);
    assert_int_equal(pl_contract_set_count(f->set), 1);
}

static void a_folder_is_read_as_one_set(void **state) {
    fixture *f = *state;
    write_bundle(f, "b.stub", "web", "TV");
    write_bundle(f, "a.stub", "app", "TV");
    assert_int_equal(read_one(f, f->space.root), PL_OK);
    assert_int_equal(pl_contract_set_file_count(f->set), 2);
    assert_string_equal(pl_contract_set_file(f->set, 0)->consumer.p, "app");
}

static void a_folder_without_bundles_is_told(void **state) {
    fixture *f = *state;
    assert_int_equal(read_one(f, f->space.root), PL_NOT_FOUND);
    assert_says(f, "a folder without bundles, expected *.stub");
}

static void a_file_that_says_something_else_than_what_is_pinned_is_refused(void **state) {
    fixture *f = *state;
    write_bundle(f, "a.stub", "web", "TV");
    assert_int_equal(pin(f, path_of(f, "a.stub")), PL_OK);
    assert_int_equal(read_one(f, path_of(f, "a.stub")), PL_OK);
    write_bundle(f, "a.stub", "web", "Radio");
    assert_int_equal(read_one(f, path_of(f, "a.stub")), PL_FAILED_PRECONDITION);
    assert_says(f, "a.stub: parley.lock expects sha256:");
    assert_says(f, ", it is sha256:");
    assert_says(f, "`parley contract lock a.stub` pins it");
}

static void what_is_pinned_can_be_pinned_anew_by_no_name(void **state) {
    fixture *f = *state;
    write_bundle(f, "a.stub", "web", "TV");
    assert_int_equal(pin(f, path_of(f, "a.stub")), PL_OK);
    write_bundle(f, "a.stub", "web", "Radio");
    assert_int_equal(pin(f, NULL), PL_OK);
    assert_int_equal(read_one(f, path_of(f, "a.stub")), PL_OK);
}

static void a_url_that_is_not_pinned_is_refused(void **state) {
    fixture *f = *state;
    make(f, "web", "TV", &f->served);
    serve(f);
    assert_int_equal(read_one(f, f->url), PL_FAILED_PRECONDITION);
    assert_says(f, "not pinned; `parley contract lock URL` writes");
}

static void a_pinned_url_is_read(void **state) {
    fixture *f = *state;
    make(f, "web", "TV", &f->served);
    serve(f);
    if (pin(f, f->url) || read_one(f, f->url))
        fail_msg("%s", f->err.message);
    assert_int_equal(pl_contract_set_count(f->set), 1);
}

static void a_url_whose_content_changed_is_refused_with_both_hashes(void **state) {
    fixture *f = *state;
    uint8_t hash[PL_HASH_SIZE];
    char was[LOCK_HASH_MAX];
    pl_contract_set *before = NULL;
    make(f, "web", "TV", &f->served);
    make(f, "web", "Radio", &f->later);
    assert_int_equal(pl_bundle_read(pl_buf_view(&f->served), &before, NULL), PL_OK);
    assert_int_equal(pl_contract_set_hash(before, hash, NULL), PL_OK);
    pl_contract_set_free(before);
    lock_hash_text(hash, was);
    serve(f);
    assert_int_equal(pin(f, f->url), PL_OK);
    assert_int_equal(read_one(f, f->url), PL_FAILED_PRECONDITION);
    assert_says(f, was);
    assert_says(f, "it is sha256:");
}

static void what_is_not_there_is_told_with_its_status(void **state) {
    fixture *f = *state;
    serve(f);
    memcpy(strrchr(f->url, '/'), "/b.stub", sizeof "/b.stub");
    assert_int_equal(pin(f, f->url), PL_NOT_FOUND);
    assert_says(f, "/b.stub: expected status 200, got 404");
}

static void a_redirect_is_not_followed(void **state) {
    fixture *f = *state;
    serve(f);
    memcpy(strrchr(f->url, '/'), "/moved", sizeof "/moved");
    assert_int_equal(pin(f, f->url), PL_NOT_FOUND);
    assert_says(f, "got 302 Found; name the URL that it leads to");
}

static void a_url_that_nobody_can_load_is_refused_before_anything_is_asked(void **state) {
    static const struct {
        const char *url;
        pl_code code;
        const char *says;
    } cases[] = {
        {"https://stubs.test/a.stub", PL_UNIMPLEMENTED, "https is not there yet"},
        {"ftp://stubs.test/a.stub", PL_INVALID_ARGUMENT, "an unknown scheme"},
        {"http://me@stubs.test/a", PL_INVALID_ARGUMENT, "a user or password is not sent"},
        {"http:///a.stub", PL_INVALID_ARGUMENT, "no host"},
        {"http://stubs.test?a", PL_INVALID_ARGUMENT, "no path"},
        {"http://stubs.test/a#b", PL_INVALID_ARGUMENT, "a fragment names no document"},
    };
    fixture *f = *state;
    pl_buf out = pl_buf_make(BUNDLE_MAX);
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        assert_true(download_is_url(cases[i].url));
        assert_int_equal(download(cases[i].url, &out, &f->err), cases[i].code);
        assert_says(f, cases[i].says);
    }
    pl_buf_done(&out);
}

static void a_lock_that_is_wrong_is_told_with_its_place(void **state) {
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"bundles:\n  a.stub: sha256:12\n", "parley.lock:2:11: expected sha256: and 64"},
        {"bundle: {}\n", "parley.lock:1:1: unknown key 'bundle', did you mean 'bundles'?"},
        {"bundles: [a]\n", "parley.lock:1:10: expected a mapping"},
    };
    fixture *f = *state;
    write_bundle(f, "a.stub", "web", "TV");
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        assert_int_equal(whole_file_write(path_of(f, "parley.lock"), pl_str_c(cases[i].text), NULL),
                         PL_OK);
        assert_int_equal(read_one(f, path_of(f, "a.stub")), PL_INVALID_ARGUMENT);
        assert_says(f, cases[i].says);
    }
}

/* One of two who pin at once. */
typedef struct pinning {
    fixture *f;
    char path[2 * PATH_MAX];
    pl_code code;
} pinning;

static void *pin_one(void *self) {
    pinning *p = self;
    const char *word = p->path;
    p->code = bundles_lock(&p->f->space, &word, 1, nobody, NULL, NULL);
    return NULL;
}

static void what_two_pin_at_once_is_pinned_both(void **state) {
    enum { ROUNDS = 20 };
    fixture *f = *state;
    pinning first = {.f = f}, second = {.f = f};
    pl_buf text = pl_buf_make(BUNDLE_MAX);
    (void)snprintf(first.path, sizeof first.path, "%s", path_of(f, "a.stub"));
    (void)snprintf(second.path, sizeof second.path, "%s", path_of(f, "b.stub"));
    write_bundle(f, "a.stub", "web", "TV");
    write_bundle(f, "b.stub", "app", "TV");
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t other;
        (void)unlink(path_of(f, "parley.lock"));
        assert_int_equal(pthread_create(&other, NULL, pin_one, &second), 0);
        (void)pin_one(&first);
        (void)pthread_join(other, NULL);
        assert_int_equal(first.code, PL_OK);
        assert_int_equal(second.code, PL_OK);
        pl_buf_clear(&text);
        assert_int_equal(whole_file_read(path_of(f, "parley.lock"), &text, NULL), PL_OK);
        assert_non_null(strstr(text.p, "a.stub"));
        assert_non_null(strstr(text.p, "b.stub"));
    }
    pl_buf_done(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read),
        TEST(a_folder_is_read_as_one_set),
        TEST(a_folder_without_bundles_is_told),
        TEST(a_file_that_says_something_else_than_what_is_pinned_is_refused),
        TEST(what_is_pinned_can_be_pinned_anew_by_no_name),
        TEST(a_url_that_is_not_pinned_is_refused),
        TEST(a_pinned_url_is_read),
        TEST(a_url_whose_content_changed_is_refused_with_both_hashes),
        TEST(what_is_not_there_is_told_with_its_status),
        TEST(a_redirect_is_not_followed),
        TEST(a_url_that_nobody_can_load_is_refused_before_anything_is_asked),
        TEST(a_lock_that_is_wrong_is_told_with_its_place),
        TEST(what_two_pin_at_once_is_pinned_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
