#include "board.h"

#include <stdio.h>
#include <string.h>

/* ---- an implementation ---- */

static pl_code count_op(void *self, pl_call *call, const google_protobuf_Empty *request,
                        golden_v1_Note **out_response) {
    (void)self;
    (void)request;
    golden_v1_Note *note = golden_v1_Note_new(pl_call_arena(call));
    if (!note)
        return pl_call_no_memory(call);
    note->number = NOTES;
    *out_response = note;
    return PL_OK;
}

static pl_code watch_op(void *self, pl_call *call, const golden_v1_WatchRequest *request,
                        golden_v1_BoardService_watch_stream *stream) {
    (void)self;
    pl_code code = PL_OK;
    if (strcmp(request->author, "nobody") == 0)
        return pl_call_fail(call, PL_NOT_FOUND, "NO_AUTHOR", "nobody writes nothing");
    for (unsigned i = 1; code == PL_OK && i <= NOTES; i++) {
        golden_v1_Note note = golden_v1_NOTE_INIT;
        note.author = request->author;
        note.text = "note";
        note.number = i;
        code = golden_v1_BoardService_watch_send(stream, &note);
    }
    return code;
}

static pl_code upload_op(void *self, pl_call *call, golden_v1_BoardService_upload_stream *stream,
                         golden_v1_Uploaded **out_response) {
    (void)self;
    golden_v1_Uploaded *done = golden_v1_Uploaded_new(pl_call_arena(call));
    const golden_v1_Note *note;
    pl_code code;
    if (!done)
        return pl_call_no_memory(call);
    while ((code = golden_v1_BoardService_upload_recv(stream, &note)) == PL_OK && note)
        done->count++;
    if (code == PL_OK)
        *out_response = done;
    return code;
}

static pl_code chat_op(void *self, pl_call *call, golden_v1_BoardService_chat_stream *stream) {
    (void)self;
    (void)call;
    const golden_v1_Free *said;
    pl_code code;
    while ((code = golden_v1_BoardService_chat_recv(stream, &said)) == PL_OK && said)
        if ((code = golden_v1_BoardService_chat_send(stream, said)) != PL_OK)
            break;
    return code;
}

const golden_v1_BoardService_ops BOARD_OPS = {
    .count = count_op, .watch = watch_op, .upload = upload_op, .chat = chat_op};

/* ---- where it runs ---- */

pl_server *serve(const board *impl) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *server;
    assert_int_equal(pl_server_new(&opts, &server, NULL), PL_OK);
    assert_int_equal(pl_server_add(server, golden_v1_BoardService_bind(impl), NULL), PL_OK);
    assert_int_equal(pl_server_start(server, NULL), PL_OK);
    return server;
}

pl_channel *connect_to(const pl_server *server) {
    char target[32];
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel;
    snprintf(target, sizeof(target), "127.0.0.1:%d", pl_server_port(server));
    opts.target = target;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    return channel;
}

void open_local(world *w, const golden_v1_BoardService_ops *ops) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    memset(w, 0, sizeof(*w));
    opts.timeout_ms = PATIENCE_MS;
    assert_int_equal(pl_call_new(&opts, &w->call, NULL), PL_OK);
    w->impl.ops = ops;
    w->service = w->impl;
}

void open_remote(world *w, const golden_v1_BoardService_ops *ops) {
    open_local(w, ops);
    w->server = serve(&w->impl);
    w->channel = connect_to(w->server);
    w->service = golden_v1_BoardService_client(w->channel);
}

void open_mock(world *w) {
    open_local(w, NULL);
    w->mock = golden_v1_BoardService_mock_new();
    assert_non_null(w->mock);
    w->service = golden_v1_BoardService_mock_service(w->mock);
}

void close_world(world *w) {
    pl_call_free(w->call);
    pl_channel_free(w->channel);
    pl_server_free(w->server);
    golden_v1_BoardService_mock_free(w->mock);
}

/* ---- consumers ---- */

pl_code watch(world *w, const char *author, unsigned *out_notes) {
    golden_v1_WatchRequest request = golden_v1_WATCH_REQUEST_INIT;
    golden_v1_BoardService_watch_client *client;
    const golden_v1_Note *note;
    *out_notes = 0;
    request.author = author;
    pl_code code = golden_v1_BoardService_watch_open(&w->service, w->call, &request, &client);
    if (code != PL_OK)
        return code;
    while (golden_v1_BoardService_watch_client_recv(client, &note) == PL_OK && note) {
        assert_int_equal(note->number, *out_notes + 1);
        assert_string_equal(note->author, author);
        *out_notes += 1;
    }
    return golden_v1_BoardService_watch_client_close(client);
}

pl_code upload(world *w, unsigned notes, const char *text, unsigned *out_count) {
    golden_v1_BoardService_upload_client *client;
    const golden_v1_Uploaded *done = NULL;
    golden_v1_Note note = golden_v1_NOTE_INIT;
    note.text = text;
    *out_count = 0;
    pl_code code = golden_v1_BoardService_upload_open(&w->service, w->call, &client);
    if (code != PL_OK)
        return code;
    for (unsigned i = 0; code == PL_OK && i < notes; i++) {
        note.number = i;
        code = golden_v1_BoardService_upload_client_send(client, &note);
    }
    if (code == PL_OK && golden_v1_BoardService_upload_client_answer(client, &done) == PL_OK)
        *out_count = done->count;
    return golden_v1_BoardService_upload_client_close(client);
}

void chat(world *w, unsigned turns) {
    golden_v1_BoardService_chat_client *client;
    const golden_v1_Free *heard;
    char text[16];
    assert_int_equal(golden_v1_BoardService_chat_open(&w->service, w->call, &client), PL_OK);
    for (unsigned i = 0; i < turns; i++) {
        golden_v1_Free said = golden_v1_FREE_INIT;
        snprintf(text, sizeof(text), "turn %u", i);
        said.text = text;
        assert_int_equal(golden_v1_BoardService_chat_client_send(client, &said), PL_OK);
        assert_int_equal(golden_v1_BoardService_chat_client_recv(client, &heard), PL_OK);
        assert_non_null(heard);
        assert_string_equal(heard->text, text);
    }
    golden_v1_BoardService_chat_client_end(client);
    assert_int_equal(golden_v1_BoardService_chat_client_recv(client, &heard), PL_OK);
    assert_null(heard);
    assert_int_equal(golden_v1_BoardService_chat_client_close(client), PL_OK);
}
