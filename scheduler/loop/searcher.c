#include "loop/searcher.h"

#include "base/assert.h"
#include "loop/search_space.h"
#include "loop/study.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum job_kind { JOB_BEGIN, JOB_TELL, JOB_PENDING, JOB_FORGET, JOB_ASK, JOB_FIT, JOB_END };

struct job {
    struct job *next;
    enum job_kind kind;
    int32_t experiment;
    int32_t number;
    const struct spec *spec; /* BEGIN */
    struct search_tell tell; /* TELL; params is in `text` */
    char *text;              /* owned; params or origin */
};

struct answer {
    struct answer *next;
    struct search_answer body;
};

struct searcher {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int fd;
    bool closing;
    struct job *jobs, **jobs_end;
    struct answer *answers, **answers_end;
    struct study *studies[EXPERIMENTS_MAX + 1]; /* the thread's own; by experiment id */
};

static void answer_put(struct searcher *searcher, struct answer *answer)
{
    const uint64_t one = 1;

    (void)pthread_mutex_lock(&searcher->lock);
    *searcher->answers_end = answer;
    searcher->answers_end = &answer->next;
    (void)pthread_mutex_unlock(&searcher->lock);
    ASSERT(write(searcher->fd, &one, sizeof one) == (ssize_t)sizeof one);
}

static void job_ask(struct searcher *searcher, struct study *study, const struct job *job)
{
    struct answer *answer = calloc(1, sizeof *answer);

    ASSERT(answer != NULL); /* a few hundred bytes: without them nothing else can be said either */
    answer->body.experiment = job->experiment;
    answer->body.number = job->number;
    study_ask(study, &answer->body);
    answer_put(searcher, answer);
}

static void job_do(struct searcher *searcher, struct job *job)
{
    struct study **slot = &searcher->studies[job->experiment];

    switch (job->kind) {
    case JOB_BEGIN:
        study_free(*slot);
        *slot = study_new(job->spec);
        break;
    case JOB_TELL:
        job->tell.params = job->text;
        study_tell(*slot, &job->tell);
        break;
    case JOB_PENDING:
        study_pending(*slot, job->number, job->text);
        break;
    case JOB_FORGET:
        study_forget(*slot, job->number);
        break;
    case JOB_ASK:
        job_ask(searcher, *slot, job);
        break;
    case JOB_FIT:
        study_fit(*slot, job->text);
        break;
    case JOB_END:
        study_free(*slot);
        *slot = NULL;
        break;
    }
}

static void job_free(struct job *job)
{
    free(job->text);
    free(job);
}

static struct job *job_wait(struct searcher *searcher)
{
    struct job *job = NULL;

    (void)pthread_mutex_lock(&searcher->lock);
    while (searcher->jobs == NULL && !searcher->closing) {
        (void)pthread_cond_wait(&searcher->wake, &searcher->lock);
    }
    if (!searcher->closing) {
        job = searcher->jobs;
        searcher->jobs = job->next;
        if (searcher->jobs == NULL) {
            searcher->jobs_end = &searcher->jobs;
        }
    }
    (void)pthread_mutex_unlock(&searcher->lock);
    return job;
}

static void *searcher_main(void *context)
{
    struct searcher *searcher = context;

    for (struct job *job = job_wait(searcher); job != NULL; job = job_wait(searcher)) {
        job_do(searcher, job);
        job_free(job);
    }
    return NULL;
}

enum tide_status searcher_open(struct searcher **opened, struct error *error)
{
    struct searcher *searcher = calloc(1, sizeof *searcher);

    if (searcher == NULL) {
        return error_set(error, TIDE_NO_MEMORY, "out of memory");
    }
    searcher->jobs_end = &searcher->jobs;
    searcher->answers_end = &searcher->answers;
    searcher->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&searcher->lock, NULL);
    (void)pthread_cond_init(&searcher->wake, NULL);
    if (searcher->fd < 0 || pthread_create(&searcher->thread, NULL, searcher_main, searcher) != 0) {
        if (searcher->fd >= 0) {
            (void)close(searcher->fd);
        }
        free(searcher);
        return error_set(error, TIDE_IO, "cannot start the search thread");
    }
    *opened = searcher;
    return TIDE_OK;
}

