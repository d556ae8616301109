#include "new/names.h"

#include <stdio.h>
#include <string.h>

#include "parley/base/macros.h"
#include "parley/base/str.h"

/* Words that a language or a place keeps for itself. */
static const struct {
    const char *why;
    const char *const *words;
} reserved[] = {
    {"the file of that name has another meaning in a service",
     (const char *const[]){"api", "main", "migrations", "policies", "store", "tests", NULL}},
    {"it is the name of a table of lib/event",
     (const char *const[]){"attempt", "attempts", "cursor", "lease", "outbox", "parked", NULL}},
    {"it is a header of C or POSIX, which would no longer be found",
     (const char *const[]){"assert",  "complex", "ctype",  "dirent",  "endian", "errno",   "error",
                           "fcntl",   "fenv",    "float",  "glob",    "iconv",  "limits",  "link",
                           "locale",  "malloc",  "math",   "memory",  "poll",   "pthread", "regex",
                           "resolv",  "sched",   "search", "signal",  "spawn",  "stdio",   "string",
                           "strings", "syslog",  "tar",    "threads", "time",   "utime",   "values",
                           "wait",    NULL}},
    {"it is a word of C, C++ or SQL",
     (const char *const[]){
         "all",        "and",      "any",       "array",    "as",        "asm",    "auto",
         "bool",       "break",    "case",      "catch",    "char",      "check",  "class",
         "column",     "const",    "continue",  "default",  "delete",    "do",     "double",
         "else",       "enum",     "explicit",  "export",   "extern",    "false",  "for",
         "friend",     "from",     "goto",      "grant",    "group",     "having", "if",
         "in",         "inline",   "int",       "into",     "is",        "like",   "limit",
         "long",       "mutable",  "namespace", "new",      "not",       "null",   "offset",
         "on",         "operator", "or",        "private",  "protected", "public", "reference",
         "references", "register", "return",    "select",   "short",     "signed", "sizeof",
         "static",     "struct",   "switch",    "table",    "template",  "this",   "throw",
         "true",       "try",      "typedef",   "typename", "union",     "unique", "unsigned",
         "user",       "using",    "virtual",   "void",     "volatile",  "where",  "while",
         "with",       NULL}},
    {"it is a package or program of Parley's own",
     (const char *const[]){"gateway", "google", "grpc", "parley", "pl", "postgres", "redis", NULL}},
};

static const char *why_reserved(const char *name) {
    for (size_t i = 0; i < PL_COUNT(reserved); i++) {
        for (const char *const *word = reserved[i].words; *word; word++) {
            if (strcmp(*word, name) == 0)
                return reserved[i].why;
        }
    }
    return NULL;
}

pl_code names_check(const char *what, const char *name, pl_error *err) {
    size_t length = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
    if (length == 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "a %s has a name", what);
    if (name[0] < 'a' || name[0] > 'z' || good != length)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s '%.*s': expected lower-case letters and digits, a letter first%s",
                            what, PL_FMT(pl_utf8_cut(pl_str_c(name), 64)),
                            strchr("-_", name[good]) && name[good]
                                ? "; write the words together: it becomes a Protobuf package"
                                : "");
    if (length < 2 || length > NAMES_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s '%.*s': expected 2 to %d characters, got %zu", what,
                            PL_FMT(pl_utf8_cut(pl_str_c(name), 64)), NAMES_MAX, length);
    const char *why = why_reserved(name);
    if (why)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s '%s': %s; choose another name", what,
                            name, why);
    return PL_OK;
}

static bool ends(const char *word, const char *end) {
    return pl_str_ends(pl_str_c(word), pl_str_c(end));
}

static bool is_vowel(char c) {
    return strchr("aeiou", c) != NULL;
}

/* deliveries -> delivery, orders -> order; status, class and chess are one already. */
static bool is_plural(const char *word) {
    return strlen(word) > 3 && ends(word, "s") && !ends(word, "ss") && !ends(word, "us") &&
           !ends(word, "is");
}

/* Ends in a hiss, to which -es is added: boxes, classes, branches. */
static bool hisses(const char *word) {
    return ends(word, "s") || ends(word, "x") || ends(word, "ch") || ends(word, "sh");
}

void names_of_things(const char *word, char thing[NAMES_SIZE], char things[NAMES_SIZE]) {
    int n = (int)strlen(word);
    if (is_plural(word)) {
        bool ies = ends(word, "ies");
        bool es = ends(word, "sses") || ends(word, "xes") || ends(word, "ches") ||
                  ends(word, "shes");
        (void)snprintf(things, NAMES_SIZE, "%s", word);
        (void)snprintf(thing, NAMES_SIZE, "%.*s%s",
                       n - (ies  ? 3
                            : es ? 2
                                 : 1),
                       word, ies ? "y" : "");
        return;
    }
    bool y = ends(word, "y") && n > 1 && !is_vowel(word[n - 2]);
    (void)snprintf(thing, NAMES_SIZE, "%s", word);
    (void)snprintf(things, NAMES_SIZE, "%.*s%s", y ? n - 1 : n, word,
                   y              ? "ies"
                   : hisses(word) ? "es"
                                  : "s");
}
