/*
 * Notices: what the three clouds answer, as tables; and the real tidemill-notice against a small
 * web server on loopback that replays each cloud from its quiet answers to its notice, with the
 * token that runs out and the request that hangs; then the real worker, which leaves in time.
 */
#include "support/support.h"

#include "coordinator.h"
#include "worker/agent.h"
#include "worker/notice_parse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- tables --- */

static void aws_says_404_until_it_means_it(void **state)
{
    (void)state;
    assert_int_equal(notice_aws(404, "<html>not found"), NOTICE_QUIET);
    assert_int_equal(notice_aws(401, ""), NOTICE_DENIED);
    assert_int_equal(
        notice_aws(200, "{\"action\":\"terminate\",\"time\":\"2017-09-18T08:22:00Z\"}"),
        NOTICE_LEAVE);
    assert_int_equal(notice_aws(200, "{\"instance-action\":\"stop\"}"), NOTICE_LEAVE);
    assert_int_equal(notice_aws(200, "{\"action\":\"hibernate\"}"), NOTICE_LEAVE);
    assert_int_equal(notice_aws(200, "{\"action\":\"party\"}"), NOTICE_UNKNOWN);
    assert_int_equal(notice_aws(200, "<html>a hotel's wifi"), NOTICE_UNKNOWN);
    assert_int_equal(notice_aws(500, ""), NOTICE_UNKNOWN);
}

static void gcp_says_true_or_false(void **state)
{
    (void)state;
    assert_int_equal(notice_gcp(200, "FALSE"), NOTICE_QUIET);
    assert_int_equal(notice_gcp(200, "TRUE\n"), NOTICE_LEAVE);
    assert_int_equal(notice_gcp(200, "<html>"), NOTICE_UNKNOWN);
    assert_int_equal(notice_gcp(404, "TRUE"), NOTICE_UNKNOWN);
}

static void azure_names_the_machine(void **state)
{
    static const char event[] =
        "{\"DocumentIncarnation\":2,\"Events\":[{\"EventType\":\"Freeze\","
        "\"Resources\":[\"vm_0\"]},{\"EventType\":\"Preempt\",\"Resources\":"
        "[\"vm_7\",\"vm_0\"],\"NotBefore\":\"Mon, 11 Apr 2026 22:26:58 GMT\"}]}";

    (void)state;
    assert_int_equal(notice_azure(200, "{\"DocumentIncarnation\":1,\"Events\":[]}", "vm_0"),
                     NOTICE_QUIET);
    assert_int_equal(notice_azure(200, event, "vm_0"), NOTICE_LEAVE);
    assert_int_equal(notice_azure(200, event, "vm_1"), NOTICE_QUIET);
    assert_int_equal(notice_azure(200, "{}", "vm_0"), NOTICE_UNKNOWN);
    assert_int_equal(notice_azure(200, "[[[", "vm_0"), NOTICE_UNKNOWN);
}

/* --- the replay --- */

enum cloud { AWS, GCP, AZURE };

struct replay {
    enum cloud cloud;
    int asked;  /* of what will be the notice */
    int tokens; /* given out */
};

static const char *answer_aws(struct replay *replay, const char *request, char *text, size_t bytes)
{
    char wanted[64];

    if (strncmp(request, "PUT /latest/api/token ", 22) == 0) {
        if (strstr(request, "X-aws-ec2-metadata-token-ttl-seconds: 21600") == NULL) {
            return "400 Bad";
        }
        (void)snprintf(text, bytes, "token%d", ++replay->tokens);
        return "200 OK";
    }
    (void)snprintf(wanted, sizeof wanted, "X-aws-ec2-metadata-token: token%d\r\n", replay->tokens);
    if (strstr(request, wanted) == NULL) {
        return "401 Unauthorized";
    }
    if (strstr(request, "recommendations/rebalance") != NULL) {
        (void)snprintf(text, bytes, "{\"noticeTime\":\"2026-11-23T08:22:00Z\"}");
        return "200 OK";
    }
    if (strncmp(request, "GET /latest/meta-data/spot/instance-action ", 43) != 0) {
        return "404 Not Found";
    }
    if (replay->asked++ == 0) {
        replay->tokens++; /* the token it has is not valid any more */
        return "401 Unauthorized";
    }
    if (replay->asked < 3) {
        return "404 Not Found";
    }
    (void)snprintf(text, bytes, "{\"action\":\"terminate\",\"time\":\"2026-11-23T08:22:00Z\"}");
    return "200 OK";
}

static const char *answer_gcp(struct replay *replay, const char *request, char *text, size_t bytes)
{
    if (strncmp(request, "GET /computeMetadata/v1/instance/preempted", 42) != 0 ||
        strstr(request, "Metadata-Flavor: Google\r\n") == NULL) {
        return "404 Not Found";
    }
    /* The first answer is at once, with a tag; the second request must bring it. */
    if (strstr(request, "wait_for_change=true") != NULL) {
        replay->asked++;
    }
    const bool leaves = replay->asked >= 2 && strstr(request, "last_etag=tag1") != NULL;
    (void)snprintf(text, bytes, "%s", leaves ? "TRUE" : "FALSE");
    return "200 OK\r\nETag: tag1";
}

