#include "names.h"

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
static char to_upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
static char to_lower(char c) {
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}
static bool is_word(char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

const char *pl_name_flat(pl_arena *arena, const char *name) {
    char *out = pl_arena_strdup(arena, name);
    for (char *p = out; p && *p; p++)
        if (!is_word(*p))
            *p = '_';
    return out;
}

/* Words of camel case with "_" between; an acronym is one word, its last letter begins
 * the next one: GetHTTPUrl is get_http_url. */
static char *words(pl_arena *arena, const char *name, char (*fold)(char)) {
    size_t n = strlen(name), k = 0;
    char *out = pl_arena_alloc(arena, 2 * n + 1);
    if (!out)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        bool starts = i > 0 && is_upper(name[i]) && name[i - 1] != '_' &&
                      (!is_upper(name[i - 1]) ||
                       (name[i + 1] && !is_upper(name[i + 1]) && name[i + 1] != '_'));
        if (starts)
            out[k++] = '_';
        out[k++] = fold(name[i]);
    }
    out[k] = '\0';
    return out;
}

const char *pl_name_snake(pl_arena *arena, const char *name) {
    return words(arena, name, to_lower);
}

const char *pl_name_upper(pl_arena *arena, const char *name) {
    return words(arena, name, to_upper);
}

const char *pl_name_guard(pl_arena *arena, const char *base) {
    char *out = pl_arena_printf(arena, "%s_PARLEY_H", base);
    for (char *p = out; p && *p; p++)
        *p = is_word(*p) ? to_upper(*p) : '_';
    return out;
}

const char *pl_name_pbc_type(pl_arena *arena, const char *full) {
    char *out = pl_arena_alloc(arena, 2 * strlen(full) + 1);
    bool next_upper = true;
    size_t k = 0;
    if (!out)
        return NULL;
    for (const char *p = full; *p; p++) {
        if (*p == '.') {
            out[k++] = '_';
            out[k++] = '_';
            next_upper = true;
        } else if (*p == '_') {
            next_upper = true;
        } else {
            out[k++] = next_upper ? to_upper(*p) : *p;
            next_upper = false;
        }
    }
    out[k] = '\0';
    return out;
}

/* protoc-gen-c's CamelToLower and CamelToUpper on each part of a dotted name: unlike ours
 * they see an acronym and the word after it as one. */
static char *pbc_words(pl_arena *arena, const char *full, char (*fold)(char)) {
    char *out = pl_arena_alloc(arena, 2 * strlen(full) + 1);
    bool was_upper = true;
    size_t k = 0;
    if (!out)
        return NULL;
    for (const char *p = full; *p; p++) {
        if (*p == '.') {
            out[k++] = '_';
            out[k++] = '_';
            was_upper = true;
            continue;
        }
        if (is_upper(*p) && !was_upper)
            out[k++] = '_';
        out[k++] = fold(*p);
        was_upper = is_upper(*p);
    }
    out[k] = '\0';
    return out;
}

const char *pl_name_pbc_lower(pl_arena *arena, const char *full) {
    return pbc_words(arena, full, to_lower);
}

const char *pl_name_pbc_upper(pl_arena *arena, const char *full) {
    return pbc_words(arena, full, to_upper);
}

const char *pl_name_pbc_oneof(pl_arena *arena, const char *oneof) {
    return pbc_words(arena, oneof, to_lower);
}

const char *pl_name_pbc_case(pl_arena *arena, const char *message_upper, const char *oneof,
                             const char *field) {
    const char *o = pbc_words(arena, oneof, to_upper);
    const char *f = pbc_words(arena, field, to_upper);
    return o && f ? pl_arena_printf(arena, "%s__%s_%s", message_upper, o, f) : NULL;
}

/* The keywords after which protoc-gen-c puts "_". */
static const char *const KEYWORDS[] = {
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "compl",
    "const",
    "const_cast",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "not",
    "not_eq",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

/* Words and macros that it leaves alone, and the types of members, which C++ wants to stay types.
 */
static const char *const UNSAFE[] = {"alignas",
                                     "alignof",
                                     "char16_t",
                                     "char32_t",
                                     "constexpr",
                                     "decltype",
                                     "errno",
                                     "export",
                                     "int32_t",
                                     "int64_t",
                                     "noexcept",
                                     "nullptr",
                                     "protobuf_c_boolean",
                                     "restrict",
                                     "size_t",
                                     "static_assert",
                                     "thread_local",
                                     "typeof",
                                     "uint32_t",
                                     "uint64_t"};
/* Macros that members of structs are safe from, other names not. */
static const char *const MACROS[] = {"BUFSIZ",   "EOF",     "FILE",   "I",        "NULL",
                                     "RAND_MAX", "assert",  "linux",  "offsetof", "unix",
                                     "va_arg",   "va_copy", "va_end", "va_start"};

static bool is_among(const char *name, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    return false;
}

bool pl_name_is_unsafe(const char *member) {
    return is_among(member, UNSAFE, PL_COUNT(UNSAFE));
}

bool pl_name_is_word(const char *name) {
    return is_among(name, KEYWORDS, PL_COUNT(KEYWORDS)) || pl_name_is_unsafe(name) ||
           is_among(name, MACROS, PL_COUNT(MACROS));
}

const char *pl_name_op(pl_arena *arena, const char *snake) {
    return pl_arena_printf(arena, "%s%s", snake, pl_name_is_word(snake) ? "_" : "");
}

const char *pl_name_function(pl_arena *arena, const char *service, const char *snake) {
    static const char *const TAKEN[] = {"bind", "client", "desc", "mock", "ops"};
    return pl_arena_printf(arena, "%s_%s%s", service, snake,
                           is_among(snake, TAKEN, PL_COUNT(TAKEN)) ? "_" : "");
}

const char *pl_name_pbc_member(pl_arena *arena, const char *field) {
    char *out = pl_arena_printf(arena, "%s_", field);
    if (!out)
        return NULL;
    size_t n = strlen(field);
    for (size_t i = 0; i < n; i++)
        out[i] = to_lower(out[i]);
    out[n] = '\0';
    if (is_among(out, KEYWORDS, PL_COUNT(KEYWORDS)))
        out[n] = '_';
    return out;
}
