/* Contracts from YAML. */
#include "import/scc.h"
#include "parley/yaml/yaml.h"

static scc_at at_of(const pl_yaml_node *n) {
    scc_at at = {pl_yaml_line(n), pl_yaml_column(n)};
    return at;
}

static void left_out(scc_source *s, const pl_yaml_node *key, const char *why) {
    scc_finding(s, at_of(key), PL_FINDING_WARNING, "NOT_CARRIED", "%.64s is left out%s",
                pl_yaml_text(key).p, why);
}

static bool is_mapping(scc_source *s, const pl_yaml_node *n) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(n) == PL_YAML_MAPPING)
        return true;
    scc_finding(s, at_of(n), PL_FINDING_ERROR, "SYNTAX", "expected a mapping, got %s",
                pl_yaml_describe(n, got));
    return false;
}

static bool is_number(pl_str text) {
    size_t digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!strchr("0123456789.-+eE", text.p[i]))
            return false;
        digits += text.p[i] >= '0' && text.p[i] <= '9';
    }
    return digits > 0;
}

static scc_kind scalar_kind(const pl_yaml_node *n) {
    pl_str text = pl_yaml_text(n);
    if (pl_yaml_is_null(n))
        return SCC_NULL;
    if (pl_yaml_style_of(n) != PL_YAML_PLAIN)
        return SCC_TEXT;
    if (pl_str_eqc(text, "true") || pl_str_eqc(text, "false"))
        return SCC_BOOL;
    return is_number(text) ? SCC_NUMBER : SCC_TEXT;
}

static scc_value *value_of(scc_source *s, const pl_yaml_node *n) {
    if (pl_yaml_kind_of(n) == PL_YAML_SCALAR) {
        pl_str text = pl_yaml_text(n);
        if (strstr(text.p, "{{{")) {
            scc_finding(s, at_of(n), PL_FINDING_WARNING, "DYNAMIC",
                        "'%.64s' is left out: it would have to be computed from the request",
                        text.p);
            return scc_value_new(s, SCC_UNKNOWN, at_of(n), text);
        }
        return scc_value_new(s, scalar_kind(n), at_of(n), text);
    }
    bool map = pl_yaml_kind_of(n) == PL_YAML_MAPPING;
    scc_value *value = scc_value_new(s, map ? SCC_MAP : SCC_LIST, at_of(n), pl_str_c(""));
    for (size_t i = 0; value && i < pl_yaml_count(n); i++) {
        scc_value *child = value_of(s, pl_yaml_at(n, i));
        if (child && map) {
            child->key = scc_copy(s, pl_yaml_text(pl_yaml_key_at(n, i)));
            child->key_at = at_of(pl_yaml_key_at(n, i));
        }
        scc_value_add(value, child);
    }
    return value;
}

/* ---- matchers -------------------------------------------------------------------------------- */

static bool read_count(const pl_yaml_node *n, const char *key, uint32_t *out) {
    const pl_yaml_node *value = pl_yaml_find(n, key);
    int64_t number;
    if (!value || pl_yaml_get_i64(value, 0, INT32_MAX, &number, NULL) != PL_OK)
        return false;
    *out = (uint32_t)number;
    return true;
}

static scc_matcher *regex_of(scc_source *s, const pl_yaml_node *n, const pl_yaml_node *regex,
                             const pl_yaml_node *predefined) {
    scc_matcher *m = scc_matcher_new(s, SCC_REGEX, at_of(n));
    if (m && predefined && (m->known = scc_pattern_find(pl_yaml_text(predefined)))) {
        m->regex = pl_str_c(m->known->regex);
    } else if (m && regex) {
        m->regex = scc_copy(s, pl_yaml_text(regex));
    } else {
        scc_finding(s, at_of(predefined ? predefined : n), PL_FINDING_WARNING, "NOT_CARRIED",
                    "the matcher is left out: %s",
                    predefined ? "no such predefined pattern is known here" : "it has no pattern");
        return NULL;
    }
    return m;
}