static const char *answer_azure(struct replay *replay, const char *request, char *text,
                                size_t bytes)
{
    if (strstr(request, "Metadata: true\r\n") == NULL) {
        return "400 Bad";
    }
    if (strncmp(request, "GET /metadata/instance/compute/name?", 36) == 0) {
        (void)snprintf(text, bytes, "vm_0");
        return "200 OK";
    }
    if (strncmp(request, "GET /metadata/scheduledevents?api-version=2020-07-01 ", 53) != 0) {
        return "404 Not Found";
    }
    (void)snprintf(text, bytes, "%s",
                   replay->asked++ == 0
                       ? "{\"DocumentIncarnation\":1,\"Events\":[]}"
                       : "{\"DocumentIncarnation\":2,\"Events\":[{\"EventType\":\"Preempt\","
                         "\"Resources\":[\"vm_0\"]}]}");
    return "200 OK";
}

static void answer_one(struct replay *replay, int peer)
{
    char request[4096] = "";
    char reply[2048];
    char text[512] = "";
    size_t used = 0;

    while (strstr(request, "\r\n\r\n") == NULL && used + 1 < sizeof request) {
        const ssize_t bytes = read(peer, request + used, sizeof request - 1 - used);
        if (bytes <= 0) {
            return;
        }
        used += (size_t)bytes;
        request[used] = '\0';
    }
    const char *status = replay->cloud == AWS   ? answer_aws(replay, request, text, sizeof text)
                         : replay->cloud == GCP ? answer_gcp(replay, request, text, sizeof text)
                                                : answer_azure(replay, request, text, sizeof text);
    const int bytes = snprintf(reply, sizeof reply,
                               "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                               status, strlen(text), text);
    (void)!write(peer, reply, (size_t)bytes);
}

/* A web server in a process of its own; its base URL. */
static pid_t serve(enum cloud cloud, char *url, size_t bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(url, bytes, "http://127.0.0.1:%d", ntohs(address.sin_port));
    const pid_t child = fork();
    if (child == 0) {
        struct replay replay = {.cloud = cloud};
        for (;;) {
            const int peer = accept(listener, NULL, NULL);
            answer_one(&replay, peer);
            (void)close(peer);
        }
    }
    (void)close(listener);
    return child;
}

static void end(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void said(const char *cloud, const char *url, const char *want)
{
    char command[1024];
    char text[1024] = "";

    (void)snprintf(command, sizeof command, "'%s' %s %s", NOTICE_PROGRAM, cloud, url);
    FILE *out = popen(command, "re");
    assert_non_null(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    assert_int_equal(pclose(out), 0);
    assert_string_equal(text, want);
}

static void each_cloud_is_found_and_heard(void **state)
{
    static const char *const wants[] = {
        "cloud aws\nhint AWS rebalance recommendation\nnotice 120000 AWS notice\n",
        "cloud gcp\nnotice 30000 GCP notice\n", "cloud azure\nnotice 30000 Azure notice\n"};

    (void)state;
    for (enum cloud cloud = AWS; cloud <= AZURE; cloud++) {
        char url[64];
        const pid_t server = serve(cloud, url, sizeof url);
        said("auto", url, wants[cloud]);
        end(server);
    }
}

/* A port where nobody listens is no cloud, and that is known soon. */
static void no_cloud_is_known_within_two_seconds(void **state)
{
    struct timespec start;
    struct timespec stop;

    (void)state;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    said("auto", "http://127.0.0.1:1", "cloud none\n");
    (void)clock_gettime(CLOCK_MONOTONIC, &stop);
    assert_true(stop.tv_sec - start.tv_sec <= 2);
}

/* Of a file, which appears when the worker is at work; a cloud's notice comes the same way. */
static void a_worker_leaves_on_a_notice(void **state)
{
    static struct coordinator self;
    char path[700];
    const char *const words[] = {"--notice", path, NULL};
    const struct wire_assign assign =
        assignment(1, 1, "trap 'exit 75' TERM; echo ready; while :; do sleep 0.05; done");

    (void)state;
    coordinator_open(&self);
    (void)snprintf(path, sizeof path, "file:%s/notice", self.folder);
    coordinator_worker(&self, words);
    struct record *record = coordinator_assign(&self, &assign);
    while (strstr(record->logs[STREAM_STDOUT], "ready") == NULL) {
        coordinator_turn(&self, 100);
    }
    file_write(path + strlen("file:"), "");
    coordinator_wait(&self, &record->results, 1);
    assert_int_equal(record->result.outcome, OUTCOME_LEFT);
    assert_int_equal(self.preempts, 1);
    assert_int_equal(WEXITSTATUS(coordinator_wait_exit(&self)), AGENT_EXIT_PREEMPTED);
    coordinator_close(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_says_404_until_it_means_it),
        cmocka_unit_test(gcp_says_true_or_false),
        cmocka_unit_test(azure_names_the_machine),
        cmocka_unit_test(each_cloud_is_found_and_heard),
        cmocka_unit_test(no_cloud_is_known_within_two_seconds),
        cmocka_unit_test(a_worker_leaves_on_a_notice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
