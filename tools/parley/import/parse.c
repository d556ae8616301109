/* Groovy's statements, by recursive descent. */
#include "import/groovy.h"

typedef struct parser {
    scc_source *s;
    lexer lexer;
    token now, next;
    bool failed; /* in this statement */
    int depth;
} parser;

static void advance(parser *p) {
    p->now = p->next;
    if (p->now.kind != TOKEN_END && p->now.kind != TOKEN_WRONG)
        p->next = lexer_next(&p->lexer);
}

static bool is_sign(const token *t, char c) {
    return t->kind == TOKEN_SIGN && t->text.n == 1 && t->text.p[0] == c;
}

static bool is_name(const token *t, const char *name) {
    return t->kind == TOKEN_NAME && pl_str_eqc(t->text, name);
}

/* The end of a statement, as far as it shows. */
static bool ends(const parser *p) {
    return p->now.new_line || p->now.kind == TOKEN_END || p->now.kind == TOKEN_WRONG ||
           is_sign(&p->now, ';') || is_sign(&p->now, '}');
}

static void fail(parser *p, const char *expected) {
    if (!p->failed && !p->s->full) {
        bool wrong = p->now.kind == TOKEN_WRONG;
        scc_finding(p->s, p->now.at, PL_FINDING_ERROR, "SYNTAX",
                    wrong ? "%.64s" : "expected %s, got '%.64s'", wrong ? p->now.text.p : expected,
                    p->now.text.p);
    }
    p->failed = true;
}

static bool take(parser *p, char c) {
    if (!is_sign(&p->now, c))
        return false;
    advance(p);
    return true;
}

static node *make(parser *p, node_kind kind, const token *t) {
    node *n = PL_ARENA_NEW(&p->s->arena, node);
    if (!n) {
        p->s->full = p->failed = true;
        return NULL;
    }
    n->kind = kind;
    n->at = t->at;
    n->text_at = t->text_at;
    n->text = t->text;
    return n;
}

static void add(node ***end, node *n) {
    if (!n)
        return;
    **end = n;
    *end = &n->next;
}

static node *expression(parser *p);
static node *statements(parser *p, char close);

/* Entries until CLOSE: values, or KEY: VALUE. */
static node *entries(parser *p, char close) {
    node *first = NULL, **end = &first;
    while (!p->failed && !is_sign(&p->now, close)) {
        node *value = expression(p), *key = NULL;
        if (value && take(p, ':')) {
            key = value;
            value = expression(p);
        }
        if (value)
            value->key = key;
        add(&end, value);
        if (!take(p, ',') && !is_sign(&p->now, close))
            fail(p, close == ')' ? "',' or ')'" : "',' or ']'");
    }
    if (!p->failed)
        advance(p);
    return first;
}

/* "[1, 2]", "[a: 1]", "[]", "[:]", behind the bracket. */
static node *list(parser *p, const token *at) {
    node *n = make(p, NODE_LIST, at);
    if (!n)
        return NULL;
    if (is_sign(&p->now, ':') && is_sign(&p->next, ']')) {
        advance(p);
        advance(p);
        n->kind = NODE_MAP;
        return n;
    }
    n->items = entries(p, ']');
    if (n->items && n->items->key)
        n->kind = NODE_MAP;
    return n;
}

static node *literal(parser *p, const token *t) {
    static const struct {
        const char *name;
        node_kind kind;
    } words[] = {{"true", NODE_BOOL}, {"false", NODE_BOOL}, {"null", NODE_NULL}};
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        if (is_name(t, words[i].name))
            return make(p, words[i].kind, t);
    }
    if (t->kind == TOKEN_NUMBER)
        return make(p, NODE_NUMBER, t);
    if (t->kind == TOKEN_TEXT)
        return make(p, NODE_TEXT, t);
    node *n = make(p, NODE_DYNAMIC, t);
    if (n)
        n->text = pl_str_c("a text with ${...} in it");
    return n;
}

