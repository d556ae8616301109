/* Prints a YAML file as JSON, every scalar as a string: what a script reads of pipeline files. */
#include <stdio.h>

#include "parley/yaml/yaml.h"

static void print_string(pl_str text) {
    (void)putchar('"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\' || c < ' ')
            (void)printf("\\u%04x", c);
        else
            (void)putchar(c);
    }
    (void)putchar('"');
}

static void print(const pl_yaml_node *node) {
    bool mapping = pl_yaml_kind_of(node) == PL_YAML_MAPPING;

    if (pl_yaml_kind_of(node) == PL_YAML_SCALAR) {
        print_string(pl_yaml_text(node));
        return;
    }
    (void)putchar(mapping ? '{' : '[');
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        if (i)
            (void)putchar(',');
        if (mapping) {
            print_string(pl_yaml_text(pl_yaml_key_at(node, i)));
            (void)putchar(':');
        }
        print(pl_yaml_at(node, i));
    }
    (void)putchar(mapping ? '}' : ']');
}

int main(int argc, char **argv) {
    pl_error err = PL_ERROR_INIT;
    pl_yaml_doc *doc = NULL;

    if (argc != 2 || pl_yaml_load(argv[1], &doc, &err) != PL_OK) {
        (void)fprintf(stderr, "yaml_json: %s\n", argc == 2 ? err.message : "which file?");
        return 1;
    }
    print(pl_yaml_root(doc));
    (void)putchar('\n');
    pl_yaml_free(doc);
    return 0;
}
