/*
 * submit: hands a spec to the coordinator that is running.
 */
#include "commands/asking.h"
#include "commands/document.h"
#include "commands/reading.h"
#include "commands/spec_file.h"
#include "commands/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option_rule rules[] = {ASKING_RULES};

static const struct usage usage = {
    .verb = "submit",
    .arguments = "SPEC",
    .text = "Checks a spec and hands it to the coordinator that runs on the store ('tidemill\n"
            "serve'). Prints the id of the new experiment.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .arguments_min = 1,
    .arguments_max = 1,
    .example =
        "tidemill submit digits.yaml\nid=$(tidemill submit digits.yaml) && tidemill wait $id",
};

static int spec_submit(const struct options *options, const struct spec *spec)
{
    const char *path = options->arguments[0];
    char workdir[SPEC_FILE_PATH_BYTES];
    struct workdir_packed packed;
    struct error error;
    json_t *answer = NULL;

    if (spec_file_pack(spec, path, options->store, &packed, workdir, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill submit: %s\n", error.text);
        return EXIT_CODE_USAGE;
    }
    json_t *body = json_pack("{s:s#, s:s, s:s}", "spec", spec->text, spec->text_bytes, "name", path,
                             "workdir", workdir);
    if (body == NULL) {
        return options_wrong(&usage, "the paths of the spec and of its workdir must be UTF-8");
    }
    const int code = asking_ask_with(options, packed.fd < 0 ? NULL : &packed, body, &answer);
    const int64_t id = (int64_t)json_integer_value(json_object_get(answer, "experiment"));
    if (code == EXIT_CODE_OK && options->json) {
        (void)document_print(answer, true, stdout);
        (void)putchar('\n');
    } else if (code == EXIT_CODE_OK) {
        (void)printf("%" PRId64 "\n", id);
        reading_suggest(options, "tidemill watch %" PRId64, id);
    }
    json_decref(answer);
    json_decref(body);
    return code;
}

int command_submit(int argc, char **argv)
{
    struct options options;
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    struct spec *spec = spec_file_read(options.arguments[0], options.json);
    code = spec == NULL ? EXIT_CODE_USAGE : spec_submit(&options, spec);
    spec_free(spec);
    return code;
}
