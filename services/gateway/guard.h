/* Who may talk to a listener that asks for no login: programs of this machine, and pages
 * it served itself; no web site a user happens to visit. */
#ifndef GATEWAY_GUARD_H
#define GATEWAY_GUARD_H

#include "parley/http/parser.h"

/* NULL where HEAD may pass, else why not: a constant text. A foreign Host (DNS
 * rebinding), an Origin other than the own, and a Sec-Fetch-Site other than same-origin
 * and none are refused. */
const char *gateway_guard(const pl_http_head *head);

#endif
