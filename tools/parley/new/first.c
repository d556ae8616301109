#include "new/first.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/protos.h"
#include "contract/skeleton.h"

enum { CONTRACT_MAX = 1 << 20, NAME_MAX_BYTES = 160 };

void first_proto_folder(const first_protos *f, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "proto/%s/%s/v1", f->system, f->service);
}

void first_contract_folder(const first_protos *f, char out[PATH_MAX]) {
    (void)snprintf(out, PATH_MAX, "contracts/%s", f->package);
}

/* A file with this ENDING is in FOLDER, below the root. */
static bool has(const first_protos *f, const char *folder, const char *ending) {
    char path[PATH_MAX * 2];
    bool found = false;
    (void)snprintf(path, sizeof path, "%s/%s", f->c.space.root, folder);
    DIR *opened = opendir(path);
    for (struct dirent *e; opened && !found && (e = readdir(opened));)
        found = e->d_name[0] != '.' && pl_str_ends(pl_str_c(e->d_name), pl_str_c(ending));
    if (opened)
        (void)closedir(opened);
    return found;
}

static bool provides(const first_protos *f, const pl_file *file) {
    return pl_str_eqc(file->package, f->package);
}

/* Its services; the package of every file there is the one that the folder's name says. */
static pl_code find_services(first_protos *f, pl_error *err) {
    char folder[PATH_MAX], below[PATH_MAX + 1];
    first_proto_folder(f, folder);
    (void)snprintf(below, sizeof below, "%s/", folder);
    for (size_t i = 0; i < pl_pool_file_count(f->c.pool); i++) {
        const pl_file *file = pl_pool_file_at(f->c.pool, i);
        char path[PATH_MAX];
        if (!provides(f, file) && protos_path(&f->c.space, file->name, path) &&
            pl_str_starts(pl_str_c(path), pl_str_c(below)))
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "%s: its package is %s, and a service in this folder has %s", path,
                                file->package.n ? file->package.p : "not said", f->package);
        for (size_t s = 0; provides(f, file) && s < file->service_count; s++) {
            if (f->service_count == FIRST_SERVICES_MAX)
                return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s has more than %d services",
                                    f->package, FIRST_SERVICES_MAX);
            f->services[f->service_count++] = file->services[s];
        }
    }
    return f->service_count ? PL_OK
                            : pl_error_set(err, PL_FAILED_PRECONDITION,
                                           "%s: the protos have no service to make", folder);
}

/* ---- a contract to begin with ---------------------------------------------------------- */

static void put_head(first_protos *f, bool events) {
    pl_buf_printf(
        &f->contract,
        "# What a first consumer relies on of %s. Whoever it becomes writes its name here,"
        " and\n# what it sends and reads.\nconsumer: %s.web\nprovider: %s\n"
        "access: [grpc%s]\n\ncontracts:\n",
        f->service, f->system, f->package, events ? ", events" : "");
}

static void put_contracts(first_protos *f, const pl_file *file) {
    pl_buf name = pl_buf_make(NAME_MAX_BYTES);
    for (size_t s = 0; s < file->service_count; s++) {
        for (size_t m = 0; m < file->services[s]->method_count; m++) {
            const pl_method_type *method = &file->services[s]->methods[m];
            pl_buf_cut(&name, 0);
            if (f->service_count > 1) {
                skeleton_words(file->services[s]->name, ' ', &name);
                pl_buf_puts(&name, ", ");
            }
            skeleton_words(method->name, ' ', &name);
            skeleton_call(method, name.p, &f->contract);
            pl_buf_putc(&f->contract, '\n');
        }
    }
    for (size_t i = 0; i < file->message_count; i++) {
        if (!file->messages[i]->is_event)
            continue;
        pl_buf_cut(&name, 0);
        skeleton_words(file->messages[i]->name, ' ', &name);
        pl_buf_puts(&name, " is told of");
        skeleton_event(file->messages[i], name.p, &f->contract);
        pl_buf_putc(&f->contract, '\n');
    }
    pl_buf_done(&name);
}

static pl_code make_contract(first_protos *f, pl_error *err) {
    char path[PATH_MAX];
    bool events = false;
    for (size_t i = 0; i < pl_pool_file_count(f->c.pool); i++) {
        const pl_file *file = pl_pool_file_at(f->c.pool, i);
        for (size_t m = 0; provides(f, file) && m < file->message_count; m++)
            events = events || file->messages[m]->is_event;
    }
    put_head(f, events);
    for (size_t i = 0; i < pl_pool_file_count(f->c.pool); i++) {
        const pl_file *file = pl_pool_file_at(f->c.pool, i);
        if (provides(f, file))
            put_contracts(f, file);
    }
    if (f->contract.failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too many methods", f->package);
    pl_buf_cut(&f->contract, f->contract.n - 1); /* the last empty line */
    (void)snprintf(path, sizeof path, "contracts/%s/%s.web.yaml", f->package, f->system);
    pl_contract_source source = {path, pl_buf_view(&f->contract)};
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    opts.check_paths = true;
    return pl_contract_compile(f->c.pool, &source, 1, &opts, f->c.findings, &f->c.set, err);
}

/* ---- what is there --------------------------------------------------------------------- */

static pl_code load(first_protos *f, const char *contracts_at, pl_error *err) {
    char folder[PATH_MAX * 2];
    pl_code code = PL_OK;
    (void)snprintf(folder, sizeof folder, "%s/%s", f->c.space.root, contracts_at);
    if (f->contracts_kept) {
        code = contracts_add(&f->c, folder, err);
        if (code == PL_OK)
            code = contracts_compile(&f->c, err);
    } else {
        code = protos_load(&f->c.space, f->c.findings, &f->c.pool, err);
    }
    if (code == PL_OK && !pl_findings_errors(f->c.findings))
        code = find_services(f, err);
    if (code == PL_OK && !pl_findings_errors(f->c.findings) && !f->contracts_kept)
        code = make_contract(f, err);
    if (code == PL_OK && pl_findings_errors(f->c.findings))
        code = pl_error_set(err, PL_INVALID_ARGUMENT, "%s: wrong", contracts_at);
    return code;
}

pl_code first_open(first_protos *f, const char *system, const char *service, pl_error *err) {
    char protos[PATH_MAX], kept[PATH_MAX];
    pl_code code = contracts_init(&f->c, err);
    f->system = system;
    f->service = service;
    f->contract = pl_buf_make(CONTRACT_MAX);
    (void)snprintf(f->package, sizeof f->package, "%s.%s.v1", system, service);
    if (code != PL_OK)
        return code;
    first_proto_folder(f, protos);
    first_contract_folder(f, kept);
    f->there = has(f, protos, ".proto");
    f->contracts_kept = has(f, kept, ".yaml");
    if (!f->there && f->contracts_kept)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s is there, but no %s/*.proto that says what these contracts are "
                            "about: write it first (parley contract check says when both fit)",
                            kept, protos);
    return f->there ? load(f, kept, err) : PL_OK;
}

void first_done(first_protos *f) {
    pl_buf_done(&f->contract);
    contracts_done(&f->c);
}
