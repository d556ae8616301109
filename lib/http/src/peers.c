#include <stdlib.h>
#include <string.h>

#include "server_internal.h"

#define BUCKETS 1024 /* a power of two */

struct pl_http_peer {
    pl_http_peer *next;
    uint8_t address[16];
    size_t count;
};

struct pl_http_peers {
    uint64_t seed; /* so that nobody can choose addresses of one bucket */
    pl_http_peer *buckets[BUCKETS];
};

pl_http_peers *pl_http_peers_new(void) {
    pl_http_peers *peers = calloc(1, sizeof(*peers));
    if (peers)
        pl_random(&peers->seed, sizeof(peers->seed));
    return peers;
}

void pl_http_peers_free(pl_http_peers *peers) {
    if (!peers)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (peers->buckets[i]) {
            pl_http_peer *peer = peers->buckets[i];
            peers->buckets[i] = peer->next;
            free(peer);
        }
    }
    free(peers);
}

static pl_http_peer **bucket(pl_http_peers *peers, const uint8_t address[16]) {
    uint64_t words[2];
    memcpy(words, address, sizeof(words));
    /* Two rounds of a multiply-and-shift mix (Stafford's variant 13). */
    uint64_t h = words[0] ^ peers->seed;
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h ^= words[1];
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return &peers->buckets[(h >> 31) & (BUCKETS - 1)];
}

pl_http_peer *pl_http_peers_add(pl_http_peers *peers, const uint8_t address[16]) {
    pl_http_peer **first = bucket(peers, address);
    for (pl_http_peer *peer = *first; peer; peer = peer->next) {
        if (memcmp(peer->address, address, sizeof(peer->address)) == 0) {
            peer->count++;
            return peer;
        }
    }
    pl_http_peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        return NULL;
    memcpy(peer->address, address, sizeof(peer->address));
    peer->count = 1;
    peer->next = *first;
    *first = peer;
    return peer;
}

size_t pl_http_peer_count(const pl_http_peer *peer) {
    return peer->count;
}

void pl_http_peers_remove(pl_http_peers *peers, pl_http_peer *peer) {
    if (!peer || --peer->count)
        return;
    pl_http_peer **link = bucket(peers, peer->address);
    while (*link != peer)
        link = &(*link)->next;
    *link = peer->next;
    free(peer);
}