static void answer_drop(struct answer *answer)
{
    free(answer->body.params);
    free(answer->body.origin);
    free(answer);
}

void searcher_close(struct searcher *searcher)
{
    if (searcher == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&searcher->lock);
    searcher->closing = true;
    (void)pthread_cond_signal(&searcher->wake);
    (void)pthread_mutex_unlock(&searcher->lock);
    (void)pthread_join(searcher->thread, NULL);
    while (searcher->jobs != NULL) {
        struct job *job = searcher->jobs;
        searcher->jobs = job->next;
        job_free(job);
    }
    while (searcher->answers != NULL) {
        struct answer *answer = searcher->answers;
        searcher->answers = answer->next;
        answer_drop(answer);
    }
    for (size_t i = 0; i <= EXPERIMENTS_MAX; i++) {
        study_free(searcher->studies[i]);
    }
    (void)close(searcher->fd);
    (void)pthread_cond_destroy(&searcher->wake);
    (void)pthread_mutex_destroy(&searcher->lock);
    free(searcher);
}

int searcher_fd(const struct searcher *searcher)
{
    return searcher->fd;
}

static void job_put(struct searcher *searcher, struct job job, const char *text)
{
    struct job *copy = malloc(sizeof *copy);

    ASSERT(copy != NULL);
    ASSERT(job.experiment >= 1 && job.experiment <= EXPERIMENTS_MAX);
    *copy = job;
    copy->next = NULL;
    copy->text = text == NULL ? NULL : strdup(text);
    (void)pthread_mutex_lock(&searcher->lock);
    *searcher->jobs_end = copy;
    searcher->jobs_end = &copy->next;
    (void)pthread_cond_signal(&searcher->wake);
    (void)pthread_mutex_unlock(&searcher->lock);
}

void searcher_begin(struct searcher *searcher, int32_t experiment, const struct spec *spec)
{
    job_put(searcher, (struct job){.kind = JOB_BEGIN, .experiment = experiment, .spec = spec},
            NULL);
}

void searcher_tell(struct searcher *searcher, const struct search_tell *tell)
{
    job_put(searcher, (struct job){.kind = JOB_TELL, .experiment = tell->experiment, .tell = *tell},
            tell->params);
}

void searcher_pending(struct searcher *searcher, int32_t experiment, int32_t number,
                      const char *params)
{
    job_put(searcher, (struct job){.kind = JOB_PENDING, .experiment = experiment, .number = number},
            params);
}

void searcher_forget(struct searcher *searcher, int32_t experiment, int32_t number)
{
    job_put(searcher, (struct job){.kind = JOB_FORGET, .experiment = experiment, .number = number},
            NULL);
}

void searcher_ask(struct searcher *searcher, int32_t experiment, int32_t number)
{
    job_put(searcher, (struct job){.kind = JOB_ASK, .experiment = experiment, .number = number},
            NULL);
}

void searcher_end(struct searcher *searcher, int32_t experiment)
{
    job_put(searcher, (struct job){.kind = JOB_END, .experiment = experiment}, NULL);
}

void searcher_fit(struct searcher *searcher, int32_t experiment, const char *origin)
{
    job_put(searcher, (struct job){.kind = JOB_FIT, .experiment = experiment}, origin);
}

bool searcher_take(struct searcher *searcher, struct search_answer *body)
{
    struct answer *answer = NULL;
    uint64_t count = 0;

    (void)pthread_mutex_lock(&searcher->lock);
    answer = searcher->answers;
    if (answer != NULL) {
        searcher->answers = answer->next;
        if (searcher->answers == NULL) {
            searcher->answers_end = &searcher->answers;
        }
    } else {
        (void)!read(searcher->fd, &count,
                    sizeof count); /* nothing is left: the descriptor falls silent */
    }
    (void)pthread_mutex_unlock(&searcher->lock);
    if (answer == NULL) {
        return false;
    }
    *body = answer->body;
    free(answer);
    return true;
}
