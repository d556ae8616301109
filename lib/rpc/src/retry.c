#include "retry.h"

#include "parley/base/clock.h"

void pl_retry_init(pl_retry_budget *budget) {
    budget->hundredths = PL_RETRY_SAVED_MAX * 100;
}

void pl_retry_earn(pl_retry_budget *budget) {
    budget->hundredths += PL_RETRY_PERCENT;
    if (budget->hundredths > PL_RETRY_SAVED_MAX * 100)
        budget->hundredths = PL_RETRY_SAVED_MAX * 100;
}

bool pl_retry_spend(pl_retry_budget *budget) {
    if (budget->hundredths < 100)
        return false;
    budget->hundredths -= 100;
    return true;
}

int64_t pl_retry_backoff(unsigned attempt, uint64_t random) {
    int64_t most = PL_RETRY_BACKOFF_MS;

    for (unsigned i = 2; i < attempt && most < PL_RETRY_BACKOFF_MAX_MS; i++)
        most *= 2;
    if (most > PL_RETRY_BACKOFF_MAX_MS)
        most = PL_RETRY_BACKOFF_MAX_MS;
    return (int64_t)(random % (uint64_t)(most * PL_NS_PER_MS));
}
