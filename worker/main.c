/*
 * tidemill-worker: runs attempts on this machine for a coordinator. The same program is also the
 * supervisor of each attempt, and saves, carries and restores checkpoints.
 */
#include "worker/carry.h"
#include "worker/copy.h"
#include "worker/options.h"
#include "worker/pack.h"
#include "worker/supervisor.h"
#include "worker/worker.h"

#include "base/text.h"

#include <tidemill/version.h>

#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_CODE_OK = 0, EXIT_CODE_USAGE = 2 };

int main(int argc, char **argv)
{
    static struct options options;
    struct error error;

    if (argc == 2 && text_equal(argv[1], "--supervise")) {
        return supervise();
    }
    if (argc > 2 && (text_equal(argv[1], "--archive") || text_equal(argv[1], "--extract"))) {
        return pack_main(argc, argv);
    }
    if (argc > 2 && text_equal(argv[1], "--copy")) {
        return copy_main(argc, argv);
    }
    if (argc == 2 && text_equal(argv[1], "--carry")) {
        return carry_main();
    }
    if (options_read(&options, argc, argv, &error) != TIDE_OK) {
        (void)fprintf(stderr, "tidemill-worker: %s\n'tidemill-worker --help' lists the options.\n",
                      error.text);
        return EXIT_CODE_USAGE;
    }
    if (options.help) {
        (void)fputs(options_usage(), stdout);
        return EXIT_CODE_OK;
    }
    if (options.version) {
        (void)printf("tidemill-worker %s\n", TIDE_VERSION);
        return EXIT_CODE_OK;
    }
    /* What this process inherited is not for its children. */
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    const int code = worker_run(&options);
    /* No exit handlers: libzmq 4.3.4 may crash when its context is torn down, and what must be
     * durable is. */
    _exit(code);
}
