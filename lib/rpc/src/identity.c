/* Who a call comes from, as its connection has proved. */
#include <grpc/grpc_security.h>
#include <grpc/grpc_security_constants.h>
#include <string.h>

#include "call_internal.h"

/* The first value of NAME among what CONTEXT says of the peer; NULL: there is none. */
static const grpc_auth_property *find(const grpc_auth_context *context, const char *name) {
    grpc_auth_property_iterator i = grpc_auth_context_find_properties_by_name(context, name);

    return grpc_auth_property_iterator_next(&i);
}

const char *pl_call_peer_identity(pl_call *call) {
    const grpc_auth_property *found = NULL;
    grpc_auth_context *context;

    if (call->identity)
        return call->identity;
    context = call->grpc ? grpc_call_auth_context(call->grpc) : NULL;
    if (context && grpc_auth_context_peer_is_authenticated(context)) {
        found = find(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
        if (!found)
            found = find(context, GRPC_X509_SAN_PROPERTY_NAME);
    }
    /* A certificate's text may hold a NUL, and is nobody's then. */
    if (found && !memchr(found->value, 0, found->value_length))
        call->identity = pl_arena_strndup(&call->arena, found->value, found->value_length);
    grpc_auth_context_release(context);
    return call->identity ? call->identity : "";
}
