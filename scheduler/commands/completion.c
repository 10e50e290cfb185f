#include "commands/completion.h"

#include "commands/options.h"

#include <stdio.h>
#include <string.h>

/* What follows a verb, the same in every shell. */
#define OPTIONS_OF "tidemill \"$verb\" --help 2>/dev/null | grep -oE -- '--[a-z-]+' | sort -u"
#define EXPERIMENTS "tidemill status --all 2>/dev/null | awk 'NR > 1 { print $1; print $2 }'"
#define TAKES_FILES "run|check|submit|simulate"

static void bash_print(const struct command *commands, size_t count)
{
    (void)printf("# tidemill: completion for bash; put into a file that bash reads at its start:\n"
                 "#   source <(tidemill completion bash)\n"
                 "_tidemill() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}\n"
                 "    COMPREPLY=()\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s%s", i == 0 ? "" : " ", commands[i].name);
    }
    (void)printf("' -- \"$word\"))\n"
                 "    elif [[ $word == -* ]]; then\n"
                 "        COMPREPLY=($(compgen -W \"$(" OPTIONS_OF ")\" -- \"$word\"))\n"
                 "    else\n"
                 "        case $verb in\n"
                 "        " TAKES_FILES ") COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                 "        *) COMPREPLY=($(compgen -W \"$(" EXPERIMENTS ")\" -- \"$word\")) ;;\n"
                 "        esac\n"
                 "    fi\n"
                 "}\n"
                 "complete -F _tidemill tidemill\n");
}

static void zsh_print(const struct command *commands, size_t count)
{
    (void)printf("#compdef tidemill\n"
                 "# tidemill: completion for zsh; put into a file _tidemill of your $fpath, or:\n"
                 "#   source <(tidemill completion zsh)\n"
                 "_tidemill() {\n"
                 "    local verb=$words[2]\n"
                 "    local -a verbs\n"
                 "    verbs=(\n");
    for (size_t i = 0; i < count; i++) {
        (void)printf("        \"%s:%s\"\n", commands[i].name, commands[i].summary);
    }
    (void)printf("    )\n"
                 "    if (( CURRENT == 2 )); then\n"
                 "        _describe verb verbs\n"
                 "    elif [[ $PREFIX == -* ]]; then\n"
                 "        compadd -- $(" OPTIONS_OF ")\n"
                 "    else\n"
                 "        case $verb in\n"
                 "        " TAKES_FILES ") _files ;;\n"
                 "        *) compadd -- $(" EXPERIMENTS ") ;;\n"
                 "        esac\n"
                 "    fi\n"
                 "}\n"
                 "(( $+functions[compdef] )) && compdef _tidemill tidemill\n");
}

static void fish_print(const struct command *commands, size_t count)
{
    (void)printf("# tidemill: completion for fish; put into a file:\n"
                 "#   tidemill completion fish > ~/.config/fish/completions/tidemill.fish\n"
                 "complete -c tidemill -f\n");
    for (size_t i = 0; i < count; i++) {
        (void)printf("complete -c tidemill -n __fish_use_subcommand -a %s -d \"%s\"\n",
                     commands[i].name, commands[i].summary);
    }
    (void)printf(
        "set -l tidemill_files run check submit simulate\n"
        "complete -c tidemill -F -n \"__fish_seen_subcommand_from $tidemill_files\"\n"
        "complete -c tidemill -n \"not __fish_use_subcommand; and not "
        "__fish_seen_subcommand_from $tidemill_files\" -a \"(" EXPERIMENTS ")\"\n"
        "complete -c tidemill -n \"not __fish_use_subcommand\" -a \"(set -l verb (commandline"
        " -opc)[2]; " OPTIONS_OF ")\"\n");
}

int completion_run(const struct command *commands, size_t count, int argc, char **argv)
{
    static const struct usage usage = {
        .verb = "completion",
        .arguments = "bash|zsh|fish",
        .text = "A script that lets a shell complete verbs, options and experiments.",
        .arguments_min = 1,
        .arguments_max = 1,
        .example = "source <(tidemill completion bash)",
    };
    static const struct {
        const char *shell;
        void (*print)(const struct command *commands, size_t count);
    } shells[] = {{"bash", bash_print}, {"zsh", zsh_print}, {"fish", fish_print}};
    struct options options;
    const int parsed = options_parse(&usage, argc, argv, &options);

    if (parsed != OPTIONS_GO) {
        return parsed;
    }
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].shell, options.arguments[0]) == 0) {
            shells[i].print(commands, count);
            return EXIT_CODE_OK;
        }
    }
    return options_wrong(&usage, "no completion for '%s'", options.arguments[0]);
}
