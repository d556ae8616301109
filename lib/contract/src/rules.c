#include "parley/contract/rules.h"

#include <string.h>

#include "parley/base/macros.h"

const pl_contract_rule pl_contract_rules[] = {
    {"ACCESS", "access: says grpc, rest, events, and has what a contract of the file needs."},
    {"AMBIGUOUS",
     "No two contracts of a consumer with equal priority take the same request and answer "
     "differently; one outside of scenarios takes it at any time. Narrow one of the requests, or "
     "give the special one a greater priority:."},
    {"CALL_AND_EVENT", "A contract is about a call or an event, not both."},
    {"CONFLICT", "No contracts of two consumers with the same given: take the same request and "
                 "expect different "
                 "answers: no provider can keep both."},
    {"ENUM_VALUE_UNKNOWN", "A value of an enum is one that the proto has."},
    {"EVENT_UNKNOWN", "event: is a message of the provider with (parley.event_type)."},
    {"EXAMPLE_MISMATCH", "An example is a value that its matcher takes."},
    {"EXAMPLE_MISSING", "A matcher that no example can be made for has one."},
    {"EXPIRED", "ignored: and in_progress: end on a day to come. Mend the contract, or agree on "
                "another day."},
    {"FIELD_TWICE", "A field is written once, by its name of the proto or of JSON."},
    {"FIELD_UNKNOWN", "A message has the fields of its proto."},
    {"FORBIDDEN_FIELD", "What must_not_contain: names is not read in the same contract."},
    {"HTTP_UNKNOWN", "http: is a route of the method, as its proto has it."},
    {"KEY_MISPLACED", "A key that is for calls or for events stands in those alone."},
    {"KEY_MISSING", "A key that is needed is there."},
    {"KEY_UNKNOWN", "A key is one of the notation."},
    {"LIMIT",
     "A request is within (parley.limits) of its fields, for the provider would refuse it; "
     "an event is not longer than they allow."},
    {"MESSAGE_UNKNOWN", "\"@type\" is a message of the protos."},
    {"METADATA_KEY", "A name of metadata is in lower case and not one of gRPC's own."},
    {"METHOD_UNKNOWN", "call: is a method of the provider, written Service.Method."},
    {"MUST_NOT_CONTAIN_UNKNOWN",
     "A name in must_not_contain: that is almost a field's is that field's: misspelled it guards "
     "nothing."},
    {"NAME", "consumer: and provider: are names of letters, digits, '.', '_' and '-'."},
    {"NAME_TWICE", "A name is that of one contract in its file."},
    {"NOTHING_READ", "An answer of which nothing is read is accepted whatever it is: list what the "
                     "consumer relies on."},
    {"NO_CONTRACTS", "A file has contracts."},
    {"NULL_VALUE", "null is for google.protobuf.Value alone; what must not be there is !absent."},
    {"ONEOF_TWICE", "Of a oneof one field is written."},
    {"OUT_OF_RANGE", "A value is one that its field or key can hold."},
    {"PATH", "A file lies at contracts/PROVIDER/CONSUMER.yaml, a provider's states at "
             "contracts/PROVIDER/states.yaml."},
    {"PRESENCE", "!present stands where absence can be told from the default."},
    {"PROTO", "The protos compile."},
    {"PROVIDER_UNKNOWN", "provider: is a package of the protos."},
    {"REGEX_INVALID", "A pattern is a regular expression (PCRE2)."},
    {"RESPONSE_AND_STATUS", "A call that ends with an error has no response."},
    {"SCENARIO", "when: is where then: of another contract of the scenario leads. Without when: a "
                 "contract counts at the beginning."},
    {"SHADOWED",
     "Every contract is reached: none before it takes all of its requests. Narrow the one that "
     "does, or give this one a greater priority:."},
    {"STATE_PARAMETER", "Parameters of a state are those that it declares, and of one type."},
    {"STATE_TYPE", "A parameter that states.yaml declares has a type of the notation."},
    {"STATE_UNKNOWN", "given: names a state that the provider declares."},
    {"STATE_VALUE",
     "!from_state names what one of the states in given: returns, of a fitting type."},
    {"STATUS_OK", "A status that is OK has neither message nor details."},
    {"STATUS_UNKNOWN", "A status is a code of gRPC, by name."},
    {"STEP", "A step is one of recv, send, close, status, delay, any_order."},
    {"STEPS_AND_BODY", "steps: say everything: no request, response or status stands beside them."},
    {"STEPS_MISSING", "What happens in a call that streams is in steps:."},
    {"STEP_ORDER", "Steps come in an order that the method can have."},
    {"STREAM_MISMATCH", "stream: is the one that the proto says."},
    {"SYNTAX", "A file keeps to its notation: a contract is YAML, as the reference has it."},
    {"TAG_MISPLACED", "A tag stands where its matcher fits."},
    {"TAG_UNKNOWN", "A tag is one of the notation."},
    {"TOO_LARGE", "A contract stays below the limits of its lists, steps and examples."},
    {"TYPE_MISMATCH", "A value has the type of its field or key."},
    {"TYPE_MISSING", "A message in a google.protobuf.Any says its \"@type\"."},
};
const size_t pl_contract_rule_count = PL_COUNT(pl_contract_rules);

const pl_contract_rule *pl_contract_rule_find(const char *name) {
    for (size_t i = 0; i < pl_contract_rule_count; i++) {
        if (strcmp(pl_contract_rules[i].name, name) == 0)
            return &pl_contract_rules[i];
    }
    return NULL;
}
