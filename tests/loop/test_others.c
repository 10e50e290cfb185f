/*
 * A worker with a good key that speaks of another's attempt, over the real sockets: whatever it
 * says is answered and changes nothing; the one whose attempt it is goes on and has its result.
 */
#include "support/support.h"

#include "loop/peers.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static struct peers peers;
static struct wire_message message;

static const char spec_text[] =
    "name: others\ncommand: [\"true\", \"{x}\"]\n"
    "parameters: {x: {type: float, min: 0, max: 1}}\n"
    "objective: {metric: loss, direction: minimize}\n"
    "search: {algorithm: random}\nbudget: {trials: 2}\nschedule: {timezone: UTC}\n";

/* What a question about the store is answered by, as text. */
static const char *stored(const char *question)
{
    static char answer[256];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_open_v2(peers.store, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    (void)snprintf(answer, sizeof answer, "%s", (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return answer;
}

static const char *trial_of_the_first(const char *columns)
{
    static char question[512];

    (void)snprintf(question, sizeof question,
                   "SELECT %s FROM attempt a JOIN trial t ON t.experiment = a.experiment AND "
                   "t.number = a.trial JOIN worker w ON w.id = a.worker WHERE a.experiment = %d "
                   "AND a.trial = %d",
                   columns, (int)peers.first.attempt.experiment, (int)peers.first.attempt.trial);
    return stored(question);
}

static enum wire_verdict result_of_the_first(struct peer *peer, double value)
{
    message = (struct wire_message){.type = WIRE_RESULT};
    message.result = (struct wire_result){.attempt = peers.first.attempt,
                                          .outcome = OUTCOME_COMPLETED,
                                          .cause = CAUSE_EXIT,
                                          .last_step = 1,
                                          .value_count = 1,
                                          .message = ""};
    message.result.values[0] = (struct wire_value){"loss", value};
    peer_say(peer, &message);
    peer_hear(peer, WIRE_RESULT_ACK, &message);
    const enum wire_verdict verdict = message.ack.verdict;
    wire_message_fini(&message);
    return verdict;
}

static void nothing_has_changed(void)
{
    assert_string_equal(trial_of_the_first("count(*) || a.number || a.state || w.name || t.state"),
                        "11activefirstrunning");
    assert_string_equal(stored("SELECT count(*) FROM checkpoint"), "0");
    assert_string_equal(stored("SELECT count(*) FROM metric"), "0");
}

static void its_result_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(result_of_the_first(&peers.second, -1000), VERDICT_UNKNOWN);
    nothing_has_changed();
}

static void its_checkpoint_and_metrics_are_not_recorded(void **state)
{
    const char hash[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    (void)state;
    message = (struct wire_message){.type = WIRE_METRIC};
    message.metric = (struct wire_metric){.attempt = peers.first.attempt, .count = 1};
    message.metric.points[0] = (struct wire_point){1, "loss", -1000};
    peer_say(&peers.second, &message);
    message = (struct wire_message){.type = WIRE_CKPT};
    message.ckpt.attempt = peers.first.attempt;
    message.ckpt.checkpoint = (struct wire_checkpoint){.attempt_number = 1,
                                                       .seq = 1,
                                                       .step = 1,
                                                       .bytes = 1,
                                                       .hash = hash,
                                                       .location = "file:/nowhere"};
    peer_say(&peers.second, &message);
    peer_hear(&peers.second, WIRE_CKPT_ACK, &message);
    assert_true(message.ack.verdict == VERDICT_UNKNOWN ||
                message.ack.verdict == VERDICT_SUPERSEDED);
    wire_message_fini(&message);
    nothing_has_changed();
}

static void it_can_neither_refuse_nor_renew(void **state)
{
    (void)state;
    message = (struct wire_message){.type = WIRE_REFUSE};
    message.refuse = (struct wire_refuse){peers.first.attempt, REFUSAL_FULL};
    peer_say(&peers.second, &message);
    message = (struct wire_message){.type = WIRE_RENEW, .renew = {.token = 7, .count = 2}};
    message.renew.running[0].attempt = peers.first.attempt;
    message.renew.running[1].attempt = peers.second.attempt;
    peer_say(&peers.second, &message);
    peer_hear(&peers.second, WIRE_LEASE, &message);
    assert_int_equal(message.lease.token, 7);
    assert_int_equal(message.lease.verdicts[0].verdict, VERDICT_REVOKED);
    assert_int_equal(message.lease.verdicts[1].verdict, VERDICT_OK);
    wire_message_fini(&message);
    nothing_has_changed();
}

static void a_hello_does_not_make_it_its_own(void **state)
{
    (void)state;
    message = (struct wire_message){.type = WIRE_HELLO};
    message.hello = (struct wire_hello){.token = 8,
                                        .version_oldest = WIRE_VERSION_OLDEST,
                                        .version_newest = WIRE_VERSION,
                                        .software = "test",
                                        .host = "test",
                                        .pool = "default",
                                        .slots = 1,
                                        .running_count = 2,
                                        .outbox_count = 1};
    message.hello.running[0].attempt = peers.first.attempt;
    message.hello.running[1].attempt = peers.second.attempt;
    message.hello.outbox[0] = peers.first.attempt;
    peer_say(&peers.second, &message);
    peer_hear(&peers.second, WIRE_WELCOME, &message);
    assert_int_equal(message.welcome.token, 8);
    assert_int_equal(message.welcome.running[0].verdict, VERDICT_STOP);
    assert_int_equal(message.welcome.running[1].verdict, VERDICT_KEEP);
    assert_int_equal(message.welcome.outbox[0].verdict, VERDICT_DROP);
    wire_message_fini(&message);
    nothing_has_changed();
}

/* Last: it ends the trial. */
static void the_one_whose_it_is_has_its_result(void **state)
{
    (void)state;
    assert_int_equal(result_of_the_first(&peers.first, 0.5), VERDICT_RECORDED);
    assert_int_not_equal(result_of_the_first(&peers.second, -1000), VERDICT_RECORDED);
    assert_string_equal(trial_of_the_first("count(*) || w.name || t.state || t.value"),
                        "1firstcompleted0.5");
}

static int setup(void **state)
{
    (void)state;
    peers_begin(&peers, spec_text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_end(&peers);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_result_is_unknown),
        cmocka_unit_test(its_checkpoint_and_metrics_are_not_recorded),
        cmocka_unit_test(it_can_neither_refuse_nor_renew),
        cmocka_unit_test(a_hello_does_not_make_it_its_own),
        cmocka_unit_test(the_one_whose_it_is_has_its_result),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
