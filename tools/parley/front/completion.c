#include "front/completion.h"

#include <stdio.h>
#include <string.h>

#include "common/commands.h"

static void print_names(const tool_option *options) {
    for (; options->name; options++)
        printf(" %s", options->name);
}

static void print_bash(void) {
    printf("_parley() {\n"
           "    local command= word\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        [[ $word == -* ]] || { command=$word; break; }\n"
           "    done\n"
           "    local words\n"
           "    case $command in\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        printf("    %s) words=\"", tool_commands[i].name);
        print_names(tool_commands[i].options);
        print_names(tool_global_options);
        printf("\" ;;\n");
    }
    printf("    *) words=\"");
    for (size_t i = 0; i < tool_command_count; i++)
        printf(" %s", tool_commands[i].name);
    print_names(tool_global_options);
    printf("\" ;;\n"
           "    esac\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
           "}\n"
           "complete -o default -F _parley parley\n");
}

static void print_zsh(void) {
    printf("#compdef parley\n_parley() {\n    local -a commands=(\n");
    for (size_t i = 0; i < tool_command_count; i++)
        printf("        '%s:%s'\n", tool_commands[i].name, tool_commands[i].summary);
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (size_t i = 0; i < tool_command_count; i++) {
        printf("    %s) compadd --", tool_commands[i].name);
        print_names(tool_commands[i].options);
        print_names(tool_global_options);
        printf(" ;;\n");
    }
    printf("    esac\n    _files\n}\ncompdef _parley parley\n");
}

static void print_fish(void) {
    for (size_t i = 0; i < tool_command_count; i++) {
        const tool_command *command = &tool_commands[i];
        printf("complete -c parley -n __fish_use_subcommand -a %s -d '%s'\n", command->name,
               command->summary);
        for (const tool_option *o = command->options; o->name; o++)
            printf("complete -c parley -n '__fish_seen_subcommand_from %s' -%c %s%s -d '%s'\n",
                   command->name, o->name[1] == '-' ? 'l' : 's',
                   o->name + (o->name[1] == '-' ? 2 : 1), o->argument ? " -r" : "", o->help);
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
