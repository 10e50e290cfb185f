/*
 * serve: a coordinator until it is told to end. Workers join it, operators speak to it; its state
 * is the store.
 */
#include "commands/options.h"
#include "commands/service.h"
#include "commands/verbs.h"

#include "base/exit.h"
#include "base/log.h"
#include "loop/clock.h"

#include <inttypes.h>
#include <stdio.h>

static const struct option_rule rules[] = {
    {"listen", 'l', "ENDPOINT", "tcp://ADDRESS:PORT (loopback, port 7733 or any free one)"},
    {"keys", 'k', "DIR", "who may join and order (made for this run, loopback only)"},
    {"lease", 0, "TIME", "how long a silent worker keeps its attempts (120s)"},
    {"test-clock", 0, "FILE", "tests only: UTC is the milliseconds in this file"},
};

static const struct usage usage = {
    .verb = "serve",
    .arguments = "",
    .text = "Runs the coordinator: workers join it with 'tidemill-worker', experiments come\n"
            "with 'tidemill submit'. SIGTERM ends it; attempts go on without it, and the\n"
            "next start on the same store takes them up again.",
    .rules = rules,
    .rule_count = sizeof rules / sizeof *rules,
    .example = "tidemill serve --store s.db --listen tcp://127.0.0.1:7733",
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

int command_serve(int argc, char **argv)
{
    struct options options;
    struct error error;
    struct service service = {0};
    int code = options_parse(&usage, argc, argv, &options);

    if (code != OPTIONS_GO) {
        return code;
    }
    service.options = (struct coordinator_options){.store = options.store,
                                                   .listen = options_value(&options, "listen"),
                                                   .keys = options_value(&options, "keys")};
    if (options_duration(&options, "lease", 0, &service.options.lease_ms, &error) != TIDE_OK) {
        return options_wrong(&usage, "%s", error.text);
    }
    if (options_value(&options, "test-clock") != NULL) {
        if (service.options.keys != NULL) {
            return options_wrong(&usage, "--test-clock is for tests: it cannot be with --keys");
        }
        clock_drive(options_value(&options, "test-clock"));
    }
    code = service_open(&service);
    if (code == EXIT_CODE_OK) {
        log_line(LOG_INFO, "serving", "endpoint=%s store=%s keys=%s",
                 coordinator_endpoint(service.coordinator), options.store,
                 coordinator_run_directory(service.coordinator));
        code = serve_loop(&service);
    }
    service_close(&service);
    return code;
}
