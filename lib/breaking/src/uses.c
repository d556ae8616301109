/* Whether a contract needs what a change takes away: the table of verdicts. Elements are compared
 * by name and number, because contracts and change may come from different pools. */
#include <string.h>

#include "mentions.h"
#include "parley/breaking/impact.h"
#include "reach.h"
#include "refuse.h"
#include "uses.h"

/* What about a contract decides. */
typedef enum about {
    ABOUT_FIELD,       /* it reads or writes the field */
    ABOUT_REQUEST,     /* its request would be refused */
    ABOUT_BOUND,       /* it reads an event that has the message, whose sizes are compiled in */
    ABOUT_VALUE,       /* it sends or accepts the value */
    ABOUT_VALUE_ADDED, /* it accepts some values alone */
    ABOUT_ENUM,        /* it reads or writes a field of the enum */
    ABOUT_MESSAGE,     /* it reads or writes the message */
    ABOUT_METHOD,      /* it calls the method */
    ABOUT_ROUTE,       /* it calls the route */
    ABOUT_SERVICE,     /* it calls the service */
    ABOUT_STREAM,      /* it reads an event of the file */
    ABOUT_FILE,        /* it needs something of the file */
    ABOUT_EVERYTHING   /* no rule's: all that it lists */
} about;

/* Which consumers can be hurt at all. */
typedef enum whom {
    WHOM_ALL,
    WHOM_BY_NAME, /* generated code, or JSON */
    WHOM_BY_CODE, /* generated code */
    WHOM_BY_JSON
} whom;

typedef struct row {
    const char *rule;
    about about;
    whom whom;
} row;

