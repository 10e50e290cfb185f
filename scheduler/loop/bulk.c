#include "loop/bulk.h"

#include "base/assert.h"
#include "loop/bulk_parts.h"
#include "loop/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    MESSAGES_A_TURN = 256,
    SWEEP_MS = 5000,
    NICENESS = 5 /* files wait for what must be on time */
};

struct bulk {
    pthread_t thread;
    pthread_mutex_t lock;
    int asked_fd; /* for the loop */
    int wake_fd;  /* for the thread */
    bool started, closing;
    struct bulk_question questions[TRANSFERS_MAX];
    struct bulk_answer answers[TRANSFERS_MAX];
    size_t question_first, question_count, answer_first, answer_count;
    struct transfers transfers; /* the thread's own */
};

static void wake(int fd)
{
    const uint64_t one = 1;

    ASSERT(write(fd, &one, sizeof one) == (ssize_t)sizeof one);
}

static void quiet(int fd)
{
    uint64_t count = 0;

    (void)!read(fd, &count, sizeof count);
}

/* A slot that was given up and taken again while its question waits may ask twice: the oldest
 * question of all gives way, and its peer asks again. */
void bulk_ask(struct bulk *bulk, const struct bulk_question *question)
{
    (void)pthread_mutex_lock(&bulk->lock);
    if (bulk->question_count == TRANSFERS_MAX) {
        bulk->question_first = (bulk->question_first + 1) % TRANSFERS_MAX;
        bulk->question_count--;
    }
    bulk->questions[(bulk->question_first + bulk->question_count++) % TRANSFERS_MAX] = *question;
    (void)pthread_mutex_unlock(&bulk->lock);
    wake(bulk->asked_fd);
}

bool bulk_asked(struct bulk *bulk, struct bulk_question *question)
{
    (void)pthread_mutex_lock(&bulk->lock);
    const bool waits = bulk->question_count > 0;
    if (waits) {
        *question = bulk->questions[bulk->question_first];
        bulk->question_first = (bulk->question_first + 1) % TRANSFERS_MAX;
        bulk->question_count--;
    } else {
        quiet(bulk->asked_fd);
    }
    (void)pthread_mutex_unlock(&bulk->lock);
    return waits;
}

void bulk_answer(struct bulk *bulk, const struct bulk_answer *answer)
{
    (void)pthread_mutex_lock(&bulk->lock);
    if (bulk->answer_count < TRANSFERS_MAX) { /* else its peer asks again */
        bulk->answers[(bulk->answer_first + bulk->answer_count++) % TRANSFERS_MAX] = *answer;
    }
    (void)pthread_mutex_unlock(&bulk->lock);
    wake(bulk->wake_fd);
}

static bool answer_take(struct bulk *bulk, struct bulk_answer *answer)
{
    (void)pthread_mutex_lock(&bulk->lock);
    const bool waits = bulk->answer_count > 0;
    if (waits) {
        *answer = bulk->answers[bulk->answer_first];
        bulk->answer_first = (bulk->answer_first + 1) % TRANSFERS_MAX;
        bulk->answer_count--;
    }
    (void)pthread_mutex_unlock(&bulk->lock);
    return waits;
}

static bool is_closing(struct bulk *bulk)
{
    (void)pthread_mutex_lock(&bulk->lock);
    const bool closing = bulk->closing;
    (void)pthread_mutex_unlock(&bulk->lock);
    return closing;
}

static void messages_take(struct bulk *bulk)
{
    struct wire_message *message = malloc(sizeof *message);
    struct peer peer;
    zmq_msg_t data;

    for (int i = 0; message != NULL && i < MESSAGES_A_TURN &&
                    bulk_socket_receive(bulk->transfers.socket, message, &peer, &data) == TIDE_OK;
         i++) {
        transfers_hear(&bulk->transfers, message, &peer, zmq_msg_data(&data), zmq_msg_size(&data));
        wire_message_fini(message);
        (void)zmq_msg_close(&data);
    }
    free(message);
}

static void *bulk_main(void *context)
{
    struct bulk *bulk = context;
    struct bulk_answer answer;

    (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* of this thread alone, on Linux */
    while (!is_closing(bulk)) {
        zmq_pollitem_t items[] = {
            {.socket = bulk_socket_poll(bulk->transfers.socket), .events = ZMQ_POLLIN},
            {.fd = bulk->wake_fd, .events = ZMQ_POLLIN}};
        if (zmq_poll(items, 2, SWEEP_MS) < 0 && errno != EINTR) {
            break;
        }
        bulk->transfers.now_ms = clock_steady_ms();
        quiet(bulk->wake_fd);
        while (answer_take(bulk, &answer)) {
            transfers_answer(&bulk->transfers, &answer);
        }
        messages_take(bulk);
        transfers_sweep(&bulk->transfers, false);
    }
    transfers_sweep(&bulk->transfers, true);
    return NULL;
}

/* The thread takes no signals: those belong to the loop. */
static bool thread_start(struct bulk *bulk)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bulk->started = pthread_create(&bulk->thread, NULL, bulk_main, bulk) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return bulk->started;
}

enum tide_status bulk_open(struct bulk_socket *socket, const char *root, struct bulk **opened,
                           struct error *error)
{
    struct bulk *bulk = calloc(1, sizeof *bulk);

    if (bulk == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    bulk->transfers.bulk = bulk;
    bulk->transfers.socket = socket;
    bulk->transfers.root = root;
    transfers_init(&bulk->transfers);
    bulk->asked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bulk->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&bulk->lock, NULL);
    if (bulk->asked_fd < 0 || bulk->wake_fd < 0 || sodium_init() < 0 || !thread_start(bulk)) {
        bulk_close(bulk);
        return error_set(error, TIDE_IO, "cannot start the thread that moves files");
    }
    *opened = bulk;
    return TIDE_OK;
}

void bulk_close(struct bulk *bulk)
{
    if (bulk == NULL) {
        return;
    }
    if (bulk->started) {
        (void)pthread_mutex_lock(&bulk->lock);
        bulk->closing = true;
        (void)pthread_mutex_unlock(&bulk->lock);
        wake(bulk->wake_fd);
        (void)pthread_join(bulk->thread, NULL);
    }
    if (bulk->asked_fd >= 0) {
        (void)close(bulk->asked_fd);
    }
    if (bulk->wake_fd >= 0) {
        (void)close(bulk->wake_fd);
    }
    (void)pthread_mutex_destroy(&bulk->lock);
    free(bulk);
}

int bulk_fd(const struct bulk *bulk)
{
    return bulk->asked_fd;
}
