#include "generate.h"

#include "check.h"
#include "sound.h"

typedef Google__Protobuf__Compiler__CodeGeneratorResponse response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File response_file;

/* CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL */
#define FEATURE_PROTO3_OPTIONAL 1
/* Files made of one .proto. */
#define OUTPUTS_MAX 3

/* The plugin's parameter: "rpc,auth=public". */
typedef struct parameters {
    pl_gen_mode mode;
    Parley__Auth auth; /* of methods that say nothing; its case says whether there is one */
} parameters;

static bool read_mode(pl_str word, pl_gen_mode *out_mode) {
    static const char *const NAMES[] = {[PL_GEN_RPC] = "rpc",
                                        [PL_GEN_TYPES] = "types",
                                        [PL_GEN_FILE] = "file",
                                        [PL_GEN_EVENTS] = "events"};
    for (size_t i = 0; i < PL_COUNT(NAMES); i++) {
        if (pl_str_eqc(word, NAMES[i])) {
            *out_mode = (pl_gen_mode)i;
            return true;
        }
    }
    return false;
}

static bool read_auth(pl_str word, Parley__Auth *out_auth) {
    if (pl_str_eqc(word, "auth=public")) {
        out_auth->rule_case = PARLEY__AUTH__RULE_PUBLIC;
        out_auth->public_ = true;
    } else if (pl_str_eqc(word, "auth=user")) {
        out_auth->rule_case = PARLEY__AUTH__RULE_USER;
        out_auth->user = true;
    } else if (pl_str_eqc(word, "auth=internal")) {
        out_auth->rule_case = PARLEY__AUTH__RULE_INTERNAL;
        out_auth->internal = true;
    } else {
        return false;
    }
    return true;
}

static bool read_parameters(const char *text, parameters *out) {
    pl_str rest = pl_str_c(text ? text : ""), word;
    while (rest.n && pl_str_split(&rest, ',', &word))
        if (!read_mode(word, &out->mode) && !read_auth(word, &out->auth))
            return false;
    return true;
}

/* Contracts of others know nothing of our rules: their methods get the one of the parameter. */
static void give_auth(pl_gen *gen, const Parley__Auth *auth) {
    for (size_t i = 0; i < gen->file_count; i++)
        for (size_t s = 0; gen->files[i].wanted && s < gen->files[i].service_count; s++)
            for (size_t m = 0; m < gen->files[i].services[s].method_count; m++)
                if (!gen->files[i].services[s].methods[m].auth)
                    gen->files[i].services[s].methods[m].auth = auth;
}

/* Adds a file with OUT's text to the response; empties OUT. */
static pl_code add(response *answer, pl_arena *arena, const char *base, const char *suffix,
                   pl_out *out, pl_error *err) {
    response_file *file = PL_ARENA_NEW(arena, response_file);
    if (!file || out->buf.failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory for %s%s", base, suffix);
    google__protobuf__compiler__code_generator_response__file__init(file);
    file->name = pl_arena_printf(arena, "%s%s", base, suffix);
    file->content = pl_arena_strndup(arena, out->buf.p, out->buf.n);
    if (!file->name || !file->content)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory for %s%s", base, suffix);
    answer->file[answer->n_file++] = file;
    pl_buf_clear(&out->buf);
    return PL_OK;
}

static pl_code emit(response *answer, const pl_gen *gen, const pl_gen_file *file, pl_gen_mode mode,
                    pl_error *err) {
    pl_out out = pl_out_make();
    bool events = mode == PL_GEN_EVENTS;
    if (events)
        pl_emit_events_header(&out, gen, file);
    else
        pl_emit_header(&out, gen, file, mode);
    pl_code code = add(answer, gen->arena, file->base, ".parley.h", &out, err);
    if (!code) {
        if (events)
            pl_emit_events_source(&out, gen, file);
        else
            pl_emit_source(&out, gen, file, mode);
        code = add(answer, gen->arena, file->base, ".parley.c", &out, err);
    }
    if (!code && events) {
        pl_emit_events_options(&out, file);
        code = add(answer, gen->arena, file->base, ".options", &out, err);
    }
    pl_out_done(&out);
    return code;
}

static pl_code answer_files(response *answer, const pl_gen *gen, pl_gen_mode mode, pl_error *err) {
    pl_gen_report *report = PL_ARENA_NEW(gen->arena, pl_gen_report);
    answer->file = pl_arena_calloc(gen->arena, gen->file_count * OUTPUTS_MAX + 1,
                                   sizeof(response_file *));
    if (!report || !answer->file)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    report->arena = gen->arena;
    for (size_t i = 0; i < gen->file_count; i++)
        if (gen->files[i].wanted)
            pl_check_file(report, gen, &gen->files[i], mode);
    if (report->count || report->failed) {
        const char *text = pl_gen_report_text(report);
        if (!text)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
        answer->error = pl_arena_strdup(gen->arena, text);
        return answer->error ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    }
    pl_code code = PL_OK;
    for (size_t i = 0; !code && i < gen->file_count; i++)
        if (gen->files[i].wanted)
            code = emit(answer, gen, &gen->files[i], mode, err);
    return code;
}

pl_code pl_generate(pl_str request_bytes, pl_arena *arena, pl_str *out_response, pl_error *err) {
    response answer = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    pl_plugin_request *request;
    parameters parameter = {PL_GEN_RPC, PARLEY__AUTH__INIT};
    pl_gen *gen;
    answer.has_supported_features = true;
    answer.supported_features = FEATURE_PROTO3_OPTIONAL;
    pl_code code = pl_plugin_unpack(request_bytes, arena, &request, err);
    if (code)
        return code;
    if (!read_parameters(request->parameter, &parameter)) {
        answer.error = pl_arena_printf(arena,
                                       "parameter \"%s\": expected rpc, types, file or events, and "
                                       "perhaps auth=public, auth=user or auth=internal, joined "
                                       "with a comma",
                                       request->parameter);
        return answer.error ? pl_plugin_pack(&answer.base, arena, out_response, err)
                            : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    }
    code = pl_gen_sound(request, err);
    if (!code)
        code = pl_gen_load(request, arena, &gen, err);
    if (!code && parameter.auth.rule_case != PARLEY__AUTH__RULE__NOT_SET)
        give_auth(gen, &parameter.auth);
    if (!code)
        code = answer_files(&answer, gen, parameter.mode, err);
    return code ? code : pl_plugin_pack(&answer.base, arena, out_response, err);
}
