#include "shrink.h"

#include "base/assert.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 60, TAIL_LINES = 60, LINE_BYTES = 512 };

struct run *run_new(void)
{
    void *memory =
        mmap(NULL, sizeof(struct run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(memory != MAP_FAILED);
    return memory;
}

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool ended_well(pid_t child)
{
    int status = 0;

    ASSERT(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) {
        (void)fprintf(stderr, "ended by signal %d\n", WTERMSIG(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool run_histories(struct run *run, uint64_t from, uint64_t count, bool large,
                   const struct plan_cut *cut, bool trace)
{
    (void)fflush(NULL);
    const pid_t child = fork();

    ASSERT(child >= 0);
    if (child == 0) {
        for (run->seed = from; run->seed < from + count; run->seed++) {
            story_tell(run->seed, large, cut, trace, &run->sums);
        }
        run->seconds = cpu_seconds();
        exit(0);
    }
    const bool well = ended_well(child);
    if (!well) {
        (void)fprintf(stderr, "seed %" PRIu64 " failed\n", run->seed);
    }
    return well;
}

/* ---- making it smaller ---- */

/* Whether the history of `seed` still ends badly; what it prints goes to `output`, NULL nowhere. */
static bool fails(uint64_t seed, bool large, const struct plan_cut *cut, FILE *output)
{
    struct story_sums sums = {0};

    (void)fflush(NULL);
    const pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        const int sink = output == NULL ? open("/dev/null", O_WRONLY | O_CLOEXEC) : fileno(output);
        (void)dup2(sink, STDOUT_FILENO);
        (void)dup2(sink, STDERR_FILENO);
        (void)alarm(PATIENCE_S);
        story_tell(seed, large, cut, output != NULL, &sums);
        exit(0);
    }
    return !ended_well(child);
}

static void without_wear(uint64_t seed, bool large, struct plan_cut *cut)
{
    for (int wear = 0; wear < WEAR_COUNT; wear++) {
        cut->without[wear] = true;
        cut->without[wear] = fails(seed, large, cut, NULL);
    }
}

/* Leaves out half of the faults, a quarter, ... one, wherever it still fails. */
static void without_faults(uint64_t seed, bool large, struct plan_cut *cut)
{
    for (uint32_t size = PLAN_FAULTS_MAX; size > 0; size /= 2) {
        for (uint32_t from = 0; from < PLAN_FAULTS_MAX; from += size) {
            struct plan_cut less = *cut;
            memset(&less.left_out[from], true, size);
            if (memcmp(&less, cut, sizeof less) != 0 && fails(seed, large, &less, NULL)) {
                *cut = less;
            }
        }
    }
}

static void print_list(const struct plan_cut *cut)
{
    const char *comma = " --without ";

    for (int wear = 0; wear < WEAR_COUNT; wear++) {
        if (cut->without[wear]) {
            (void)printf("%s%s", comma, wear_text((enum wear)wear));
            comma = ",";
        }
    }
    for (uint32_t i = 0; i < PLAN_FAULTS_MAX; i++) {
        const uint32_t first = i;
        while (i < PLAN_FAULTS_MAX && cut->left_out[i]) {
            i++;
        }
        if (i > first) {
            (void)printf(i - first > 1 ? "%s%u-%u" : "%s%u", comma, first, i - 1);
            comma = ",";
        }
    }
}

static void print_tail(FILE *file)
{
    static char lines[TAIL_LINES][LINE_BYTES];
    uint32_t count = 0;

    rewind(file);
    while (fgets(lines[count % TAIL_LINES], LINE_BYTES, file) != NULL) {
        count++;
    }
    for (uint32_t i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++) {
        (void)fputs(lines[i % TAIL_LINES], stdout);
    }
}

void shrink_and_print(uint64_t seed, bool large)
{
    static struct plan_cut cut;
    FILE *trace = tmpfile();

    ASSERT(trace != NULL);
    without_faults(seed, large, &cut);
    without_wear(seed, large, &cut);
    (void)fails(seed, large, &cut, trace);
    print_tail(trace);
    (void)fclose(trace);
    (void)printf("again: sim --seed %" PRIu64 "%s", seed, large ? " --large" : "");
    print_list(&cut);
    (void)printf(" --trace\n");
}

/* ---- what is left out, as words ---- */

static bool read_range(struct plan_cut *cut, const char *word)
{
    char *end = NULL;
    const unsigned long first = strtoul(word, &end, 10);
    unsigned long last = first;

    if (end != word && *end == '-') {
        const char *second = end + 1;
        last = strtoul(second, &end, 10);
        end = end == second ? NULL : end;
    }
    if (end == NULL || end == word || *end != '\0' || last >= PLAN_FAULTS_MAX || first > last) {
        return false;
    }
    memset(&cut->left_out[first], true, last - first + 1);
    return true;
}

static bool read_word(struct plan_cut *cut, const char *word)
{
    for (int wear = 0; wear < WEAR_COUNT; wear++) {
        if (strcmp(word, wear_text((enum wear)wear)) == 0) {
            cut->without[wear] = true;
            return true;
        }
    }
    return read_range(cut, word);
}

bool cut_read(struct plan_cut *cut, const char *list)
{
    char *copy = strdup(list);
    char *rest = copy;
    bool good = copy != NULL;

    for (char *word = strsep(&rest, ","); good && word != NULL; word = strsep(&rest, ",")) {
        good = read_word(cut, word);
    }
    free(copy);
    return good;
}
