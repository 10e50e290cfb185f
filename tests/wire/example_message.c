#include "wire/example_message.h"

#include <string.h>

static const struct wire_attempt example_attempt = {7, 12, 2};
static const struct wire_ack example_ckpt_ack = {{7, 12, 1}, 3, VERDICT_RECORDED};
static const struct wire_ack example_result_ack = {{7, 12, 2}, 0, VERDICT_RECORDED};
static const struct wire_enrol example_enrol = {"spot-a3",
                                                "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"};
static const struct wire_log example_log = {
    {7, 12, 2}, STREAM_STDOUT, 20434, "epoch 11 val_loss=0.0533 val_acc=0.981\n"};
static const struct wire_renew example_renew = {
    .token = 41, .running = {{{7, 12, 2}, 11, 1}}, .count = 1};
static const struct wire_lease example_lease = {
    .token = 41, .verdicts = {{{7, 12, 2}, VERDICT_OK}}, .count = 1};

static struct wire_checkpoint example_checkpoint(void)
{
    return (struct wire_checkpoint){
        .attempt_number = 1,
        .seq = 3,
        .step = 9,
        .bytes = 1048576,
        .hash = "5f2c1d0a9e8b7766554433221100ffeeddccbbaa99887766554433221100aabb",
        .location = "coordinator:",
    };
}

static const char example_hash[] =
    "5f2c1d0a9e8b7766554433221100ffeeddccbbaa99887766554433221100aabb";
static const struct wire_claim example_claim = {OBJECT_CHECKPOINT, {7, 12, 1}, example_hash};

static void example_hello(struct wire_hello *hello)
{
    *hello = (struct wire_hello){
        .token = 40,
        .version_oldest = WIRE_VERSION_OLDEST,
        .version_newest = WIRE_VERSION,
        .software = "tidemill-worker 0.1.0",
        .host = "spot-a3.example.net",
        .pool = "night-spot",
        .slots = 2,
        .cpus_milli = 8000,
        .memory_bytes = 34359738368,
        .gpus = 1,
        .labels = {{"gpu", "a100"}},
        .label_count = 1,
        .running = {{{7, 12, 2}, 11, 1}},
        .running_count = 1,
        .outbox = {{7, 4, 1}},
        .outbox_count = 1,
    };
}

static void example_assign(struct wire_assign *assign)
{
    *assign = (struct wire_assign){
        .attempt = example_attempt,
        .lease_ms = 120000,
        .words = {"python", "train.py", "--lr=0.0019", "--opt=adam"},
        .word_count = 4,
        .env = {{"OMP_NUM_THREADS", "8"}},
        .env_count = 1,
        .secrets = {"HF_TOKEN"},
        .secret_count = 1,
        .params = "{\"lr\":0.0019,\"opt\":\"adam\"}",
        .workdir = "/srv/digits",
        .workdir_hash = "",
        .target_step = 20,
        .grace_ms = 25000,
        .timeout_ms = 21600000,
        .stall_ms = 1200000,
        .signal = 15,
        .stop_on_lease_loss = false,
        .objectives = {{"val_loss", false, false, true}},
        .objective_count = 1,
        .patterns = {{"val_acc", "top1 +([0-9.]+)"}},
        .pattern_count = 1,
        .step_pattern = "Epoch ([0-9]+)",
        .rules = {{"CUDA out of memory", THEN_INFEASIBLE}},
        .rule_count = 1,
        .checkpoint = example_checkpoint(),
        .checkpoint_store = "",
        .checkpoint_max_bytes = 2147483648,
    };
}

static void example_result(struct wire_result *result)
{
    *result = (struct wire_result){
        .attempt = example_attempt,
        .outcome = OUTCOME_COMPLETED,
        .cause = CAUSE_EXIT,
        .exit_code = 0,
        .last_step = 20,
        .values = {{"val_loss", 0.0512}},
        .value_count = 1,
        .duration_ms = 961250,
        .cpu_ms = 955010,
        .max_rss_bytes = 412876800,
        .output_bytes = 20481,
        .message = "",
    };
}

static void example_metric(struct wire_metric *metric)
{
    *metric = (struct wire_metric){
        .attempt = example_attempt,
        .points = {{11, "val_loss", 0.0533}, {11, "val_acc", 0.981}},
        .count = 2,
    };
}

