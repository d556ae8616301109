/* Clocks. Durations and deadlines use the monotonic clock in nanoseconds; times
 * shown to people use the real one in microseconds since 1970 UTC. */
#ifndef PARLEY_BASE_CLOCK_H
#define PARLEY_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_NS_PER_MS INT64_C(1000000)
#define PL_NS_PER_S  INT64_C(1000000000)
/* A deadline that never comes. */
#define PL_NEVER INT64_MAX

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t pl_now_ns(void);
/* CLOCK_REALTIME in microseconds. */
int64_t pl_time_us(void);
/* The monotonic moment MS milliseconds from now; saturates. */
int64_t pl_deadline_ms(int64_t ms);
/* Milliseconds until DEADLINE_NS, rounded up, 0 when past, at most INT_MAX; -1 for PL_NEVER
 * (as poll() takes it). */
int pl_remaining_ms(int64_t deadline_ns);

/* "2026-01-31T12:34:56.789012Z": 27 characters and a NUL. */
#define PL_RFC3339_SIZE 32
void pl_rfc3339(int64_t time_us, char out[PL_RFC3339_SIZE]);

/* RFC 3339 with an offset or Z and up to nine digits of fraction, as seconds since
 * 1970 and nanoseconds; years 1 to 9999. */
bool pl_rfc3339_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos);

/* 16 random bytes of a UUID version 7 (RFC 9562): ordered by time to the
 * millisecond. Thread-safe. */
void pl_uuid7(uint8_t out[16]);
/* "01890a5d-ac96-774b-bcce-b302099a8057" and a NUL. */
#define PL_UUID_SIZE 37
void pl_uuid_text(const uint8_t uuid[16], char out[PL_UUID_SIZE]);
bool pl_uuid_parse(pl_str text, uint8_t out[16]);

/* SIZE bytes from the kernel's generator (getrandom); ends the process where it
 * fails, which it does on no supported kernel. */
void pl_random(void *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
