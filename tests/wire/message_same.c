#include "support/support.h"
#include "wire/random_message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Two fields of the same name in `a` and `b`. */
#define SAME(member) assert_int_equal(a->member, b->member)
#define SAME_TEXT(member) assert_string_equal(a->member, b->member)

/* Bit for bit: -0 is not 0. */
static void same_real(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

static void same_attempt(const struct wire_attempt *a, const struct wire_attempt *b)
{
    SAME(experiment);
    SAME(trial);
    SAME(number);
}

static void same_running(const struct wire_running *a, const struct wire_running *b, size_t count)
{
    for (size_t i = 0; i < count; i++, a++, b++) {
        same_attempt(&a->attempt, &b->attempt);
        SAME(step);
        SAME(checkpoint_seq);
    }
}

static void same_verdicts(const struct wire_verdict_of *a, const struct wire_verdict_of *b,
                          size_t count)
{
    for (size_t i = 0; i < count; i++, a++, b++) {
        same_attempt(&a->attempt, &b->attempt);
        SAME(verdict);
    }
}

static void same_pairs(const struct wire_pair *a, const struct wire_pair *b, size_t count)
{
    for (size_t i = 0; i < count; i++, a++, b++) {
        SAME_TEXT(key);
        SAME_TEXT(value);
    }
}

static void same_checkpoint(const struct wire_checkpoint *a, const struct wire_checkpoint *b)
{
    SAME(attempt_number);
    SAME(seq);
    SAME(step);
    SAME(bytes);
    if (b->attempt_number > 0) {
        SAME_TEXT(hash);
        SAME_TEXT(location);
    }
}

static void same_ckpt(const struct wire_ckpt *a, const struct wire_ckpt *b)
{
    same_attempt(&a->attempt, &b->attempt);
    same_checkpoint(&a->checkpoint, &b->checkpoint);
}

static void same_hello(const struct wire_hello *a, const struct wire_hello *b)
{
    SAME(token);
    SAME(version_oldest);
    SAME(version_newest);
    SAME_TEXT(software);
    SAME_TEXT(host);
    SAME_TEXT(pool);
    SAME(slots);
    SAME(cpus_milli);
    SAME(memory_bytes);
    SAME(gpus);
    SAME(label_count);
    SAME(running_count);
    SAME(outbox_count);
    same_pairs(a->labels, b->labels, b->label_count);
    same_running(a->running, b->running, b->running_count);
    for (size_t i = 0; i < b->outbox_count; i++) {
        same_attempt(&a->outbox[i], &b->outbox[i]);
    }
}

static void same_metric(const struct wire_metric *a, const struct wire_metric *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(count);
    for (size_t i = 0; i < b->count; i++) {
        SAME(points[i].step);
        SAME_TEXT(points[i].name);
        same_real(a->points[i].value, b->points[i].value);
    }
}

static void same_result(const struct wire_result *a, const struct wire_result *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(outcome);
    SAME(cause);
    SAME(exit_code);
    SAME(signal);
    SAME(last_step);
    SAME(value_count);
    SAME(duration_ms);
    SAME(cpu_ms);
    SAME(max_rss_bytes);
    SAME(output_bytes);
    SAME_TEXT(message);
    for (size_t i = 0; i < b->value_count; i++) {
        SAME_TEXT(values[i].name);
        same_real(a->values[i].value, b->values[i].value);
    }
}

static void same_welcome(const struct wire_welcome *a, const struct wire_welcome *b)
{
    SAME(token);
    SAME(version);
    SAME_TEXT(worker);
    SAME(lease_ms);
    SAME(renew_ms);
    SAME(bulk_port);
    SAME(running_count);
    SAME(outbox_count);
    same_verdicts(a->running, b->running, b->running_count);
    same_verdicts(a->outbox, b->outbox, b->outbox_count);
}

static void same_assign_lists(const struct wire_assign *a, const struct wire_assign *b)
{
    for (size_t i = 0; i < b->word_count; i++) {
        SAME_TEXT(words[i]);
    }
    for (size_t i = 0; i < b->setup_count; i++) {
        SAME_TEXT(setup[i]);
    }
    for (size_t i = 0; i < b->secret_count; i++) {
        SAME_TEXT(secrets[i]);
    }
    for (size_t i = 0; i < b->objective_count; i++) {
        SAME_TEXT(objectives[i].metric);
        SAME(objectives[i].best);
        SAME(objectives[i].maximize);
        SAME(objectives[i].required);
    }
    for (size_t i = 0; i < b->rule_count; i++) {
        SAME_TEXT(rules[i].match);
        SAME(rules[i].then);
    }
    same_pairs(a->env, b->env, b->env_count);
    same_pairs(a->patterns, b->patterns, b->pattern_count);
}

static void same_assign(const struct wire_assign *a, const struct wire_assign *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(lease_ms);
    SAME(word_count);
    SAME(env_count);
    SAME(secret_count);
    SAME_TEXT(params);
    SAME_TEXT(workdir);
    SAME_TEXT(workdir_hash);
    SAME(workdir_bytes);
    SAME(setup_count);
    SAME(target_step);
    SAME(rung);
    SAME(grace_ms);
    SAME(timeout_ms);
    SAME(stall_ms);
    SAME(signal);
    SAME(stop_on_lease_loss);
    SAME(objective_count);
    SAME(pattern_count);
    SAME_TEXT(step_pattern);
    SAME(rule_count);
    same_checkpoint(&a->checkpoint, &b->checkpoint);
    SAME_TEXT(checkpoint_store);
    SAME(checkpoint_max_bytes);
    SAME(checkpoint_keep);
    same_assign_lists(a, b);
}

static void same_ack(const struct wire_ack *a, const struct wire_ack *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(seq);
    SAME(verdict);
}

static void same_refuse(const struct wire_refuse *a, const struct wire_refuse *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(refusal);
}

static void same_stop(const struct wire_stop *a, const struct wire_stop *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(reason);
    SAME(grace_ms);
}

static void same_log(const struct wire_log *a, const struct wire_log *b)
{
    same_attempt(&a->attempt, &b->attempt);
    SAME(stream);
    SAME(offset);
    SAME_TEXT(text);
}

static void same_renew(const struct wire_renew *a, const struct wire_renew *b)
{
    SAME(token);
    SAME(count);
    same_running(a->running, b->running, b->count);
}

static void same_lease(const struct wire_lease *a, const struct wire_lease *b)
{
    SAME(token);
    SAME(count);
    same_verdicts(a->verdicts, b->verdicts, b->count);
}

static void same_preempt(const struct wire_preempt *a, const struct wire_preempt *b)
{
    SAME(deadline_ms);
    SAME_TEXT(source);
}

static void same_error(const struct wire_error *a, const struct wire_error *b)
{
    SAME_TEXT(text);
    SAME(fatal);
}

static void same_request(const struct wire_request *a, const struct wire_request *b)
{
    SAME(id);
    SAME_TEXT(verb);
    SAME_TEXT(body);
}

static void same_reply(const struct wire_reply *a, const struct wire_reply *b)
{
    SAME(id);
    SAME(exit_code);
    SAME_TEXT(body);
}

static void same_enrol(const struct wire_enrol *a, const struct wire_enrol *b)
{
    SAME_TEXT(name);
    SAME_TEXT(public_key);
}

static void same_claim(const struct wire_claim *a, const struct wire_claim *b)
{
    SAME(object);
    same_attempt(&a->attempt, &b->attempt);
    SAME_TEXT(hash);
}

static void same_offer(const struct wire_offer *a, const struct wire_offer *b)
{
    same_claim(&a->claim, &b->claim);
    SAME(bytes);
}

static void same_fetch(const struct wire_fetch *a, const struct wire_fetch *b)
{
    same_claim(&a->claim, &b->claim);
    SAME(offset);
}

static void same_piece(const struct wire_piece *a, const struct wire_piece *b)
{
    SAME_TEXT(hash);
    SAME(offset);
}

static void same_denied(const struct wire_denied *a, const struct wire_denied *b)
{
    SAME_TEXT(hash);
    SAME(reason);
    SAME_TEXT(text);
}

/* Of those who are no workers. */
static void same_caller(const struct wire_message *a, const struct wire_message *b)
{
    if (b->type == WIRE_REQUEST) {
        same_request(&a->request, &b->request);
    } else if (b->type == WIRE_REPLY) {
        same_reply(&a->reply, &b->reply);
    } else if (b->type == WIRE_ENROL) {
        same_enrol(&a->enrol, &b->enrol);
    } else if (b->type == WIRE_ENROLLED) {
        SAME_TEXT(enrolled.worker);
    } else {
        same_error(&a->error, &b->error);
    }
}

static void same_bulk(const struct wire_message *a, const struct wire_message *b)
{
    if (b->type == WIRE_OFFER) {
        same_offer(&a->offer, &b->offer);
    } else if (b->type == WIRE_FETCH) {
        same_fetch(&a->fetch, &b->fetch);
    } else if (b->type == WIRE_STORED) {
        SAME_TEXT(stored.hash);
    } else if (b->type == WIRE_DENIED) {
        same_denied(&a->denied, &b->denied);
    } else {
        same_piece(&a->piece, &b->piece);
    }
}

static void same_body(const struct wire_message *a, const struct wire_message *b)
{
    switch (b->type) {
    case WIRE_HELLO:
        same_hello(&a->hello, &b->hello);
        return;
    case WIRE_READY:
        SAME(ready.slots_free);
        return;
    case WIRE_ACCEPT:
        same_attempt(&a->accept, &b->accept);
        return;
    case WIRE_REFUSE:
        same_refuse(&a->refuse, &b->refuse);
        return;
    case WIRE_RENEW:
        same_renew(&a->renew, &b->renew);
        return;
    case WIRE_METRIC:
        same_metric(&a->metric, &b->metric);
        return;
    case WIRE_CKPT:
        same_ckpt(&a->ckpt, &b->ckpt);
        return;
    case WIRE_RESULT:
        same_result(&a->result, &b->result);
        return;
    case WIRE_PREEMPT:
        same_preempt(&a->preempt, &b->preempt);
        return;
    case WIRE_LOG:
        same_log(&a->log, &b->log);
        return;
    case WIRE_WELCOME:
        same_welcome(&a->welcome, &b->welcome);
        return;
    case WIRE_ASSIGN:
        same_assign(&a->assign, &b->assign);
        return;
    case WIRE_LEASE:
        same_lease(&a->lease, &b->lease);
        return;
    case WIRE_STOP:
        same_stop(&a->stop, &b->stop);
        return;
    case WIRE_CKPT_ACK:
    case WIRE_RESULT_ACK:
        same_ack(&a->ack, &b->ack);
        return;
    case WIRE_REQUEST:
    case WIRE_REPLY:
    case WIRE_ENROL:
    case WIRE_ENROLLED:
    case WIRE_ERROR:
        same_caller(a, b);
        return;
    case WIRE_OFFER:
    case WIRE_FETCH:
    case WIRE_CHUNK:
    case WIRE_CREDIT:
    case WIRE_STORED:
    case WIRE_DENIED:
        same_bulk(a, b);
        return;
    case WIRE_BYE:
    case WIRE_WHO:
    case WIRE_DRAIN:
    case WIRE_TYPE_COUNT:
        return;
    }
}

void message_same(const struct wire_message *a, const struct wire_message *b)
{
    SAME(type);
    SAME_TEXT(cluster);
    SAME(incarnation);
    SAME_TEXT(boot);
    SAME(seq);
    same_body(a, b);
}
