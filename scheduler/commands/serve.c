/*
 * serve: a coordinator until it is told to end. Workers join it, operators speak to it; its state
 * is the store.
 */
#include "commands/options.h"
#include "commands/service.h"
#include "commands/spec_file.h"
#include "commands/verbs.h"

#include "base/exit.h"
#include "base/log.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>

static const struct option_rule rules[] = {
    {"config", 'c', "FILE", "its configuration; options go before it"},
    {"listen", 'l', "ENDPOINT", "tcp://ADDRESS:PORT (loopback, 7733 or any free one)"},
    {"keys", 'k', "DIR", "who may join and order (made for this run: loopback)"},
    {"lease", 0, "TIME", "how long a silent worker keeps its attempts (120s)"},
    {"test-clock", 0, "FILE", NULL},
};

static const struct usage usage = {
    .verb = "serve",
    .arguments = "",
    .text = "Runs the coordinator: workers join it with 'tidemill-worker', experiments come\n"
            "with 'tidemill submit'. SIGTERM ends it; attempts go on without it, and the\n"
            "next start on the same store takes them up again.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .example = "tidemill serve --store s.db --listen tcp://127.0.0.1:7733\n"
               "tidemill serve --config coordinator.yaml",
};

static int serve_loop(struct service *service)
{
    struct error error;
    enum tide_status status = TIDE_OK;

    while (status == TIDE_OK && service->interrupts == 0) {
        status = service_turn(service, 3600000, &error);
    }
    if (status == TIDE_OK) {
        log_line(LOG_INFO, "ending", "%s", "why=signal");
        return EXIT_CODE_OK;
    }
    log_line(LOG_ERROR, "ending", "why=\"%s\"", error.text);
    return status == TIDE_STALE ? EXIT_CODE_NOT_FOUND : EXIT_CODE_FAILED;
}

static const char *either(const char *option, const char *configured)
{
    return option != NULL ? option : configured;
}

/* What the command line says goes before what the configuration says. */
static void settings_merge(const struct options *options, const struct config *config,
                           struct coordinator_options *settings)
{
    static const struct config nothing;
    const struct config *said = config == NULL ? &nothing : config;
    const bool configured = said->store != NULL && !options->store_named;

    settings->store = configured ? said->store : options->store;
    settings->listen = either(options_value(options, "listen"), said->listen);
    settings->keys = either(options_value(options, "keys"), said->keys);
    settings->lease_ms = settings->lease_ms == 0 ? said->lease_ms : settings->lease_ms;
    settings->config = config;
}

static int serve(struct service *service)
{
    int code = service_open(service);

    if (code == EXIT_CODE_OK) {
        log_line(LOG_INFO, "serving", "endpoint=%s store=%s keys=%s",
                 coordinator_endpoint(service->coordinator), service->options.store,
                 coordinator_run_directory(service->coordinator));
        code = serve_loop(service);
    }
    service_close(service);
    return code;
}

int command_serve(int argc, char **argv)
{
    struct options options;
    struct error error;
    struct service service = {0};
    struct config *config = NULL;
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    if (options_duration(&options, "lease", 0, &service.options.lease_ms, &error) != TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    if (options_value(&options, "config") != NULL) {
        config = config_file_read(options_value(&options, "config"), options.json);
        if (config == NULL) {
            return EXIT_CODE_USAGE;
        }
    }
    settings_merge(&options, config, &service.options);
    if (options_value(&options, "test-clock") != NULL && service.options.keys != NULL) {
        code = options_wrong(&usage, "--test-clock is for tests: it cannot be with keys");
    } else {
        clock_drive(options_value(&options, "test-clock"));
        code = serve(&service);
    }
    config_free(config);
    return code;
}
