#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "parley/base/arena.h"
#include "parley/base/macros.h"

#define DOMAIN "redis"
/* Bytes of a server's message that go into ours. */
#define MESSAGE_MAX 300

struct pl_redis_reply {
    pl_redis_type type;
    int64_t integer;
    pl_str str;
    size_t count;
    pl_redis_reply **elements;
};

/* The outermost reply carries the memory of all. */
typedef struct reply_root {
    pl_redis_reply reply; /* first: a root is found from its reply */
    pl_arena arena;
} reply_root;

/* ---- building -------------------------------------------------------------------- */

static reply_root *root_of(const redisReadTask *task) {
    while (task->parent)
        task = task->parent;
    return (reply_root *)task->obj;
}

/* A reply at the place TASK says; where it is the outermost its arena comes with it. The node of an
 * inner one is taken from ROOT's arena. */
static pl_redis_reply *node_new(const redisReadTask *task, pl_arena **out_arena) {
    if (!task->parent) {
        const size_t *budget = task->privdata;
        reply_root *root = calloc(1, sizeof *root);
        if (!root)
            return NULL;
        root->arena = pl_arena_make(*budget);
        *out_arena = &root->arena;
        return &root->reply;
    }
    reply_root *root = root_of(task);
    pl_redis_reply *parent = task->parent->obj;
    pl_redis_reply *node = PL_ARENA_NEW(&root->arena, pl_redis_reply);
    if (!node)
        return NULL;
    parent->elements[task->idx] = node;
    *out_arena = &root->arena;
    return node;
}

/* Undoes node_new of an outermost reply; an inner one goes with its root. */
static void *give_up(const redisReadTask *task, pl_redis_reply *node) {
    if (!task->parent)
        pl_redis_reply_free(node);
    return NULL;
}

static void *create_string(const redisReadTask *task, char *text, size_t size) {
    pl_arena *arena;
    pl_redis_reply *node = node_new(task, &arena);
    if (!node)
        return NULL;
    char *copy = pl_arena_strndup(arena, text, size);
    if (!copy)
        return give_up(task, node);
    node->str = pl_str_make(copy, size);
    node->type = task->type == REDIS_REPLY_ERROR    ? PL_REDIS_ERROR
                 : task->type == REDIS_REPLY_STATUS ? PL_REDIS_STATUS
                                                    : PL_REDIS_STRING;
    return node;
}

static void *create_array(const redisReadTask *task, int count) {
    pl_arena *arena;
    pl_redis_reply *node = node_new(task, &arena);
    if (!node)
        return NULL;
    node->type = PL_REDIS_ARRAY;
    node->elements = pl_arena_calloc(arena, (size_t)count, sizeof(pl_redis_reply *));
    if (!node->elements)
        return give_up(task, node);
    node->count = (size_t)count;
    return node;
}

static void *create_integer(const redisReadTask *task, long long value) {
    pl_arena *arena;
    pl_redis_reply *node = node_new(task, &arena);
    if (!node)
        return NULL;
    node->type = PL_REDIS_INTEGER;
    node->integer = value;
    return node;
}

static void *create_nil(const redisReadTask *task) {
    pl_arena *arena;
    return node_new(task, &arena);
}

static void free_object(void *reply) {
    pl_redis_reply_free(reply);
}

redisReplyObjectFunctions redis_reply_functions = {
    .createString = create_string,
    .createArray = create_array,
    .createInteger = create_integer,
    .createNil = create_nil,
    .freeObject = free_object,
};

/* ---- reading --------------------------------------------------------------------- */

void pl_redis_reply_free(pl_redis_reply *reply) {
    if (!reply)
        return;
    reply_root *root = PL_CONTAINER_OF(reply, reply_root, reply);
    pl_arena_done(&root->arena);
    free(root);
}

pl_redis_type pl_redis_reply_type(const pl_redis_reply *reply) {
    return reply ? reply->type : PL_REDIS_NIL;
}

pl_str pl_redis_reply_str(const pl_redis_reply *reply) {
    return reply && reply->str.p ? reply->str : pl_str_make("", 0);
}

int64_t pl_redis_reply_int(const pl_redis_reply *reply) {
    if (!reply)
        return 0;
    int64_t value;
    if (reply->type == PL_REDIS_STRING)
        return pl_str_i64(reply->str, &value) ? value : 0;
    return reply->integer;
}

size_t pl_redis_reply_count(const pl_redis_reply *reply) {
    return reply ? reply->count : 0;
}

const pl_redis_reply *pl_redis_reply_at(const pl_redis_reply *reply, size_t index) {
    return reply && index < reply->count ? reply->elements[index] : NULL;
}

const pl_redis_reply *pl_redis_reply_find(const pl_redis_reply *reply, const char *name) {
    for (size_t i = 0; i + 1 < pl_redis_reply_count(reply); i += 2) {
        if (pl_str_eqc(pl_redis_reply_str(reply->elements[i]), name))
            return reply->elements[i + 1];
    }
    return NULL;
}

bool pl_redis_info_find(pl_str info, const char *field, pl_str *out_value) {
    pl_str line;
    while (pl_str_split(&info, '\n', &line)) {
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        size_t colon = pl_str_index(line, ':');
        if (colon < line.n && pl_str_eqc(pl_str_make(line.p, colon), field)) {
            *out_value = pl_str_make(line.p + colon + 1, line.n - colon - 1);
            return true;
        }
    }
    return false;
}

/* ---- errors ---------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    pl_code code;
} rules[] = {
    {"ERR no such key", PL_NOT_FOUND},
    {"ERR max number of clients", PL_UNAVAILABLE},
    {"LOADING", PL_UNAVAILABLE},
    {"MISCONF", PL_UNAVAILABLE},
    {"OOM", PL_UNAVAILABLE},
    {"READONLY", PL_UNAVAILABLE},
    {"BUSYGROUP", PL_ALREADY_EXISTS},
    {"BUSYKEY", PL_ALREADY_EXISTS},
    {"BUSY", PL_UNAVAILABLE},
    {"MASTERDOWN", PL_UNAVAILABLE},
    {"NOREPLICAS", PL_UNAVAILABLE},
    {"CLUSTERDOWN", PL_UNAVAILABLE},
    {"TRYAGAIN", PL_UNAVAILABLE},
    {"NOAUTH", PL_PERMISSION_DENIED},
    {"WRONGPASS", PL_PERMISSION_DENIED},
    {"NOPERM", PL_PERMISSION_DENIED},
    {"ERR AUTH", PL_PERMISSION_DENIED},
    {"EXECABORT", PL_ABORTED},
    {"NOSCRIPT", PL_NOT_FOUND},
};

pl_code redis_error_reply(pl_error *err, pl_str text) {
    pl_code code = PL_FAILED_PRECONDITION;
    for (size_t i = 0; i < PL_COUNT(rules); i++) {
        if (pl_str_starts(text, pl_str_c(rules[i].prefix))) {
            code = rules[i].code;
            break;
        }
    }
    char reason[PL_ERROR_REASON_MAX];
    size_t word = pl_str_index(text, ' ');
    word = word < sizeof reason ? word : sizeof reason - 1;
    memcpy(reason, text.p, word);
    reason[word] = 0;
    pl_error_set(err, code, "redis: %.*s", PL_FMT(pl_utf8_cut(text, MESSAGE_MAX)));
    pl_error_info(err, DOMAIN, reason);
    return code;
}

pl_code pl_redis_reply_code(const pl_redis_reply *reply, pl_error *err) {
    if (pl_redis_reply_type(reply) != PL_REDIS_ERROR)
        return PL_OK;
    return redis_error_reply(err, reply->str);
}
