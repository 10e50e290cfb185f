/*
 * The worker's agent. Golden traces: each file of golden/ is an account of events (`@time what`)
 * and of what the agent does about each (indented, then when it wants to be called again); the
 * events are replayed and the account must come out the same (UPDATE_GOLDEN=1 rewrites it).
 * Properties: in random event sequences no attempt is started twice or after a later one, slots are
 * never exceeded, and time alone settles everything once the coordinator answers.
 */
#include "support/support.h"

#include "worker/agent.h"
#include "worker/trace.h"

#include "base/rng.h"
#include "base/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct agent agent;
static struct agent_outcome outcome;
static struct wire_message message;

/* --- golden traces --- */

static int64_t number_after(const char *line, const char *key, int64_t otherwise)
{
    const char *at = strstr(line, key);

    return at == NULL ? otherwise : strtoll(at + strlen(key), NULL, 10);
}

static struct wire_attempt read_attempt(const char *word)
{
    struct wire_attempt attempt = {0, 0, 0};

    (void)sscanf(word, "%" SCNd32 ".%" SCNd32 "/%" SCNd32, &attempt.experiment, &attempt.trial,
                 &attempt.number);
    return attempt;
}

/* The attempt that follows `word` on the line, wherever that stands; zeros without one. */
static struct wire_attempt attempt_after(const char *line, const char *word)
{
    const char *at = strstr(line, word);

    return at == NULL ? (struct wire_attempt){0, 0, 0} : read_attempt(at + strlen(word));
}

static void add_verdict(struct wire_verdict_of *list, size_t *count, const char *line,
                        const char *word, enum wire_verdict verdict)
{
    const struct wire_attempt attempt = attempt_after(line, word);

    if (attempt.number > 0) {
        list[(*count)++] = (struct wire_verdict_of){attempt, verdict};
    }
}

static void read_welcome(const char *line)
{
    struct wire_welcome *welcome = &message.welcome;

    welcome->token = number_after(line, "token=", agent.hello_first_ms);
    welcome->lease_ms = number_after(line, "L=", 120000);
    welcome->renew_ms = number_after(line, "R=", 30000);
    add_verdict(welcome->running, &welcome->running_count, line, "keep ", VERDICT_KEEP);
    add_verdict(welcome->running, &welcome->running_count, line, "stop ", VERDICT_STOP);
    add_verdict(welcome->outbox, &welcome->outbox_count, line, "send ", VERDICT_SEND);
    add_verdict(welcome->outbox, &welcome->outbox_count, line, "drop ", VERDICT_DROP);
}

static enum wire_reason read_reason(const char *line)
{
    const enum wire_reason all[] = {LEAVE_WINDOW, LEAVE_PRUNED, LEAVE_CANCELLED, LEAVE_SUPERSEDED};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strstr(line, wire_reason_text(all[i])) != NULL) {
            return all[i];
        }
    }
    return LEAVE_NONE;
}

static void read_body(const char *line)
{
    switch (message.type) {
    case WIRE_WELCOME:
        read_welcome(line);
        break;
    case WIRE_ASSIGN:
        message.assign.attempt = attempt_after(line, "ASSIGN ");
        message.assign.grace_ms = number_after(line, "grace=", 25000);
        message.assign.stop_on_lease_loss = strstr(line, "stop-on-loss") != NULL;
        break;
    case WIRE_LEASE:
        message.lease.token = number_after(line, "token=", 0);
        add_verdict(message.lease.verdicts, &message.lease.count, line, "ok ", VERDICT_OK);
        add_verdict(message.lease.verdicts, &message.lease.count, line, "revoked ",
                    VERDICT_REVOKED);
        break;
    case WIRE_STOP:
        message.stop = (struct wire_stop){attempt_after(line, "STOP "), read_reason(line),
                                          number_after(line, "grace=", 25000)};
        break;
    case WIRE_CKPT_ACK:
    case WIRE_RESULT_ACK:
        message.ack = (struct wire_ack){attempt_after(line, "ACK "),
                                        (int32_t)number_after(line, "seq=", 0), VERDICT_RECORDED};
        break;
    case WIRE_ERROR:
        message.error = (struct wire_error){"no", strstr(line, "fatal") != NULL};
        break;
    case WIRE_WHO:
    case WIRE_DRAIN:
    case WIRE_HELLO:
    case WIRE_READY:
    case WIRE_ACCEPT:
    case WIRE_REFUSE:
    case WIRE_RENEW:
    case WIRE_METRIC:
    case WIRE_CKPT:
    case WIRE_RESULT:
    case WIRE_PREEMPT:
    case WIRE_BYE:
    case WIRE_LOG:
    case WIRE_REQUEST:
    case WIRE_REPLY:
    case WIRE_ENROL:
    case WIRE_ENROLLED:
    case WIRE_OFFER:
    case WIRE_FETCH:
    case WIRE_CHUNK:
    case WIRE_CREDIT:
    case WIRE_STORED:
    case WIRE_DENIED:
    case WIRE_TYPE_COUNT:
        break;
    }
}

