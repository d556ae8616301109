/* Compiled contracts on the wire (parley.contract.v1.ContractFile), without a runtime. */
#ifndef CONTRACT_WIRE_H
#define CONTRACT_WIRE_H

#include "parley/schema/wire.h"
#include "set.h"

/* Greatest depth of matchers in one another. */
#define WIRE_MATCHER_DEPTH_MAX 200

/* Appends a file. POSITIONS: with them and the path, contracts as they stand; otherwise what they
 * mean, by name. False: OUT is full. */
bool wire_put_file(const pl_contract_file *file, bool positions, pl_buf *out);

/* Reads a file into the arena of SET. LATER: contracts about unary calls stay unread, and BYTES are
 * the set's. PL_INVALID_ARGUMENT: malformed, or it does not fit the pool. */
PL_NODISCARD pl_code wire_get_file(pl_contract_set *set, pl_str bytes, bool later,
                                   pl_contract_file **out, pl_error *err);

/* Reads a value; its text is where BYTES are. False: malformed. */
bool wire_get_value(pl_str bytes, pl_leaf_value *out);

/* What both know: numbers of parley/contract/v1/matcher.proto and contract.proto. */
enum {
    VALUE_BITS = 1,
    VALUE_NANOS = 2,
    VALUE_TEXT = 3,
    MATCHER_KIND = 1,
    MATCHER_VALUE = 2,
    MATCHER_LOW = 3,
    MATCHER_HIGH = 4,
    MATCHER_MIN = 5,
    MATCHER_MAX = 6,
    MATCHER_MEMBERS = 7,
    MATCHER_ITEMS = 8,
    MATCHER_EXAMPLE = 9,
    MATCHER_NOW = 10,
    MATCHER_AT = 15,
    MEMBER_NUMBER = 1,
    MEMBER_KEY = 2,
    MEMBER_MATCHER = 3,
    AT_LINE = 1,
    AT_COLUMN = 2,
    FILE_CONSUMER = 1,
    FILE_PROVIDER = 2,
    FILE_ACCESS = 3,
    FILE_COMPLETE = 4,
    FILE_SOURCE = 5,
    FILE_CONTRACTS = 6,
    FILE_PATH = 7,
    CONTRACT_NAME = 1,
    CONTRACT_GIVEN = 2,
    CONTRACT_METHOD = 3,
    CONTRACT_HTTP = 4,
    CONTRACT_STEPS = 5,
    CONTRACT_METADATA = 6,
    CONTRACT_TRAILERS = 7,
    CONTRACT_TRIGGER = 8,
    CONTRACT_EVENT = 9,
    CONTRACT_STREAM = 10,
    CONTRACT_PAYLOAD = 11,
    CONTRACT_FORBIDDEN = 12,
    CONTRACT_WITHIN = 13,
    CONTRACT_IDEMPOTENT = 14,
    CONTRACT_PRIORITY = 15,
    CONTRACT_SCENARIO = 16,
    CONTRACT_TAGS = 17,
    CONTRACT_IGNORED = 18,
    CONTRACT_IN_PROGRESS = 19,
    CONTRACT_AT = 20,
    CONTRACT_WITHIN_AT = 21,
    STATE_NAME = 1,
    STATE_PARAMETERS = 2,
    STATE_AT = 3,
    PARAMETER_NAME = 1,
    PARAMETER_JSON = 2,
    HEADER_NAME = 1,
    HEADER_MATCHER = 2,
    HEADER_TYPE = 3,
    STEP_KIND = 1,
    STEP_MESSAGE = 2,
    STEP_MIN = 3,
    STEP_MAX = 4,
    STEP_STATUS = 5,
    STEP_DELAY = 6,
    STEP_STEPS = 7,
    STEP_AT = 8,
    STATUS_CODE = 1,
    STATUS_MESSAGE = 2,
    STATUS_DETAILS = 3,
    SCENARIO_NAME = 1,
    SCENARIO_WHEN = 2,
    SCENARIO_THEN = 3,
    EXEMPTION_UNTIL = 1,
    EXEMPTION_BECAUSE = 2
};

#endif
