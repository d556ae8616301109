/* The compiler from inside: its state, how it reports, and who compiles what. */
#ifndef CONTRACT_COMPILER_H
#define CONTRACT_COMPILER_H

#include "parley/contract/compile.h"
#include "parley/yaml/yaml.h"
#include "set.h"

/* A state that a provider declares in states.yaml. */
typedef struct declared_state {
    struct declared_state *next;
    pl_str provider, name;
    const pl_yaml_node *parameters, *returns; /* mappings of name to type, or NULL */
} declared_state;

/* What a parameter of a state was the first time, where the provider declares none. */
typedef struct state_shape {
    struct state_shape *next;
    pl_str provider, state, parameter;
    char kind; /* the first character of its JSON, '0' for numbers */
    const char *path;
    uint32_t line;
} state_shape;

/* A call without errors, to be held against the others. */
typedef struct sound_call {
    struct sound_call *next;
    const pl_contract *contract;
} sound_call;

typedef struct compiler {
    pl_contract_set *set;
    pl_arena *arena; /* the set's */
    const pl_pool *pool;
    pl_contract_compile_opts opts;
    pl_findings *findings;
    declared_state *states;
    state_shape *shapes;
    sound_call *sound; /* in no order */
    size_t sound_count;
    /* the file being compiled */
    const char *path;
    pl_contract_file *file;
    /* the contract being compiled */
    pl_contract *contract;
    size_t problems; /* errors of this contract */
    bool no_memory;
} compiler;

/* A place that values are written for. `single`: FIELD is repeated, but this is one item of it.
 * `typed`: below !type, a plain value stands for its type. */
typedef struct place {
    const pl_field *field;
    bool single;
    bool typed;
} place;

/* ---- report.c ---- */

void compiler_error(compiler *c, const pl_yaml_node *at, const char *rule, const char *format, ...)
    PL_PRINTF(4, 5);
void compiler_warning(compiler *c, const pl_yaml_node *at, const char *rule, const char *format,
                      ...) PL_PRINTF(4, 5);
/* The same at a position of the current file; DOC shows the line. */
void compiler_error_at(compiler *c, const pl_yaml_doc *doc, pl_contract_at at, const char *rule,
                       const char *format, ...) PL_PRINTF(5, 6);
#define compiler_hint(c, ...) pl_findings_hint((c)->findings, __VA_ARGS__)
/* Adds "did you mean 'x'?" where one of NAMES is near to WORD. */
void compiler_did_you_mean(compiler *c, pl_str word, const char *const *names, size_t count);
/* Memory of the set; NULL sets no_memory. */
void *compiler_alloc(compiler *c, size_t count, size_t size);
#define COMPILER_NEW(c, type) ((type *)compiler_alloc((c), 1, sizeof(type)))
/* A NUL-terminated copy; "" where there is no memory. */
pl_str compiler_copy(compiler *c, pl_str text);
pl_contract_at compiler_at(const pl_yaml_node *node);

/* Every key of MAPPING is one of KNOWN; others are findings. False: NODE is no mapping, which is a
 * finding as well. */
bool compiler_keys(compiler *c, const pl_yaml_node *node, const char *const *known, size_t count);
/* A text; false with a finding otherwise. */
bool compiler_text(compiler *c, const pl_yaml_node *node, pl_str *out);
bool compiler_number(compiler *c, const pl_yaml_node *node, int64_t min, int64_t max, int64_t *out);
bool compiler_bool(compiler *c, const pl_yaml_node *node, bool *out);
bool compiler_duration(compiler *c, const pl_yaml_node *node, uint64_t *out_ms);

/* ---- compile_scalar.c ---- */

/* The value of NODE, a scalar, for FIELD (one of it). */
bool compile_leaf(compiler *c, const pl_field *field, const pl_yaml_node *node, pl_leaf_value *out);

/* ---- compile_body.c, compile_tag.c ---- */

pl_matcher *compiler_matcher(compiler *c, pl_match_kind kind, const pl_yaml_node *at);
/* What NODE says about PLACE; NULL after a finding. */
const pl_matcher *compile_place(compiler *c, place where, const pl_yaml_node *node);
/* NODE without regard to its tag. */
const pl_matcher *compile_plain(compiler *c, place where, const pl_yaml_node *node);
/* A mapping as a message of TYPE; members that are wrong are left out. */
const pl_matcher *compile_message(compiler *c, const pl_message_type *type,
                                  const pl_yaml_node *node, bool typed);