static node *dynamic(parser *p, const token *t, const char *what) {
    node *n = make(p, NODE_DYNAMIC, t);
    if (n)
        n->text = pl_str_c(what);
    return n;
}

/* "-1" and "~/pattern/". */
static node *prefixed(parser *p, const token *t) {
    node *n = expression(p);
    if (!n || is_sign(t, '!'))
        return dynamic(p, t, "a computed value");
    if (is_sign(t, '~') && n->kind == NODE_TEXT) {
        node *call = make(p, NODE_CALL, t);
        if (call) {
            call->text = pl_str_c("regex");
            call->items = n;
        }
        return call;
    }
    char *text = pl_arena_printf(&p->s->arena, "-%s", n->text.p);
    if (n->kind != NODE_NUMBER || !text)
        return dynamic(p, t, "a computed value");
    n->text = pl_str_c(text);
    n->at = t->at;
    return n;
}

static node *primary(parser *p) {
    token t = p->now;
    node *n = NULL;
    if (t.kind == TOKEN_END || t.kind == TOKEN_WRONG) {
        fail(p, "a value");
        return NULL;
    }
    if (t.kind == TOKEN_NAME && !is_name(&t, "true") && !is_name(&t, "false") &&
        !is_name(&t, "null")) {
        advance(p);
        n = make(p, NODE_CALL, &t);
    } else if (t.kind != TOKEN_SIGN) {
        advance(p);
        n = literal(p, &t);
    } else if (take(p, '[')) {
        n = list(p, &t);
    } else if (take(p, '(')) {
        n = expression(p);
        if (!p->failed && !take(p, ')'))
            fail(p, "')'");
    } else if (take(p, '-') || take(p, '~') || take(p, '!')) {
        n = prefixed(p, &t);
    } else if (take(p, '{')) {
        (void)statements(p, '}');
        n = dynamic(p, &t, "a closure");
    } else {
        fail(p, "a value");
    }
    return n;
}

static void closure(parser *p, node *call) {
    call->closure = true;
    call->body = statements(p, '}');
}

/* Arguments, closures and methods behind a value. */
static node *postfix(parser *p, node *n) {
    while (n && !p->failed) {
        bool call = n->kind == NODE_CALL;
        if (call && is_sign(&p->now, '(') && !p->now.new_line && !p->now.space) {
            advance(p);
            n->items = entries(p, ')');
        } else if (call && is_sign(&p->now, '{') && !p->now.new_line) {
            advance(p);
            closure(p, n);
        } else if (is_sign(&p->now, '.') && p->next.kind == TOKEN_NAME) {
            advance(p);
            node *method = make(p, NODE_CALL, &p->now);
            advance(p);
            if (method)
                method->on = n;
            n = method;
        } else if (is_sign(&p->now, '[') && !p->now.space) {
            token t = p->now;
            advance(p);
            (void)entries(p, ']');
            n = dynamic(p, &t, "an element of something");
        } else {
            return n;
        }
    }
    return n;
}

/* 'a' + 'b' of texts is one text. */
static node *joined(parser *p, node *left, const node *right, const token *sign) {
    if (!left || !right || left->kind != NODE_TEXT || right->kind != NODE_TEXT ||
        !is_sign(sign, '+'))
        return dynamic(p, sign, "a computed value");
    char *text = pl_arena_printf(&p->s->arena, "%s%s", left->text.p, right->text.p);
    if (text)
        left->text = pl_str_c(text);
    else
        p->s->full = true;
    return left;
}

static bool is_operator(const parser *p) {
    const token *t = &p->now;
    bool range = is_sign(t, '.') && is_sign(&p->next, '.');
    return range ||
           (t->kind == TOKEN_SIGN && t->text.p[0] && strchr("+-*/%<>=?&|^!", t->text.p[0]));
}

static node *expression(parser *p) {
    node *n = NULL;
    if (++p->depth > SCC_DEPTH_MAX)
        fail(p, "less within one another");
    else
        n = postfix(p, primary(p));
    while (n && !p->failed && is_operator(p) && !p->now.new_line) {
        token sign = p->now;
        while (is_operator(p) || is_sign(&p->now, '.'))
            advance(p);
        n = joined(p, n, postfix(p, primary(p)), &sign);
    }
    p->depth--;
    return n;
}

