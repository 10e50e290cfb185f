/*
 * `tidemill watch` on a terminal: the program runs in a pseudo-terminal over the store of
 * fixture.sql. The test reads what it draws, changes the store, resizes the terminal, presses q and
 * sends signals; it waits for texts and for the end, never for time. Off a terminal every event is
 * a line.
 */
#include "commands/fixture.h"

#include "base/exit.h"
#include "commands/screen.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 1 << 18, PATIENCE_MS = 20000 };

/* A program in a terminal of its own, and everything it has printed. */
struct session {
    pid_t leader; /* of the terminal's session */
    pid_t pid;    /* of the program */
    int terminal;
    size_t bytes;  /* printed */
    size_t marked; /* where `seen` begins to look */
    char output[OUTPUT_BYTES];
};

/* Reads what there is; false at the end of the program. */
static bool session_read(struct session *session)
{
    struct pollfd polled = {.fd = session->terminal, .events = POLLIN};

    if (poll(&polled, 1, PATIENCE_MS) != 1) {
        fail_msg("nothing for a long time after:\n%s", session->output);
    }
    assert_true(session->bytes + 1 < OUTPUT_BYTES);
    const ssize_t bytes = read(session->terminal, session->output + session->bytes,
                               OUTPUT_BYTES - 1 - session->bytes);
    if (bytes <= 0) { /* EIO: the other side is closed */
        return false;
    }
    session->bytes += (size_t)bytes;
    session->output[session->bytes] = '\0';
    return true;
}

/* Waits until `text` is printed behind what was seen before. */
static void session_see(struct session *session, const char *text)
{
    const char *at = NULL;

    while ((at = strstr(session->output + session->marked, text)) == NULL) {
        if (!session_read(session)) {
            fail_msg("it ended before it printed '%s':\n%s", text, session->output);
        }
    }
    session->marked = (size_t)(at - session->output) + strlen(text);
}

/*
 * The leader of the new terminal's session starts the program and says how it ended; it stays until
 * session_end, because a terminal whose leader has ended is reset by the kernel.
 */
static void session_lead(const char *experiment)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0) {
        (void)setenv("TERM", "xterm", 1);
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)execl(TIDEMILL, "tidemill", "watch", experiment, "--store", fixture_store,
                    (char *)NULL);
        _exit(127);
    }
    (void)printf("[pid %d]\n", (int)pid);
    (void)fflush(stdout);
    (void)waitpid(pid, &status, 0);
    (void)printf("[ended %d %d]\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                 WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    (void)fflush(stdout);
    (void)pause();
    _exit(0);
}

static void session_start(struct session *session, unsigned short columns, unsigned short rows,
                          const char *experiment)
{
    const struct winsize size = {.ws_row = rows, .ws_col = columns};
    int pid = 0;

    *session = (struct session){0};
    session->leader = forkpty(&session->terminal, NULL, NULL, &size);
    assert_true(session->leader >= 0);
    if (session->leader == 0) {
        session_lead(experiment);
    }
    session_see(session, "]");
    assert_int_equal(sscanf(strstr(session->output, "[pid"), "[pid %d]", &pid), 1);
    session->pid = pid;
}

static tcflag_t session_mode(const struct session *session)
{
    struct termios mode;

    assert_int_equal(tcgetattr(session->terminal, &mode), 0);
    return mode.c_lflag & (tcflag_t)(ICANON | ECHO);
}

/* The program has ended, with this signal and this exit code, and the keyboard is as it was. */
static void session_end(struct session *session, int signal, int exit_code)
{
    char want[64];

    (void)snprintf(want, sizeof want, "[ended %d %d]", signal, exit_code);
    session_see(session, want);
    assert_int_equal(session_mode(session), ICANON | ECHO);
    assert_int_equal(kill(session->leader, SIGKILL), 0);
    assert_int_equal(waitpid(session->leader, NULL, 0), session->leader);
    (void)close(session->terminal);
}

/* Every line that was printed from `from` on is at most so wide. */
static void widths_check(const struct session *session, size_t from, int columns)
{
    char line[4096];
    size_t length = 0;

    for (const char *at = session->output + from; *at != '\0'; at++) {
        if (*at == '\033') { /* CSI ... letter */
            at += 2;
            at += strspn(at, "?0123456789;");
        } else if (*at == '\n') {
            line[length] = '\0';
            assert_true(text_columns(line) <= columns);
            length = 0;
        } else if (*at != '\r') {
            line[length++] = *at;
        }
    }
}