/* A mapping with "@type". */
const pl_matcher *compile_typed(compiler *c, const pl_yaml_node *node, bool typed);
/* A message that has FIELD alone. */
const pl_matcher *compiler_around(compiler *c, const pl_field *field, const pl_matcher *inner,
                                  const pl_yaml_node *at);
/* The field that a well-known message stands for: `value` of a wrapper, `fields` of a Struct ... */
const pl_field *compiler_inner_field(const pl_message_type *type);
/* The branch of google.protobuf.Value that NODE is written for. */
const pl_field *compiler_value_branch(const pl_message_type *type, const pl_yaml_node *node);
const pl_matcher *compile_tagged(compiler *c, place where, const pl_yaml_node *node);
/* A matcher's explicit example, or NULL. */
const pl_matcher *compile_example(compiler *c, place where, const pl_yaml_node *options,
                                  bool *out_wrong);
const pl_matcher *compile_range(compiler *c, place where, const pl_yaml_node *node);
const pl_matcher *compile_near(compiler *c, place where, const pl_yaml_node *node);
const pl_matcher *compile_size(compiler *c, place where, const pl_yaml_node *node);
const pl_matcher *compile_regex(compiler *c, place where, const pl_yaml_node *node);
const pl_matcher *compile_not(compiler *c, place where, const pl_yaml_node *node);
const pl_matcher *compile_one_of(compiler *c, place where, const pl_yaml_node *node);

/* ---- check_example.c ---- */

/* What of (parley.limits) an example is held against: of a request all that its provider refuses,
 * of an event the lengths, which no provider can go beyond. */
typedef enum example_limits { LIMITS_NONE, LIMITS_REQUEST, LIMITS_EVENT } example_limits;

/* The example of a body matches it, and is within its limits. */
void check_example(compiler *c, const pl_yaml_node *node, const pl_matcher *matcher,
                   const pl_message_type *type, example_limits limits);
void check_text_example(compiler *c, const pl_yaml_node *node, const pl_matcher *matcher);

/* ---- compile_contract.c and its parts ---- */

void compile_contract(compiler *c, const pl_yaml_node *node, pl_contract *out);
void compile_given(compiler *c, const pl_yaml_node *node);
void compile_headers(compiler *c, const pl_yaml_node *node, const pl_contract_header **out,
                     size_t *out_count);
bool compile_status(compiler *c, const pl_yaml_node *node, pl_contract_status *out);
void compile_steps(compiler *c, const pl_yaml_node *node);
/* A request, response or payload; NULL after a finding. */
const pl_matcher *compile_whole(compiler *c, const pl_message_type *type, const pl_yaml_node *node,
                                example_limits limits);
/* Those of the request of a call that ends so; it may end because of what it was sent. */
example_limits limits_of_request(const pl_contract_status *end);
/* A field that must not be there is not one that BODY reads. */
void check_forbidden(compiler *c, const pl_yaml_node *contract, const pl_matcher *body);
/* Warns of names in must_not_contain that are almost one in a message of TYPE. */
void check_forbidden_names(compiler *c, const pl_yaml_node *contract, const pl_message_type *type);
/* The contract's steps, none so far. */
pl_contract_step *new_steps(compiler *c, size_t count);
/* request:, response: and status: of a unary call, as steps. */
void compile_unary(compiler *c, const pl_yaml_node *contract);
void compile_event(compiler *c, const pl_yaml_node *contract);
void compile_call(compiler *c, const pl_yaml_node *contract);
/* NAME, of NODE, is a package of the protos; false after a finding. */
bool compiler_package(compiler *c, const pl_yaml_node *node, pl_str name);
void compile_states_file(compiler *c, const pl_yaml_node *root);
/* The provider's state NAME, or NULL; *out_any: it declares some. */
const declared_state *compiler_state(const compiler *c, pl_str name, bool *out_any);
/* One of the contract's states returns the value NAME, and FIELD can hold it; where the provider
 * declares its states. */
void check_from_state(compiler *c, const pl_field *field, const pl_yaml_node *name);

/* ---- check_scenario.c ---- */

/* In the file at hand, whose contracts are LIST, every state of a scenario is reached. */
void check_scenarios(compiler *c, const pl_yaml_node *list);

/* ---- check_overlap.c ---- */

/* Shadows and conflicts among all contracts of the set. */
PL_NODISCARD pl_code check_overlaps(compiler *c, const pl_contract_source *sources, size_t count,
                                    pl_error *err);

#endif
