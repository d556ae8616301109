/* TLS of a server and of a channel: certificate files, and when they are read again.
 *
 * Files are PEM. They are read when the server or channel is made, and again after one of
 * them has changed: a server looks when a connection comes, a channel when a call is made.
 * New files are used only where they are good: complete, belonging together, valid today.
 * Until then the old ones stay in force, and the notice says why. Connections that exist go
 * on as they are; calls of a channel that has new files go through new connections, and the
 * old ones end with their last call.
 *
 * It issues no certificate and knows no revocation lists: certificates that live for hours
 * and are replaced in time need none.
 */
#ifndef PARLEY_RPC_TLS_H
#define PARLEY_RPC_TLS_H

#include "parley/base/log.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_TLS_FILE_MAX (256u << 10) /* bytes of a certificate, key or CA file */

/* Something happened that no call reports: certificates were read again, or could not be; or, at
 * PL_LOG_DEBUG, the transport's own words about a connection that failed. EVENT is a constant.
 * Called from any thread, also under locks of ours: it must not block or call the server or
 * channel. */
typedef void pl_rpc_notice_fn(void *self, pl_log_level level, const char *event, const char *text);

typedef struct pl_tls_opts {
    /* The own certificate, then those between it and the CA. Required of a server; a channel has
     * one for servers that ask (mTLS). */
    const char *cert_file;
    /* Its private key, unencrypted. Refused where everybody may read or write it. */
    const char *key_file;
    /* Those whose signature is believed. A server with it takes only clients that have such a
     * certificate (mTLS), without it any client. Required of a channel. */
    const char *ca_file;
    /* Of a channel: the name that the server's certificate must have. NULL: the host of the target,
     * or, of a target without one (file:, unix:, several addresses), the name of the channel. */
    const char *server_name;
} pl_tls_opts;
#define PL_TLS_OPTS_INIT                                                                           \
    { NULL, NULL, NULL, NULL }

#ifdef __cplusplus
}
#endif
#endif