static bool read_message(const char *line, const char *what)
{
    char word[32];

    for (int type = 0; type < WIRE_TYPE_COUNT; type++) {
        (void)snprintf(word, sizeof word, "%s", wire_type_text((enum wire_type)type));
        if (strncmp(what, word, strlen(word)) == 0 &&
            wire_type_sender((enum wire_type)type) == 'C' &&
            (what[strlen(word)] == ' ' || what[strlen(word)] == '\0')) {
            const char *cluster = strstr(line, "cluster=");
            message = (struct wire_message){.type = (enum wire_type)type,
                                            .incarnation = number_after(line, "inc=", 1),
                                            .seq = number_after(line, "sent=", 0)};
            (void)text_copy(message.cluster, 2, cluster == NULL ? "a" : cluster + 8);
            read_body(line);
            return true;
        }
    }
    return false;
}

/* The words of the events that are no messages. */
static const struct {
    const char *word;
    enum agent_event_kind kind;
} words[] = {{"start", AGENT_SAW_START},     {"timer", AGENT_SAW_TIMER},
             {"link-up", AGENT_SAW_LINK_UP}, {"progress ", AGENT_SAW_PROGRESS},
             {"saved ", AGENT_SAW_SAVED},    {"ended ", AGENT_SAW_ENDED},
             {"stuck ", AGENT_SAW_STUCK},    {"remembered ", AGENT_SAW_REMEMBERED},
             {"owed ", AGENT_SAW_OWED},      {"notice", AGENT_SAW_NOTICE},
             {"now", AGENT_SAW_STOP_NOW}};

static void read_event(const char *line, struct agent_event *event)
{
    const char *what = strchr(line, ' ') + 1;

    *event = (struct agent_event){.boot_ms = strtoll(line + 1, NULL, 10),
                                  .step = number_after(line, "step=", 0),
                                  .grace_ms = number_after(line, "grace=", 0),
                                  .has_obstacle = strstr(line, "obstacle") != NULL,
                                  .obstacle = REFUSAL_DISK,
                                  .source = "SIGTERM"};
    event->checkpoint.seq = (int32_t)number_after(line, "seq=", 0);
    if (read_message(line, what)) {
        event->kind = AGENT_SAW_MESSAGE;
        event->message = &message;
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strncmp(what, words[i].word, strlen(words[i].word)) == 0) {
            event->kind = words[i].kind;
            event->attempt = read_attempt(what + strlen(words[i].word));
            return;
        }
    }
    fail_msg("the trace says '%s'", line);
}

static void replay_line(const char *line, char *account, size_t bytes)
{
    struct agent_event event;
    char text[256];
    size_t used = strlen(account);

    read_event(line, &event);
    agent_step(&agent, &event, &outcome);
    used += (size_t)snprintf(account + used, bytes - used, "%s\n", line);
    for (size_t i = 0; i < outcome.count; i++) {
        used += (size_t)snprintf(account + used, bytes - used, "    %s\n",
                                 trace_action(&outcome.actions[i], text, sizeof text));
    }
    (void)snprintf(account + used, bytes - used, "    next %" PRId64 "\n", agent_deadline(&agent));
}

/* Comments and the line `slots=N idle=MS` are kept, events are replayed, the rest is made anew. */
static char *replay(const char *text)
{
    const size_t bytes = 65536;
    char *account = calloc(bytes, 1);
    char *copy = strdup(text);
    char *rest = NULL;

    assert_non_null(account);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "slots=", 6) == 0) {
            const struct agent_config config = {.slots = (int32_t)number_after(line, "slots=", 1),
                                                .idle_exit_ms = number_after(line, "idle=", 0)};
            agent_init(&agent, &config, strstr(line, "cluster=a") == NULL ? "" : "a",
                       number_after(line, "inc=", 0));
        }
        if (line[0] == '@') {
            replay_line(line, account, bytes);
        } else if (line[0] != ' ') {
            (void)snprintf(account + strlen(account), bytes - strlen(account), "%s\n", line);
        }
    }
    free(copy);
    return account;
}