static scc_matcher *matcher_of(scc_source *s, const pl_yaml_node *n) {
    const pl_yaml_node *type = pl_yaml_find(n, "type"), *value = pl_yaml_find(n, "value");
    pl_str name = type ? pl_yaml_text(type) : pl_str_c("");
    const scc_pattern *known = scc_pattern_find(name); /* by_date and the like */
    scc_matcher *m = NULL;
    if (pl_str_eqc(name, "by_regex"))
        return regex_of(s, n, value, pl_yaml_find(n, "predefined"));
    if (known)
        return regex_of(s, n, NULL, type);
    if (pl_str_eqc(name, "by_equality")) {
        m = scc_matcher_new(s, SCC_EQUAL, at_of(n));
    } else if (pl_str_eqc(name, "by_null")) {
        m = scc_matcher_new(s, SCC_NOTHING, at_of(n));
    } else if (pl_str_eqc(name, "by_command")) {
        m = scc_matcher_new(s, SCC_COMMAND, at_of(n));
    } else if (pl_str_eqc(name, "by_type")) {
        m = scc_matcher_new(s, SCC_TYPE, at_of(n));
        if (m) {
            m->has_min = read_count(n, "minOccurrence", &m->min);
            m->has_max = read_count(n, "maxOccurrence", &m->max);
        }
    } else {
        scc_finding(s, at_of(type ? type : n), PL_FINDING_WARNING, "NOT_CARRIED",
                    "the matcher is left out: its type is not known here");
    }
    return m;
}

static void read_body_matchers(scc_source *s, const pl_yaml_node *list, scc_value *body) {
    for (size_t i = 0; i < pl_yaml_count(list); i++) {
        const pl_yaml_node *one = pl_yaml_at(list, i), *path = pl_yaml_find(one, "path");
        if (path)
            scc_apply(s, body, pl_yaml_text(path), at_of(path), matcher_of(s, one));
        else
            scc_finding(s, at_of(one), PL_FINDING_WARNING, "NOT_CARRIED",
                        "the matcher is left out: it has no path");
    }
}

/* Of headers and query parameters: { key, regex | predefined }. */
static void read_entry_matchers(scc_source *s, const pl_yaml_node *list, scc_value *entries) {
    for (size_t i = 0; i < pl_yaml_count(list); i++) {
        const pl_yaml_node *one = pl_yaml_at(list, i), *key = pl_yaml_find(one, "key");
        const pl_yaml_node *regex = pl_yaml_find(one, "regex"), *type = pl_yaml_find(one, "type");
        scc_value *entry = key ? scc_value_find(entries, pl_yaml_text(key).p) : NULL;
        if (type && pl_str_eqc(pl_yaml_text(type), "matching"))
            regex = pl_yaml_find(one, "value");
        if (type && pl_str_eqc(pl_yaml_text(type), "equal_to"))
            continue;
        const pl_yaml_node *predefined = pl_yaml_find(one, "predefined");
        if (entry && (regex || predefined))
            entry->matcher = regex_of(s, one, regex, predefined);
        else
            scc_finding(s, at_of(one), PL_FINDING_WARNING, "NOT_CARRIED",
                        "the matcher is left out: %s",
                        entry ? "neither a pattern nor equal_to" : "nothing has its key");
    }
}

static void read_matchers(scc_source *s, const pl_yaml_node *matchers, scc_part *part) {
    if (!is_mapping(s, matchers))
        return;
    for (size_t i = 0; i < pl_yaml_count(matchers); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(matchers, i), *value = pl_yaml_at(matchers, i);
        if (pl_str_eqc(pl_yaml_text(key), "body"))
            read_body_matchers(s, value, part->body);
        else if (pl_str_eqc(pl_yaml_text(key), "headers"))
            read_entry_matchers(s, value, part->headers);
        else if (pl_str_eqc(pl_yaml_text(key), "queryParameters"))
            read_entry_matchers(s, value, part->query);
        else if (pl_str_eqc(pl_yaml_text(key), "url") && part->url)
            part->url->matcher = regex_of(s, value, pl_yaml_find(value, "regex"),
                                          pl_yaml_find(value, "predefined"));
        else
            left_out(s, key, "");
    }
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void read_part(scc_source *s, const pl_yaml_node *node, scc_part *part) {
    const struct {
        const char *key;
        scc_value **to;
    } keys[] = {{"method", &part->method},   {"url", &part->url},
                {"urlPath", &part->url},     {"queryParameters", &part->query},
                {"status", &part->status},   {"sentTo", &part->sent_to},
                {"headers", &part->headers}, {"body", &part->body}};
    part->present = true;
    part->at = at_of(node);
    if (!is_mapping(s, node))
        return;
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i), *value = pl_yaml_at(node, i);
        bool known = pl_str_eqc(pl_yaml_text(key), "matchers");
        for (size_t k = 0; k < PL_COUNT(keys); k++) {
            if (!pl_str_eqc(pl_yaml_text(key), keys[k].key))
                continue;
            *keys[k].to = value_of(s, value);
            known = true;
        }
        if (!known)
            left_out(s, key, "");
    }
    if (part->body && part->body->kind == SCC_TEXT) {
        scc_value *json = scc_json(s, part->body->text, part->body->at);
        if (!json)
            scc_finding(s, part->body->at, PL_FINDING_WARNING, "NOT_CARRIED",
                        "the body is left out: it is no JSON");
        part->body = json;
    }
    const pl_yaml_node *matchers = pl_yaml_find(node, "matchers");
    if (matchers)
        read_matchers(s, matchers, part);
}

