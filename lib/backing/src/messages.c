#include "parley/backing/messages.h"

#include "parley/base/clock.h"

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

google_protobuf_Timestamp *pl_message_time(pl_arena *arena, int64_t time_us) {
    google_protobuf_Timestamp *message = google_protobuf_Timestamp_new(arena);
    if (!message)
        return NULL;
    message->seconds = time_us / US_PER_S;
    message->nanos = (int32_t)(time_us % US_PER_S) * NS_PER_US;
    return message;
}

parley_rest_v1_Page *pl_message_page(pl_arena *arena, int64_t offset, int64_t limit,
                                     int64_t total) {
    parley_rest_v1_Page *message = parley_rest_v1_Page_new(arena);
    if (!message)
        return NULL;
    message->size = (int32_t)limit;
    message->number = (int32_t)(offset / limit);
    message->total_elements = total;
    message->total_pages = (int32_t)((total + limit - 1) / limit);
    return message;
}
