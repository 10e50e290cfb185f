/*
 * Any bytes as the files of a worker's outbox, as a disk may have left them: what can be read is
 * told to the agent, the rest is left out, and the agent takes all of it. The first byte chooses
 * which file the rest is.
 */
#include "worker/outbox.h"
#include "base/assert.h"
#include "worker/agent.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char cluster[] = "00112233445566778899aabbccddeeff";
static const char *const files[] = {"outbox/1.2.3", "outbox/1.2.3.ckpt", "seen", "incarnation"};

static void put(const char *folder, const char *name, const uint8_t *data, size_t bytes)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, cluster, name);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ASSERT(file >= 0);
    const ssize_t written = write(file, data, bytes);
    ASSERT(written == (ssize_t)bytes);
    (void)close(file);
}

static void folders_make(char *folder)
{
    char path[512];

    ASSERT(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/%s", folder, cluster);
    ASSERT(mkdir(path, 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/%s/outbox", folder, cluster);
    ASSERT(mkdir(path, 0700) == 0);
}

static void folders_remove(const char *folder)
{
    static const char *const inside[] = {"outbox/1.2.3", "outbox/1.2.3.ckpt", "seen",
                                         "seen.tmp",     "incarnation",       "outbox"};
    char path[512];

    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        (void)snprintf(path, sizeof path, "%s/%s/%s", folder, cluster, inside[i]);
        (void)remove(path);
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder, cluster);
    (void)remove(path);
    (void)snprintf(path, sizeof path, "%s/lock", folder);
    (void)remove(path);
    (void)snprintf(path, sizeof path, "%s/last", folder);
    (void)remove(path);
    ASSERT(rmdir(folder) == 0);
}

static void tell_agent(const struct outbox *outbox)
{
    static struct agent agent;
    static struct agent_outcome outcome;
    const struct agent_config config = {.slots = 2};
    struct outbox_cursor cursor = {0};
    struct agent_event event = {0};

    agent_init(&agent, &config, outbox->cluster, outbox_incarnation(outbox));
    while (outbox_load(outbox, &cursor, &event)) {
        ASSERT(event.kind == AGENT_SAW_REMEMBERED || event.kind == AGENT_SAW_OWED);
        agent_step(&agent, &event, &outcome);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char folder[] = "/tmp/tidemill-fuzz-XXXXXX";
    static struct wire_message message;
    struct outbox outbox;
    struct error error;

    if (bytes == 0) {
        return 0;
    }
    folders_make(folder);
    put(folder, files[data[0] % 4], data + 1, bytes - 1);
    if (data[0] % 4 == 1) { /* beside a result that is one */
        put(folder, files[0], data + 1, bytes - 1);
    }
    if (outbox_open(&outbox, folder, &error) == TIDE_OK) {
        if (outbox_enter(&outbox, cluster, 1, &error) == TIDE_OK) {
            tell_agent(&outbox);
            if (outbox_result(&outbox, (struct wire_attempt){1, 2, 3}, &message, &error) ==
                TIDE_OK) {
                ASSERT(message.type == WIRE_RESULT);
                wire_message_fini(&message);
            }
        }
        outbox_close(&outbox);
    }
    folders_remove(folder);
    return 0;
}