static void example_welcome(struct wire_welcome *welcome)
{
    *welcome = (struct wire_welcome){
        .token = 40,
        .version = WIRE_VERSION,
        .worker = "spot-a3",
        .lease_ms = 120000,
        .renew_ms = 30000,
        .bulk_port = 7734,
        .running = {{{7, 12, 2}, VERDICT_KEEP}},
        .running_count = 1,
        .outbox = {{{7, 4, 1}, VERDICT_SEND}},
        .outbox_count = 1,
    };
}

static void example_bulk(struct wire_message *message)
{
    if (message->type == WIRE_OFFER) {
        message->offer = (struct wire_offer){example_claim, 1048576};
    } else if (message->type == WIRE_FETCH) {
        message->fetch = (struct wire_fetch){example_claim, 131072};
    } else if (message->type == WIRE_CHUNK || message->type == WIRE_CREDIT) {
        message->piece = (struct wire_piece){example_hash, 131072};
    } else if (message->type == WIRE_STORED) {
        message->stored.hash = example_hash;
    } else {
        message->denied = (struct wire_denied){example_hash, DENIAL_NOT_YOURS,
                                               "attempt 1 of 7.12 is not this worker's"};
    }
}

/* Of those who are no workers. */
static void example_caller(struct wire_message *message)
{
    if (message->type == WIRE_REQUEST) {
        message->request = (struct wire_request){1, "pause", "{\"experiment\":7}"};
    } else if (message->type == WIRE_REPLY) {
        message->reply = (struct wire_reply){1, 0, "{\"state\":\"paused\"}"};
    } else if (message->type == WIRE_ENROL) {
        message->enrol = example_enrol;
    } else if (message->type == WIRE_ENROLLED) {
        message->enrolled.worker = "spot-a3";
    } else {
        message->error = (struct wire_error){"slots: 0 is not within 1 and 256", false};
    }
}

static void example_body(struct wire_message *message)
{
    switch (message->type) {
    case WIRE_HELLO:
        example_hello(&message->hello);
        return;
    case WIRE_READY:
        message->ready.slots_free = 1;
        return;
    case WIRE_ACCEPT:
        message->accept = example_attempt;
        return;
    case WIRE_REFUSE:
        message->refuse = (struct wire_refuse){example_attempt, REFUSAL_STALE};
        return;
    case WIRE_RENEW:
        message->renew = example_renew;
        return;
    case WIRE_METRIC:
        example_metric(&message->metric);
        return;
    case WIRE_CKPT:
        message->ckpt = (struct wire_ckpt){{7, 12, 1}, example_checkpoint()};
        return;
    case WIRE_RESULT:
        example_result(&message->result);
        return;
    case WIRE_PREEMPT:
        message->preempt = (struct wire_preempt){118000, "AWS notice"};
        return;
    case WIRE_LOG:
        message->log = example_log;
        return;
    case WIRE_WELCOME:
        example_welcome(&message->welcome);
        return;
    case WIRE_ASSIGN:
        example_assign(&message->assign);
        return;
    case WIRE_LEASE:
        message->lease = example_lease;
        return;
    case WIRE_STOP:
        message->stop = (struct wire_stop){example_attempt, LEAVE_WINDOW, 25000};
        return;
    case WIRE_CKPT_ACK:
    case WIRE_RESULT_ACK:
        message->ack = message->type == WIRE_CKPT_ACK ? example_ckpt_ack : example_result_ack;
        return;
    case WIRE_REQUEST:
    case WIRE_REPLY:
    case WIRE_ENROL:
    case WIRE_ENROLLED:
    case WIRE_ERROR:
        example_caller(message);
        return;
    case WIRE_OFFER:
    case WIRE_FETCH:
    case WIRE_CHUNK:
    case WIRE_CREDIT:
    case WIRE_STORED:
    case WIRE_DENIED:
        example_bulk(message);
        return;
    case WIRE_BYE:
    case WIRE_WHO:
    case WIRE_DRAIN:
    case WIRE_TYPE_COUNT:
        return;
    }
}

void example_message(struct wire_message *message, enum wire_type type)
{
    *message = (struct wire_message){
        .type = type,
        .cluster = "9b1f04c2a7e3d85f6012345678abcdef",
        .incarnation = 3,
        .seq = 57,
    };
    if (wire_type_sender(type) == 'W') {
        memcpy(message->boot, "00112233445566778899aabbccddeeff", WIRE_ID_HEX);
    }
    example_body(message);
}
