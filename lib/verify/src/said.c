/* What core says of a call: 'UNKNOWN:Error received from peer {grpc_message:"...", file:"...",
 * ...}'.
 */
#include <stdio.h>
#include <string.h>

#include "engine.h"

/* Core shows texts as C does. TEXT begins behind the first quote; it may be cut off anywhere. */
static void unescape(const char *text, char out[PL_ERROR_MESSAGE_MAX]) {
    size_t n = 0;
    unsigned byte;
    int digits;

    while (*text && *text != '"' && n + 1 < PL_ERROR_MESSAGE_MAX) {
        if (*text != '\\') {
            out[n++] = *text++;
        } else if (text[1] == 'x') {
            if (sscanf(text + 2, "%2x%n", &byte, &digits) != 1 || digits != 2)
                break;
            out[n++] = (char)byte;
            text += 4;
        } else if (text[1]) {
            out[n++] = text[1] == 'n' ? '\n' : text[1] == 't' ? '\t' : text[1];
            text += 2;
        } else {
            break;
        }
    }
    out[n] = '\0';
}

bool said_message(const char *said, char out[PL_ERROR_MESSAGE_MAX]) {
    static const char key[] = "grpc_message:\"";
    const char *message = strstr(said, key);

    if (message)
        unescape(message + sizeof key - 1, out);
    return message != NULL;
}

bool said_nobody(const char *said) {
    return strstr(said, "failed to connect to all addresses") ||
           strstr(said, "DNS resolution failed");
}

/* TEXT without the names of codes in front of it. */
static const char *without_codes(const char *text) {
    size_t n;

    while ((n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")) > 1 && text[n] == ':')
        text += n + 1 + strspn(text + n + 1, " ");
    return text;
}

void said_in_short(const char *said, char out[PL_ERROR_MESSAGE_MAX]) {
    static const char last[] = "last error: ";
    const char *text = strstr(said, last), *end;

    if (said_message(said, out))
        return;
    text = without_codes(text ? text + sizeof last - 1 : said);
    end = strstr(text, " {");
    (void)snprintf(out, PL_ERROR_MESSAGE_MAX, "%.*s%s", (int)(end ? end - text : (int)strlen(text)),
                   text,
                   strstr(said, "http1.x") || strstr(said, "parsing HTTP/2")
                       ? "; that is not gRPC: is it the port of REST?"
                       : "");
}
