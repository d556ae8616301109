#include "prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/macros.h"

static uint64_t fnv1a64(uint64_t hash, const void *data, size_t size) {
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void pg_statement_name(uint32_t slot, char out[PG_STATEMENT_NAME_SIZE]) {
    snprintf(out, PG_STATEMENT_NAME_SIZE, "s%u", slot);
}

static bool same(const pg_statement *s, uint64_t hash, const char *sql, const Oid *types,
                 int type_count) {
    return s->hash == hash && s->type_count == type_count && strcmp(s->sql, sql) == 0 &&
           (type_count == 0 || memcmp(s->types, types, sizeof *types * (size_t)type_count) == 0);
}

static bool fill(pg_statement *s, const char *sql, const Oid *types, int type_count) {
    size_t size = sizeof *types * (size_t)type_count;
    char *text = strdup(sql);
    Oid *copy = malloc(size ? size : 1);
    if (!text || !copy) {
        free(text);
        free(copy);
        return false;
    }
    if (size)
        memcpy(copy, types, size);
    s->sql = text;
    s->types = copy;
    s->type_count = type_count;
    return true;
}

int32_t pg_prepared_slot(pg_prepared *prepared, const char *sql, const Oid *types, int type_count) {
    uint64_t hash = fnv1a64(UINT64_C(0xcbf29ce484222325), sql, strlen(sql));
    hash = fnv1a64(hash, types, sizeof *types * (size_t)type_count);
    uint32_t slot = (uint32_t)(hash ^ hash >> 32) % PG_PREPARED_SLOTS;
    while (prepared->slots[slot].sql) {
        if (same(&prepared->slots[slot], hash, sql, types, type_count))
            return (int32_t)slot;
        slot = (slot + 1) % PG_PREPARED_SLOTS;
    }
    if (prepared->count == PL_PG_PREPARED_MAX ||
        !fill(&prepared->slots[slot], sql, types, type_count))
        return -1;
    prepared->slots[slot].hash = hash;
    prepared->count++;
    return (int32_t)slot;
}

void pg_prepared_done(pg_prepared *prepared) {
    for (size_t i = 0; i < PL_COUNT(prepared->slots); i++) {
        free(prepared->slots[i].sql);
        free(prepared->slots[i].types);
        prepared->slots[i] = (pg_statement){0};
    }
    prepared->count = 0;
}