static void each_account_comes_out_the_same(void **state)
{
    DIR *directory = opendir(GOLDEN_FOLDER);
    int traces = 0;

    (void)state;
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[1024];
        if (strstr(entry->d_name, ".trace") == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", GOLDEN_FOLDER, entry->d_name);
        char *want = file_read(path);
        char *got = replay(want);
        if (getenv("UPDATE_GOLDEN") != NULL) {
            file_write(path, got);
        } else if (strcmp(got, want) != 0) {
            fail_msg("%s: the agent's account is now\n%s", path, got);
        }
        free(got);
        free(want);
        traces++;
    }
    (void)closedir(directory);
    assert_true(traces >= 8);
}

/* --- properties --- */

enum { TRIALS = 6, STEPS = 4000 };

struct world {
    struct rng rng;
    int64_t now_ms;
    int32_t started[TRIALS]; /* the highest attempt that was started */
    bool runs[TRIALS];
    bool owes[TRIALS];
    int32_t running;
    int64_t incarnation;
    bool exited;
};

static void check_actions(struct world *world)
{
    for (size_t i = 0; i < outcome.count; i++) {
        const struct agent_action *action = &outcome.actions[i];
        const int32_t trial = action->attempt.trial;
        if (action->kind == AGENT_DO_START) {
            assert_true(action->attempt.number > world->started[trial]); /* I7 */
            assert_false(world->runs[trial]);
            world->started[trial] = action->attempt.number;
            world->runs[trial] = true;
            world->running++;
            assert_true(world->running <= agent.config.slots); /* I14 */
        } else if (action->kind == AGENT_DO_FORGET) {
            assert_true(world->owes[trial]);
            world->owes[trial] = false;
        } else if (action->kind == AGENT_DO_EXIT) {
            world->exited = true;
            assert_int_equal(world->running, 0);
        }
    }
}

static void step(struct world *world, struct agent_event *event)
{
    event->boot_ms = world->now_ms;
    agent_step(&agent, event, &outcome);
    check_actions(world);
    assert_true(world->exited || agent_deadline(&agent) >= world->now_ms);
}

static void answer(struct world *world, enum wire_type type)
{
    struct agent_event event = {.kind = AGENT_SAW_MESSAGE, .message = &message};
    const struct wire_attempt attempt = {1, (int32_t)rng_below(&world->rng, TRIALS),
                                         (int32_t)rng_below(&world->rng, 5) + 1};

    message =
        (struct wire_message){.type = type, .cluster = "a", .incarnation = world->incarnation};
    if (type == WIRE_WELCOME) {
        message.welcome.token = rng_below(&world->rng, 4) == 0
                                    ? world->now_ms - (int64_t)rng_below(&world->rng, 200000)
                                    : agent.hello_first_ms;
        message.welcome.lease_ms = 120000;
        message.welcome.renew_ms = 30000;
    } else if (type == WIRE_ASSIGN) {
        message.assign.attempt = attempt;
        message.assign.grace_ms = 1000;
        message.assign.stop_on_lease_loss = attempt.trial == 0;
    } else if (type == WIRE_RESULT_ACK || type == WIRE_CKPT_ACK) {
        message.ack = (struct wire_ack){attempt, 9, VERDICT_RECORDED};
    } else if (type == WIRE_LEASE) {
        message.lease.token = world->now_ms - (int64_t)rng_below(&world->rng, 200000);
    } else if (type == WIRE_STOP) {
        message.stop = (struct wire_stop){attempt, LEAVE_PRUNED, 1000};
    }
    step(world, &event);
}

/* Ends one of the running attempts, as the runner would. */
static void end_one(struct world *world)
{
    const int32_t trial = (int32_t)rng_below(&world->rng, TRIALS);
    struct agent_event event = {.kind = AGENT_SAW_ENDED,
                                .attempt = {1, trial, world->started[trial]}};

    if (world->runs[trial] && !world->owes[trial]) {
        world->runs[trial] = false;
        world->owes[trial] = true;
        world->running--;
        step(world, &event);
    }
}

