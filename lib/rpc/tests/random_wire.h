/* Bytes of a type of message, made at random: every construct, in any order and any number of
 * times, with unknown fields, and now and then with something that is not allowed. */
#ifndef PARLEY_RPC_TEST_RANDOM_WIRE_H
#define PARLEY_RPC_TEST_RANDOM_WIRE_H

#include <protobuf-c/protobuf-c.h>

#include "parley/base/str.h"

/* Advances SEED; 32 bits. */
uint32_t random_next(uint64_t *seed);

/* Appends a message of TYPE. */
void random_message(uint64_t *seed, const ProtobufCMessageDescriptor *type, pl_buf *out);

/* Changes some bytes, and sometimes cuts off the end. */
void random_damage(uint64_t *seed, pl_buf *bytes);

#endif