static void test_draws_and_quits(void **state)
{
    static struct session session;

    (void)state;
    session_start(&session, 100, 20, "7");
    session_see(&session, "\033[?2026h");
    session_see(&session, "digits");
    session_see(&session, "32/50");
    session_see(&session, "7.40  spot-b7  step 11/20  0.0533  ");
    session_see(&session, "\u2588");
    session_see(&session, "\033[?2026l");
    assert_int_equal(session_mode(&session), 0);
    sql_run("UPDATE trial SET state = 'completed', value = 0.0123, objectives = '[0.0123]', "
            "feasible = 1"
            " WHERE experiment = 7 AND number = 43");
    session_see(&session, "\033["); /* the block is drawn over itself */
    session_see(&session, "0.0123");
    session_see(&session, "33/50");
    assert_int_equal(write(session.terminal, "q", 1), 1);
    session_end(&session, 0, EXIT_CODE_OK);
    widths_check(&session, 0, 100);
    sql_run("UPDATE trial SET state = 'running', value = NULL, objectives = NULL, feasible = NULL"
            " WHERE experiment = 7 AND number = 43");
}

static void test_resize(void **state)
{
    static struct session session;
    const struct winsize narrow = {.ws_row = 8, .ws_col = 40};

    (void)state;
    session_start(&session, 120, 30, "7");
    session_see(&session, "\033[?2026l");
    assert_int_equal(ioctl(session.terminal, TIOCSWINSZ, &narrow), 0);
    session_see(&session, "\033[H\033[2J"); /* begun afresh */
    const size_t from = session.marked;
    session_see(&session, "\033[?2026l");
    assert_int_equal(write(session.terminal, "q", 1), 1);
    session_end(&session, 0, EXIT_CODE_OK);
    widths_check(&session, from, 40);
}

/* session_end checks the mode of the keyboard after each of them. */
static void test_signals(void **state)
{
    static const struct {
        int signal;
        int killed; /* by it */
        int exit_code;
    } cases[] = {{SIGINT, 0, EXIT_CODE_INTERRUPTED},
                 {SIGTERM, 0, EXIT_CODE_INTERRUPTED},
                 {SIGHUP, 0, EXIT_CODE_INTERRUPTED},
                 {SIGABRT, SIGABRT, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct session session;
        session_start(&session, 100, 20, "7");
        session_see(&session, "\033[?2026l");
        assert_int_equal(session_mode(&session), 0);
        assert_int_equal(kill(session.pid, cases[i].signal), 0);
        session_end(&session, cases[i].killed, cases[i].exit_code);
    }
}

/* A finished experiment ends by itself, with the table of its results. */
static void test_finished(void **state)
{
    static struct session session;

    (void)state;
    session_start(&session, 100, 20, "pareto");
    session_see(&session, "pareto completed in 1 h 29 min: 6 trials, 6 completed");
    session_see(&session, "\033[1m5.1");
    session_see(&session, "sqlite3 -readonly -box");
    session_end(&session, 0, EXIT_CODE_OK);
}

static void test_lines(void **state)
{
    static const char *const wants[] = {
        ": failed, no_objective: val_loss was never printed; looked for val_loss=NUMBER in",
        "22:19:00  attempt_ended 7.12 attempt 1 spot-a3: preempted, notice\n",
        "22:44:00  offered 7.43 attempt 1 spot-a1: from step 0\n",
        "22:44:30  experiment 7: completed, because\n",
        "digits completed in 44 min: 35 trials, 31 completed, 1 failed, 3 running\n"};
    char command[2048];

    (void)state;
    sql_run(
        "UPDATE experiment SET state = 'completed', ended = '2026-11-23 21:44:30.000' WHERE id = 7;"
        " INSERT INTO event (time, kind, experiment, a, b, text) VALUES"
        " ('2026-11-23 21:44:30.000', 'experiment', 7, 5, 10, 'experiment 7: completed, because')");
    (void)snprintf(command, sizeof command, "%s watch 7 --history --store %s 2>/dev/null", TIDEMILL,
                   fixture_store);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char text[8192];
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        if (strstr(text, wants[i]) == NULL) {
            fail_msg("no '%s' in:\n%s", wants[i], text);
        }
    }
    assert_null(strchr(text, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_and_quits), cmocka_unit_test(test_resize),
        cmocka_unit_test(test_signals),         cmocka_unit_test(test_finished),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