static void happen(struct world *world)
{
    static const enum wire_type types[] = {WIRE_WELCOME,  WIRE_ASSIGN,     WIRE_ASSIGN,
                                           WIRE_LEASE,    WIRE_STOP,       WIRE_WHO,
                                           WIRE_CKPT_ACK, WIRE_RESULT_ACK, WIRE_RESULT_ACK};
    struct agent_event event = {.kind = AGENT_SAW_TIMER};
    const uint64_t dice = rng_below(&world->rng, 16);

    world->now_ms += (int64_t)rng_below(&world->rng, 20000);
    if (dice < 9) {
        answer(world, types[dice]);
    } else if (dice < 12) {
        end_one(world);
    } else if (dice == 12) {
        world->incarnation += rng_below(&world->rng, 10) == 0 ? 1 : 0;
        event.kind = AGENT_SAW_LINK_UP;
        step(world, &event);
    } else if (dice == 13 && world->runs[1]) {
        event.kind = AGENT_SAW_SAVED;
        event.attempt = (struct wire_attempt){1, 1, world->started[1]};
        event.checkpoint.seq = (int32_t)(world->now_ms / 1000);
        step(world, &event);
    } else {
        world->now_ms =
            agent_deadline(&agent) > world->now_ms ? agent_deadline(&agent) : world->now_ms;
        step(world, &event);
    }
}

/* The coordinator answers everything from now on: nothing stays owed, and the worker leaves. */
static void settle(struct world *world)
{
    struct agent_event notice = {.kind = AGENT_SAW_NOTICE, .source = "SIGTERM"};

    answer(world, WIRE_WELCOME);
    step(world, &notice);
    for (int i = 0; i < 10000 && !world->exited; i++) {
        end_one(world);
        if (!world->exited) {
            answer(world, i % 3 == 0 ? WIRE_WELCOME : i % 3 == 1 ? WIRE_CKPT_ACK : WIRE_RESULT_ACK);
        }
    }
    assert_true(world->exited);
}

static void random_events_break_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct world world = {.now_ms = 1000, .incarnation = 1};
        const struct agent_config config = {.slots = (int32_t)(seed % 4) + 1};
        struct agent_event start = {.kind = AGENT_SAW_START};

        rng_init(&world.rng, seed, "agent");
        agent_init(&agent, &config, "", 0);
        step(&world, &start);
        for (int i = 0; i < STEPS; i++) {
            happen(&world);
        }
        settle(&world);
    }
}

/* The outcome holds what a full worker can have to say at once. */
static void a_full_worker_fits_its_limits(void **state)
{
    const struct agent_config config = {.slots = WIRE_SLOTS_MAX};
    struct world world = {.now_ms = 1, .incarnation = 1};
    struct agent_event event = {.kind = AGENT_SAW_START, .boot_ms = 1};

    (void)state;
    agent_init(&agent, &config, "", 0);
    agent_step(&agent, &event, &outcome);
    message = (struct wire_message){.type = WIRE_WELCOME, .cluster = "a", .incarnation = 1};
    message.welcome.token = 1;
    message.welcome.lease_ms = 120000;
    message.welcome.renew_ms = 30000;
    event = (struct agent_event){.kind = AGENT_SAW_MESSAGE, .boot_ms = 1, .message = &message};
    agent_step(&agent, &event, &outcome);
    for (int32_t trial = 0; trial < WIRE_SLOTS_MAX; trial++) {
        message = (struct wire_message){.type = WIRE_ASSIGN, .cluster = "a", .incarnation = 1};
        message.assign.attempt = (struct wire_attempt){1, trial, 1};
        agent_step(&agent, &event, &outcome);
        assert_int_equal(outcome.actions[2].type, WIRE_ACCEPT);
    }
    event = (struct agent_event){.kind = AGENT_SAW_STOP_NOW, .boot_ms = 2};
    agent_step(&agent, &event, &outcome);
    assert_true(outcome.count >= WIRE_SLOTS_MAX);
    for (int32_t trial = 0; trial < WIRE_SLOTS_MAX; trial++) {
        event =
            (struct agent_event){.kind = AGENT_SAW_ENDED, .boot_ms = 3, .attempt = {1, trial, 1}};
        agent_step(&agent, &event, &outcome);
    }
    (void)world;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_account_comes_out_the_same),
        cmocka_unit_test(random_events_break_nothing),
        cmocka_unit_test(a_full_worker_fits_its_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
