#include "front/completion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/commands.h"
#include "front/front.h"
#include "parley/base/str.h"

static void print_names(const tool_option *options) {
    for (; options->name; options++)
        printf(" %s", options->name);
}

/* The words that a command's arguments begin with, each after a space: "check [PATH...] | fmt" has
 * check and fmt, "bash|zsh" has both. */
static void print_verbs(const tool_command *command) {
    pl_str rest = pl_str_c(command->arguments), token, word;
    for (bool first = true; pl_str_split(&rest, ' ', &token);) {
        bool verb = first && token.n > 1;
        for (size_t i = 0; i < token.n; i++)
            verb = verb && (islower((unsigned char)token.p[i]) || token.p[i] == '|');
        first = pl_str_eqc(token, "|");
        while (verb && pl_str_split(&token, '|', &word))
            printf(" %.*s", PL_FMT(word));
    }
}

static bool takes(const tool_command *command, const char *what) {
    return command->completes && strcmp(command->completes, what) == 0;
}

/* Within single quotes, which every shell ends in the same way. */
static void print_quoted(const char *text) {
    for (; *text; text++)
        printf(*text == '\'' ? "'\\''" : "%c", *text);
}

/* The commands that print what a command's words are. */
static void print_questions(const tool_command *command, const char *folder) {
    pl_str rest = pl_str_c(command->completes), name;
    for (bool first = true; pl_str_split(&rest, ' ', &name); first = false)
        printf("%sparley%s completion %.*s 2>/dev/null", first ? "" : "; ", folder,
               (int)pl_str_index(name, '='), name.p);
}

static void print_bash(void) {
    printf("_parley() {\n"
           "    local command= word previous= folder=. verbs=\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case $previous in\n"
           "        -C) folder=$word ;;\n"
           "        --color) ;;\n"
           "        *) [[ $word == -* ]] || { command=$word; break; } ;;\n"
           "        esac\n"
           "        previous=$word\n"
           "    done\n"
           "    local words\n"
           "    word=${COMP_WORDS[COMP_CWORD]}\n"
           "    case $command in\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        const tool_command *command = &tool_commands[i];
        printf("    %s) words=\"", command->name);
        print_names(command->options);
        print_names(tool_global_options);
        printf("\"; verbs=\"");
        print_verbs(command);
        printf("\"");
        printf("; [[ $word == -* ]] || ");
        if (command->completes) {
            const bool assigns = takes(command, "services=N");
            printf("words=$(");
            print_questions(command, " -C \"$folder\"");
            printf(assigns ? " | sed 's/$/=/'); compopt -o nospace 2>/dev/null" : ")");
        } else {
            printf("[[ -z $verbs ]] || words=");
        }
        printf(" ;;\n");
    }
    printf("    *) verbs=\"");
    for (size_t i = 0; i < tool_command_count; i++) {
        if (front_has(&tool_commands[i]))
            printf(" %s", tool_commands[i].name);
    }
    printf("\"; words=\"");
    print_names(tool_global_options);
    printf("\" ;;\n"
           "    esac\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$verbs $words\" -- \"$word\")\n"
           "}\n"
           "complete -o default -F _parley parley\n");
}

static void print_zsh(void) {
    printf("#compdef parley\n_parley() {\n    local -a commands=(\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        if (!front_has(&tool_commands[i]))
            continue;
        printf("        '%s:", tool_commands[i].name);
        print_quoted(tool_commands[i].summary);
        printf("'\n");
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        const tool_command *command = &tool_commands[i];
        printf("    %s) compadd --", command->name);
        print_verbs(command);
        print_names(command->options);
        print_names(tool_global_options);
        if (command->completes) {
            printf("; compadd %s-- ${(f)\"$(", takes(command, "services=N") ? "-S = " : "");
            print_questions(command, "");
            printf(")\"}");
        }
        printf(" ;;\n");
    }
    printf("    esac\n    _files\n}\ncompdef _parley parley\n");
}

static void print_fish(void) {
    for (size_t i = 0; i < tool_command_count; i++) {
        const tool_command *command = &tool_commands[i];
        if (!front_has(command))
            continue;
        printf("complete -c parley -n __fish_use_subcommand -a %s -d '", command->name);
        print_quoted(command->summary);
        printf("'\n");
        if (command->completes) {
            printf("complete -c parley -n '__fish_seen_subcommand_from %s' -f -a '(",
                   command->name);
            print_questions(command, "");
            printf("%s)'\n", takes(command, "services=N") ? " | string replace -r \\$ =" : "");
        }
        printf("complete -c parley -n '__fish_seen_subcommand_from %s' -a '", command->name);
        print_verbs(command);
        printf("'\n");
        for (const tool_option *o = command->options; o->name; o++) {
            printf("complete -c parley -n '__fish_seen_subcommand_from %s' -%c %s%s -d '",
                   command->name, o->name[1] == '-' ? 'l' : 's',
                   o->name + (o->name[1] == '-' ? 2 : 1), o->argument ? " -r" : "");
            print_quoted(o->help);
            printf("'\n");
        }
    }
}

bool completion_print(const char *shell) {
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else
        return false;
    return true;
}
