/* Custom options. protobuf-c keeps them as unknown fields of XxxOptions; for
 * length-delimited ones the data begins with the length, and one option may arrive
 * in several pieces, which are one message when put one behind the other. */
#ifndef PL_GEN_OPTIONS_H
#define PL_GEN_OPTIONS_H

#include "plugin.h"

/* Extension numbers of parley/options.proto, by what they extend. */
#define PL_OPTION_STREAM    50001
#define PL_OPTION_EVENT     50001
#define PL_OPTION_RESOURCE  50002
#define PL_OPTION_JSON_NAME 50001
#define PL_OPTION_LIMITS    50001
#define PL_OPTION_AUTH      50001
#define PL_OPTION_CALL      50002
#define PL_OPTION_REST      50003
/* google.api.http */
#define PL_OPTION_HTTP 72295728

/* The option TAG of OPTIONS (NULL: none) as a TYPE message; *out_message is NULL where it
 * is not set. PL_INVALID_ARGUMENT: malformed. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_option_message(pl_arena *arena, const ProtobufCMessage *options,
                                       uint32_t tag, const ProtobufCMessageDescriptor *type,
                                       const void **out_message, pl_error *err);

/* The same of a repeated option: each piece is a message. */
PL_NODISCARD pl_code pl_option_messages(pl_arena *arena, const ProtobufCMessage *options,
                                        uint32_t tag, const ProtobufCMessageDescriptor *type,
                                        const void ***out_messages, size_t *out_count,
                                        pl_error *err);

/* The same of a string; NULL where it is not set. */
PL_NODISCARD pl_code pl_option_string(pl_arena *arena, const ProtobufCMessage *options,
                                      uint32_t tag, const char **out_text, pl_error *err);

#endif