/* What a statement has without brackets: `status 200`, `header 'a': 'b'`. */
static void command(parser *p, node *call) {
    node **end = &call->items;
    do {
        node *value = expression(p);
        if (value && take(p, ':')) {
            node *key = value;
            value = expression(p);
            if (value)
                value->key = key;
        }
        add(&end, value);
    } while (!p->failed && take(p, ','));
    if (!p->failed && is_sign(&p->now, '{') && !p->now.new_line) {
        advance(p);
        closure(p, call);
    }
}

/* Beyond what is wrong: to the next statement, or the end of the closure that it is in. */
static void recover(parser *p, scc_at start) {
    bool first = p->now.at.line == start.line && p->now.at.column == start.column;
    int depth = 0;
    for (;; first = false) {
        if (p->now.kind == TOKEN_END || p->now.kind == TOKEN_WRONG)
            return;
        if (depth == 0 &&
            (is_sign(&p->now, '}') || is_sign(&p->now, ';') || (p->now.new_line && !first)))
            break;
        if (p->now.kind == TOKEN_SIGN && strchr("([{", p->now.text.p[0]))
            depth++;
        if (p->now.kind == TOKEN_SIGN && strchr(")]}", p->now.text.p[0]) && depth > 0)
            depth--;
        advance(p);
    }
    p->failed = p->s->full;
}

static node *statement(parser *p) {
    static const char *const code[] = {"def", "class", "if",  "for", "while",  "return",
                                       "new", "final", "try", "int", "static", "switch"};
    for (size_t i = 0; i < PL_COUNT(code); i++) {
        if (!is_name(&p->now, code[i]) || is_sign(&p->next, '('))
            continue;
        token t = p->now;
        advance(p);
        p->failed = true;
        return dynamic(p, &t, "code");
    }
    token first = p->now;
    node *n = expression(p);
    if (!n || p->failed || ends(p))
        return n;
    bool bare = n->kind == NODE_CALL && !n->items && !n->closure;
    if (bare && take(p, '(')) {
        n->items = entries(p, ')');
        n = postfix(p, n);
    } else if (bare && !is_operator(p)) {
        command(p, n);
    }
    if (!p->failed && !ends(p)) {
        p->failed = true;
        return dynamic(p, &first, "code");
    }
    return n;
}

static bool skip_head(parser *p) {
    bool head = is_name(&p->now, "package") || is_name(&p->now, "import") || is_sign(&p->now, '@');
    if (head) {
        advance(p);
        while (!ends(p))
            advance(p);
    }
    return head;
}

/* Until CLOSE, or where it is '\0' until the end of the file. */
static node *statements(parser *p, char close) {
    node *first = NULL, **end = &first;
    if (++p->depth > SCC_DEPTH_MAX)
        fail(p, "less within one another");
    while (!p->failed) {
        while (take(p, ';'))
            continue;
        if (close && take(p, close))
            break;
        if (!close && p->now.kind == TOKEN_END)
            break;
        if (p->now.kind == TOKEN_END || p->now.kind == TOKEN_WRONG) {
            fail(p, close ? "'}'" : "a contract");
            break;
        }
        if (!close && skip_head(p))
            continue;
        scc_at start = p->now.at;
        add(&end, statement(p));
        if (p->failed && !p->s->full)
            recover(p, start);
        if (!close && is_sign(&p->now, '}'))
            fail(p, "a contract");
    }
    p->depth--;
    return first;
}

const node *groovy_parse(scc_source *s) {
    parser p = {.s = s, .lexer = {.s = s, .place = {1, 1}}};
    p.now = lexer_next(&p.lexer);
    p.next = p.now.kind == TOKEN_END || p.now.kind == TOKEN_WRONG ? p.now : lexer_next(&p.lexer);
    return statements(&p, '\0');
}