static const row rows[] = {
    {"FIELD_NO_DELETE", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_TYPE", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_CARDINALITY", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_ONEOF", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_DEFAULT", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_UTF8_VALIDATION", ABOUT_FIELD, WHOM_ALL},
    {"FIELD_SAME_NAME", ABOUT_FIELD, WHOM_BY_NAME},
    {"FIELD_SAME_JSON_NAME", ABOUT_FIELD, WHOM_BY_JSON},
    {"FIELD_SAME_JSTYPE", ABOUT_FIELD, WHOM_BY_CODE},
    {"FIELD_SAME_CPP_STRING_TYPE", ABOUT_FIELD, WHOM_BY_CODE},
    {"FIELD_SAME_JAVA_UTF8_VALIDATION", ABOUT_FIELD, WHOM_BY_CODE},
    {"FIELD_LIMIT_NO_TIGHTEN", ABOUT_REQUEST, WHOM_ALL},
    {"FIELD_NO_REQUIRE", ABOUT_REQUEST, WHOM_ALL},
    {"FIELD_LIMIT_NO_WIDEN", ABOUT_BOUND, WHOM_BY_CODE},
    {"EXTENSION_NO_DELETE", ABOUT_FIELD, WHOM_ALL},
    {"EXTENSION_MESSAGE_NO_DELETE", ABOUT_MESSAGE, WHOM_ALL},
    {"MESSAGE_SAME_REQUIRED_FIELDS", ABOUT_MESSAGE, WHOM_ALL},
    {"MESSAGE_NO_DELETE", ABOUT_MESSAGE, WHOM_ALL},
    {"MESSAGE_SAME_EVENT", ABOUT_MESSAGE, WHOM_ALL},
    {"MESSAGE_SAME_JSON_FORMAT", ABOUT_MESSAGE, WHOM_BY_JSON},
    {"MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR", ABOUT_MESSAGE, WHOM_BY_CODE},
    {"ONEOF_NO_DELETE", ABOUT_MESSAGE, WHOM_BY_CODE},
    {"ENUM_NO_DELETE", ABOUT_ENUM, WHOM_ALL},
    {"ENUM_SAME_TYPE", ABOUT_ENUM, WHOM_ALL},
    {"ENUM_SAME_JSON_FORMAT", ABOUT_ENUM, WHOM_BY_JSON},
    {"ENUM_VALUE_NO_DELETE", ABOUT_VALUE, WHOM_ALL},
    {"ENUM_VALUE_SAME_NAME", ABOUT_VALUE, WHOM_BY_NAME},
    {"ENUM_VALUE_SAME_JSON_NAME", ABOUT_VALUE, WHOM_BY_JSON},
    {"ENUM_VALUE_NO_ADD", ABOUT_VALUE_ADDED, WHOM_ALL},
    {"SERVICE_NO_DELETE", ABOUT_SERVICE, WHOM_ALL},
    {"HTTP_ROUTE_NO_DELETE", ABOUT_ROUTE, WHOM_ALL},
    {"HTTP_ROUTE_SAME_BODY", ABOUT_ROUTE, WHOM_ALL},
    {"RPC_NO_DELETE", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_REQUEST_TYPE", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_RESPONSE_TYPE", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_CLIENT_STREAMING", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_SERVER_STREAMING", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_IDEMPOTENCY_LEVEL", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_AUTH", ABOUT_METHOD, WHOM_ALL},
    {"RPC_TIMEOUT_NO_SHORTEN", ABOUT_METHOD, WHOM_ALL},
    {"RPC_SAME_REPEATS", ABOUT_METHOD, WHOM_ALL},
    {"FIELD_DEPRECATED", ABOUT_FIELD, WHOM_ALL},
    {"ENUM_VALUE_DEPRECATED", ABOUT_VALUE, WHOM_ALL},
    {"RPC_DEPRECATED", ABOUT_METHOD, WHOM_ALL},
    {"FILE_SAME_STREAM", ABOUT_STREAM, WHOM_ALL},
    {"FILE_NO_DELETE", ABOUT_FILE, WHOM_ALL},
    {"FILE_SAME_PACKAGE", ABOUT_FILE, WHOM_ALL},
    {"FILE_SAME_SYNTAX", ABOUT_FILE, WHOM_ALL},
};

const char *uses_rule_at(size_t index) {
    return index < PL_COUNT(rows) ? rows[index].rule : NULL;
}

/* The others are options of generators. */
static row row_of(const pl_change *change) {
    for (size_t i = 0; i < PL_COUNT(rows); i++) {
        if (strcmp(rows[i].rule, change->rule->name) == 0)
            return rows[i];
    }
    return (row){change->rule->name, ABOUT_FILE, WHOM_BY_CODE};
}

/* A contract while it is looked through: for what CHANGE takes away, or by TAKE for every field. */
typedef struct search {
    const pl_change *change;
    about about;
    uses_take *take;
    void *self;
    const pl_contract *contract;
    bool exposed;   /* to what happens to names, where the rule is about them */
    uses_side side; /* of the message at hand */
    bool found;
} search;

static void note(search *s, bool found) {
    s->found = s->found || found;
}

static bool same_field(const pl_field *a, const pl_field *b) {
    return a && b && a->number == b->number &&
           pl_str_eq(a->parent->full_name, b->parent->full_name);
}

/* The field itself, or the map whose key or value it is. */
static bool is_field(const pl_field *used, const pl_field *changed) {
    if (same_field(used, changed))
        return true;
    return used->map && changed && pl_str_eq(used->message->full_name, changed->parent->full_name);
}

static bool can_have(const pl_contract *contract, const pl_message_type *type) {
    if (contract->event)
        return reaches(contract->event, type->full_name);
    return reaches(contract->method->input, type->full_name) ||
           reaches(contract->method->output, type->full_name);
}

/* FIELD has the paths of a FieldMask, and one leads to where the changed field was: that is a name
 * on the wire, whatever the consumer has compiled in. */
static bool is_in_mask(const search *s, const pl_field *field, const pl_matcher *m) {
    const pl_field *was = s->change->field, *is = s->change->new_field;
    return field->parent->well_known == PL_WELL_KNOWN_FIELD_MASK && was &&
           (!is || !pl_str_eq(was->name, is->name)) && mentions_in_path(m, was->name) &&
           can_have(s->contract, was->parent);
}

/* By its old name the changed field must not be there; by its new one it may. */
static bool was_forbidden(const search *s) {
    const pl_contract *contract = s->contract;
    if (s->about != ABOUT_FIELD)
        return false;
    const pl_field *was = s->change->field, *is = s->change->new_field;
    for (size_t i = 0; was && is && i < contract->must_not_contain_count; i++) {
        pl_str name = contract->must_not_contain[i];
        if ((pl_str_eq(was->name, name) || pl_str_eq(was->json_name, name)) &&
            !pl_str_eq(was->name, is->name) && can_have(contract, was->parent))
            return true;
    }
    return false;
}

static const pl_enum_type *enum_of(const pl_field *field) {
    if (field->map)
        return field->message->fields[1].enumeration;
    return field->enumeration;
}

static bool of_enum(const search *s, const pl_field *field) {
    const pl_enum_type *type = enum_of(field);
    return type && s->change->enumeration &&
           pl_str_eq(type->full_name, s->change->enumeration->full_name);
}

static bool of_message(const search *s, const pl_message_type *type) {
    return type && s->change->type && pl_str_eq(type->full_name, s->change->type->full_name);
}

static bool of_file(const search *s, const pl_file *file) {
    return s->change->file && pl_str_eq(file->name, s->change->file->name);
}

static void look_at_type(search *s, const pl_message_type *type) {
    switch (s->about) {
    case ABOUT_MESSAGE:
        note(s, of_message(s, type));
        break;
    case ABOUT_FILE:
        note(s, of_file(s, type->file));
        break;
    default:
        break;
    }
}

/* A request that leaves the value open may have any. */
static bool has_value(const search *s, const pl_field *field, const pl_matcher *m) {
    return of_enum(s, field) && (mentions_number(m, s->change->value->number) ||
                                 (s->side == USES_REQUEST && mentions_any(m)));
}

static void look_at_field(search *s, const pl_field *field, const pl_matcher *m) {
    if (s->take)
        s->take(s->self, s->side, field, m);
    switch (s->about) {
    case ABOUT_FIELD:
        note(s, (s->exposed && is_field(field, s->change->field)) || is_in_mask(s, field, m));
        break;
    case ABOUT_VALUE:
        note(s, has_value(s, field, m));
        break;
    case ABOUT_VALUE_ADDED:
        note(s, s->side != USES_REQUEST && of_enum(s, field) && mentions_some(m));
        break;
    case ABOUT_ENUM:
        note(s, of_enum(s, field));
        break;
    default:
        break;
    }
    if (field->message)
        look_at_type(s, field->message);
    if (field->map && field->message->fields[1].message)
        look_at_type(s, field->message->fields[1].message);
    if (field->enumeration && s->about == ABOUT_FILE)
        note(s, of_file(s, field->enumeration->file));
}

static void look_into(search *s, const pl_matcher *m) {
    if (m->type)
        look_at_type(s, m->type);
    for (size_t i = 0; i < m->member_count && !s->found; i++) {
        if (m->members[i].field)
            look_at_field(s, m->members[i].field, m->members[i].matcher);
        look_into(s, m->members[i].matcher);
    }
    for (size_t i = 0; i < m->item_count && !s->found; i++)
        look_into(s, m->items[i]);
    if (m->example && m->example != m && !s->found)
        look_into(s, m->example);
}

static void look_at_message(search *s, const pl_message_type *type, const pl_matcher *m,
                            uses_side side) {
    s->side = side;
    look_at_type(s, type);
    if (m && s->about == ABOUT_REQUEST)
        note(s, side == USES_REQUEST && refused_by_change(m, type, s->change));
    else if (m)
        look_into(s, m);
}

static void look_at_details(search *s, const pl_contract_status *status) {
    s->side = USES_ANSWER;
    for (size_t i = 0; i < status->detail_count && !s->found; i++)
        look_into(s, status->details[i]);
}

static void look_at_steps(search *s, const pl_method_type *method, const pl_contract_step *steps,
                          size_t count) {
    for (size_t i = 0; i < count && !s->found; i++) {
        const pl_contract_step *step = &steps[i];
        if (step->kind == PL_STEP_RECV)
            look_at_message(s, method->input, step->message, USES_REQUEST);
        else if (step->kind == PL_STEP_SEND)
            look_at_message(s, method->output, step->message, USES_ANSWER);
        look_at_details(s, &step->status);
        look_at_steps(s, method, step->steps, step->step_count);
    }
}

static void look_at_headers(search *s, const pl_contract_header *headers, size_t count,
                            uses_side side) {
    for (size_t i = 0; i < count && !s->found; i++) {
        if (headers[i].type)
            look_at_message(s, headers[i].type, headers[i].matcher, side);
    }
}

static bool calls(const pl_contract *contract, const pl_method_type *method) {
    return contract->method && method && pl_str_eq(contract->method->full_name, method->full_name);
}

static bool calls_route(const pl_contract *contract, const pl_change *change) {
    if (!(contract->file->access & PL_ACCESS_REST) || !calls(contract, change->method))
        return false;
    return !contract->http || (pl_str_eq(contract->http->verb, change->http->verb) &&
                               pl_str_eq(contract->http->path, change->http->path));
}

/* False: this contract cannot be hurt, whatever is in its messages. */
static bool is_exposed(const pl_contract_file *file, whom group) {
    bool json = file->access & PL_ACCESS_REST;
    switch (group) {
    case WHOM_BY_NAME:
        return file->source || json;
    case WHOM_BY_CODE:
        return file->source;
    case WHOM_BY_JSON:
        return json;
    default:
        return true;
    }
}

/* What is decided without looking into messages. */
static bool decide(const pl_contract *contract, const search *s, bool *out_found) {
    const pl_change *change = s->change;
    const pl_method_type *method = contract->method;
    switch (s->about) {
    case ABOUT_METHOD:
        *out_found = calls(contract, change->method);
        return true;
    case ABOUT_ROUTE:
        *out_found = calls_route(contract, change);
        return true;
    case ABOUT_SERVICE:
        *out_found = method && pl_str_eq(method->service->full_name, change->service->full_name);
        return true;
    case ABOUT_STREAM:
        *out_found = contract->event && of_file(s, contract->event->file);
        return true;
    case ABOUT_BOUND:
        *out_found = contract->event && change->type &&
                     reaches(contract->event, change->type->full_name);
        return true;
    default:
        return false;
    }
}

static void look_at_contract(search *s) {
    const pl_contract *contract = s->contract;
    const pl_method_type *method = contract->method;
    if (s->about == ABOUT_FILE && method)
        note(s, of_file(s, method->service->file));
    note(s, was_forbidden(s));
    look_at_steps(s, method, contract->steps, contract->step_count);
    look_at_headers(s, contract->metadata, contract->metadata_count, USES_REQUEST);
    look_at_headers(s, contract->trailers, contract->trailer_count, USES_ANSWER);
    if (contract->event && !s->found)
        look_at_message(s, contract->event, contract->payload, USES_EVENT);
}

bool pl_contract_needs(const pl_contract *contract, const pl_change *change) {
    const row rule = row_of(change);
    search s = {.change = change,
                .about = rule.about,
                .contract = contract,
                .exposed = is_exposed(contract->file, rule.whom)};
    if (change->rule->hazard || (!s.exposed && s.about != ABOUT_FIELD))
        return false;
    if (!decide(contract, &s, &s.found))
        look_at_contract(&s);
    return s.found;
}

void uses_each_field(const pl_contract *contract, uses_take *take, void *self) {
    search s = {.about = ABOUT_EVERYTHING, .take = take, .self = self, .contract = contract};
    look_at_contract(&s);
}