static void read_input(scc_source *s, const pl_yaml_node *node, scc_contract *c) {
    if (!is_mapping(s, node))
        return;
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i);
        pl_str text = pl_yaml_text(pl_yaml_at(node, i));
        if (pl_str_eqc(pl_yaml_text(key), "triggeredBy"))
            c->triggered_by = scc_copy(s, pl_str_make(text.p, pl_str_index(text, '(')));
        else
            left_out(s, key, "");
    }
}

static bool read_flag(const pl_yaml_node *value) {
    bool flag = false;
    return pl_yaml_get_bool(value, &flag, NULL) == PL_OK && flag;
}

static void read_key(scc_source *s, const pl_yaml_node *key, const pl_yaml_node *value,
                     scc_contract *c) {
    const struct {
        const char *key;
        pl_str *to;
    } words[] = {{"name", &c->name}, {"description", &c->description}, {"label", &c->label}};
    const struct {
        const char *key;
        scc_part *to;
    } parts[] = {
        {"request", &c->request}, {"response", &c->response}, {"outputMessage", &c->output}};
    pl_str name = pl_yaml_text(key);
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        if (pl_str_eqc(name, words[i].key)) {
            *words[i].to = scc_copy(s, pl_yaml_text(value));
            return;
        }
    }
    for (size_t i = 0; i < PL_COUNT(parts); i++) {
        if (pl_str_eqc(name, parts[i].key)) {
            read_part(s, value, parts[i].to);
            return;
        }
    }
    if (pl_str_eqc(name, "ignored"))
        c->ignored = read_flag(value);
    else if (pl_str_eqc(name, "inProgress"))
        c->in_progress = read_flag(value);
    else if (pl_str_eqc(name, "input"))
        read_input(s, value, c);
    else if (pl_str_eqc(name, "priority") &&
             pl_yaml_get_i64(value, 0, UINT32_MAX, &c->priority, NULL) == PL_OK)
        c->priority_at = at_of(key);
    else
        left_out(s, key, "");
}

static void read_contract(scc_source *s, const pl_yaml_node *root) {
    scc_at at = at_of(root);
    if (pl_yaml_kind_of(root) != PL_YAML_MAPPING) {
        if (!pl_yaml_is_null(root))
            scc_finding(s, at, PL_FINDING_ERROR, "SYNTAX",
                        "expected a contract: a mapping with request: or outputMessage:");
        return;
    }
    scc_contract *c = scc_contract_new(s, at);
    for (size_t i = 0; c && i < pl_yaml_count(root); i++)
        read_key(s, pl_yaml_key_at(root, i), pl_yaml_at(root, i), c);
}

/* ---- documents ------------------------------------------------------------------------------- */

/* One document, whose lines before it are kept empty: positions are those of the file. */
static void read_document(scc_source *s, pl_str text, size_t line) {
    pl_buf padded = pl_buf_make(SCC_FILE_MAX * 2);
    pl_yaml_doc *doc = NULL;
    pl_error err = PL_ERROR_INIT;
    for (size_t i = 1; i < line; i++)
        pl_buf_putc(&padded, '\n');
    pl_buf_str(&padded, text);
    pl_code code = padded.failed
                       ? pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "%s: no memory", s->path)
                       : pl_yaml_parse(pl_buf_view(&padded), s->path, &doc, &err);
    if (code == PL_OK) {
        const pl_yaml_node *root = pl_yaml_root(doc);
        bool list = pl_yaml_kind_of(root) == PL_YAML_SEQUENCE;
        for (size_t i = 0; i < (list ? pl_yaml_count(root) : 1); i++)
            read_contract(s, list ? pl_yaml_at(root, i) : root);
    } else {
        pl_findings_error(s->findings, s->path, "SYNTAX", &err, s->text);
    }
    pl_yaml_free(doc);
    pl_buf_done(&padded);
}

void scc_read_yaml(scc_source *s) {
    pl_str rest = s->text, line;
    size_t number = 0, first = 1;
    const char *from = s->text.p;
    while (pl_str_split(&rest, '\n', &line)) {
        number++;
        if (!pl_str_eqc(pl_str_trim(line), "---") || line.p[0] != '-')
            continue;
        read_document(s, pl_str_make(from, (size_t)(line.p - from)), first);
        from = line.p + line.n;
        first = number;
    }
    read_document(s, pl_str_make(from, (size_t)(s->text.p + s->text.n - from)), first);
}
