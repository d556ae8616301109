#include "products.h"

allocation_state products_answer(int64_t stock, int64_t quantity, pl_str stock_policy) {
    if (stock >= quantity)
        return ALLOCATION_TAKEN;
    return pl_str_eqc(stock_policy, "backorder") ? ALLOCATION_WAITING : ALLOCATION_REFUSED;
}

bool products_can_serve(int64_t stock, const allocation *waiting) {
    return waiting->state == ALLOCATION_WAITING && stock >= waiting->quantity;
}

unsigned products_field(pl_str path) {
    static const struct {
        const char *path;
        unsigned bit;
    } fields[] = {
        {"name", PRODUCT_NAME},
        {"price", PRODUCT_PRICE},
        {"stock", PRODUCT_STOCK},
        {"image_url", PRODUCT_IMAGE_URL},
        {"product_options", PRODUCT_OPTIONS},
    };
    for (size_t i = 0; i < PL_COUNT(fields); i++) {
        if (pl_str_eqc(path, fields[i].path))
            return fields[i].bit;
    }
    return 0;
}
