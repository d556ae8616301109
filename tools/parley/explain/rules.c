#include "explain/rules.h"

#include <string.h>

#include "parley/base/macros.h"

#define VERIFY "parley verify --sarif"
#define GRAPH  "parley graph --running"
#define IMPORT "parley import scc"

const explain_rule explain_rules[] = {
    {VERIFY, "CONTRACT_NOT_ANSWERED",
     "A provider can be asked, and answers: there was nothing to compare."},
    {VERIFY, "CONTRACT_NOT_KEPT", "A provider does what the contract says."},
    {GRAPH, "ARROW_NO_CONTRACT",
     "What one service calls of another, or handles of its events, is in a contract of its own."},
    {IMPORT, "CHECK",
     "What is made passes parley contract check; what does not becomes a comment that says why."},
    {IMPORT, "COMMAND", "Nothing is run: where a command judged a value, its type does, by !type."},
    {IMPORT, "CONSUMER",
     "A folder of the file's path says whose contract it is. Where none does, give --consumer."},
    {IMPORT, "CONTRACT", "A contract has a request or an outputMessage."},
    {IMPORT, "DYNAMIC",
     "Nothing is computed: a value that does not stand in the file is left out. Write it into the "
     "contract that was made."},
    {IMPORT, "EVENT_UNCLEAR",
     "The event's type in a header or member (eventType), its trigger or its label says which "
     "event it is. Where none does, give --event; where several providers have it, --provider."},
    {IMPORT, "EXEMPTION",
     "ignored and in progress end on a day, for a reason, here. Mend what was put in until: and "
     "because:."},
    {IMPORT, "FIELD_LEFT_OUT",
     "A parameter, a body or a member of one that the proto has no field for is left out."},
    {IMPORT, "FILE", "A file is *.yml, *.yaml or *.groovy."},
    {IMPORT, "HEADER_LEFT_OUT",
     "Of headers those of a request that become metadata are kept, others are left out."},
    {IMPORT, "NOT_CARRIED", "What contracts have no word for here is left out."},
    {IMPORT, "OCCURRENCE",
     "How many items a list has is left out: !each says what each of them is."},
    {IMPORT, "PATH_UNKNOWN",
     "The path of a matcher leads to something in the body, by $.a.b, ['a'], [0] and [*]. A "
     "matcher whose path does not is left out."},
    {IMPORT, "REGEX",
     "A pattern is kept where the field is a text and the example matches it, else it becomes "
     "!type."},
    {IMPORT, "REQUEST", "A request has a method and a URL that stand in the file."},
    {IMPORT, "ROUTE_UNKNOWN", "A request's method and URL are a route of the protos."},
    {IMPORT, "STATUS",
     "A status is a number. An error's becomes a code of gRPC; where several have this status, "
     "see that it is the one that was meant."},
    {IMPORT, "STREAM", "An event is published to the stream that its proto says, not to another."},
    {IMPORT, "TYPE",
     "A value has the type of its field: a text's is put in quotes, a list that cannot be carried "
     "over is left out."},
};
const size_t explain_rule_count = PL_COUNT(explain_rules);

const explain_rule *explain_rule_find(const char *name) {
    for (size_t i = 0; i < explain_rule_count; i++) {
        if (strcmp(explain_rules[i].name, name) == 0)
            return &explain_rules[i];
    }
    return NULL;
}
