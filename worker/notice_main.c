/*
 * tidemill-notice: waits until this machine's cloud says that it will be taken away, for a worker
 * that reads its output. It is a program of its own so that the worker needs no HTTP.
 * usage: tidemill-notice auto|aws|gcp|azure|file:PATH [BASE-URL]
 *
 *   cloud NAME           which one it watches; `none` where `auto` finds none, and it ends
 *   hint TEXT            it may happen soon
 *   notice MS TEXT       it happens in MS milliseconds at least; and it ends
 */
#include "worker/notice_parse.h"

#include "base/text.h"

#include <curl/curl.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    BODY_BYTES = 65536,
    PROBE_MS = 600, /* three of them within 2 s */
    ANSWER_MS = 1000,
    AWS_POLL_MS = 5000,
    AZURE_POLL_MS = 1000,
    FILE_POLL_MS = 200,
    GCP_HANG_S = 60,
    RETRY_MS = 1000
};

static const char local[] = "http://169.254.169.254";
static const char google[] = "http://metadata.google.internal";
static const char azure_version[] = "api-version=2020-07-01";

struct answer {
    long status; /* 0: none */
    char body[BODY_BYTES];
    size_t bytes;
    char etag[128];
};

/* --- HTTP --- */

/* libcurl's callback */
static size_t keep_body(char *data, size_t size, size_t count, void *user)
{
    struct answer *answer = user;
    const size_t bytes = size * count;
    const size_t room = sizeof answer->body - 1 - answer->bytes;
    const size_t kept = bytes < room ? bytes : room;

    memcpy(answer->body + answer->bytes, data, kept);
    answer->bytes += kept;
    answer->body[answer->bytes] = '\0';
    return bytes;
}

/* libcurl's callback */
static size_t keep_etag(char *data, size_t size, size_t count, void *user)
{
    struct answer *answer = user;
    char line[160];
    const size_t bytes = size * count;
    const size_t kept = bytes < sizeof line ? bytes : sizeof line - 1;

    memcpy(line, data, kept);
    line[kept] = '\0';
    if (strncasecmp(line, "etag:", 5) == 0) {
        const char *value = line + 5 + strspn(line + 5, " ");
        (void)text_copy(answer->etag, sizeof answer->etag, value);
        answer->etag[strcspn(answer->etag, "\r\n")] = '\0';
    }
    return bytes;
}

struct request {
    const char *method; /* NULL: GET */
    const char *header;
    const char *second; /* another header, NULL none */
    long wait_ms;
};

/* One request, without proxy: a metadata service is never behind one. */
static bool ask(const char *url, const struct request *request, struct answer *answer)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, request->header);

    answer->status = 0;
    answer->bytes = 0;
    answer->body[0] = '\0';
    if (curl == NULL || headers == NULL) {
        return false;
    }
    if (request->second != NULL) {
        headers = curl_slist_append(headers, request->second);
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)PROBE_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->wait_ms);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_etag);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
    if (request->method != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
    const bool answered = curl_easy_perform(curl) == CURLE_OK;
    if (answered) {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return answered;
}

static void wait_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* --- saying --- */

static void say(const char *line)
{
    (void)puts(line);
    (void)fflush(stdout);
}

static int say_notice(long ms, const char *source)
{
    (void)printf("notice %ld %s\n", ms, source);
    (void)fflush(stdout);
    return 0;
}

/* --- AWS --- */

static bool aws_token(const char *base, char *header, size_t bytes, struct answer *answer,
                      long wait)
{
    char url[512];
    const struct request request = {
        .method = "PUT", .header = "X-aws-ec2-metadata-token-ttl-seconds: 21600", .wait_ms = wait};

    (void)snprintf(url, sizeof url, "%s/latest/api/token", base);
    if (!ask(url, &request, answer) || answer->status != 200 || answer->bytes == 0 ||
        strpbrk(answer->body, "\r\n") != NULL) {
        return false;
    }
    return snprintf(header, bytes, "X-aws-ec2-metadata-token: %s", answer->body) < (int)bytes;
}

static int watch_aws(const char *base, struct answer *answer)
{
    char header[512] = "";
    char action[512];
    char rebalance[512];
    bool hinted = false;

    (void)snprintf(action, sizeof action, "%s/latest/meta-data/spot/instance-action", base);
    (void)snprintf(rebalance, sizeof rebalance,
                   "%s/latest/meta-data/events/recommendations/rebalance", base);
    for (;;) {
        const struct request request = {.header = header, .wait_ms = ANSWER_MS};
        if (header[0] == '\0' && !aws_token(base, header, sizeof header, answer, ANSWER_MS)) {
            wait_ms(RETRY_MS);
            continue;
        }
        if (ask(action, &request, answer)) {
            const enum notice_fact fact = notice_aws(answer->status, answer->body);
            if (fact == NOTICE_LEAVE) {
                return say_notice(NOTICE_AWS_MS, "AWS notice");
            }
            if (fact == NOTICE_DENIED) {
                header[0] = '\0';
                continue;
            }
        }
        if (!hinted && ask(rebalance, &request, answer) && answer->status == 200) {
            hinted = true;
            say("hint AWS rebalance recommendation");
        }
        wait_ms(AWS_POLL_MS);
    }
}

/* --- GCP --- */

static const char google_header[] = "Metadata-Flavor: Google";

static int watch_gcp(const char *base, struct answer *answer)
{
    const struct request request = {.header = google_header,
                                    .wait_ms = GCP_HANG_S * 1000L + ANSWER_MS};
    char url[512];

    answer->etag[0] = '\0';
    for (;;) {
        (void)snprintf(
            url, sizeof url,
            "%s/computeMetadata/v1/instance/preempted?wait_for_change=true&timeout_sec=%d"
            "&last_etag=%s",
            base, GCP_HANG_S, answer->etag[0] == '\0' ? "0" : answer->etag);
        if (!ask(url, &request, answer) || answer->status != 200) {
            wait_ms(RETRY_MS);
        } else if (notice_gcp(answer->status, answer->body) == NOTICE_LEAVE) {
            return say_notice(NOTICE_GCP_MS, "GCP notice");
        }
    }
}

/* --- Azure --- */

static const char azure_header[] = "Metadata: true";

static bool azure_name(const char *base, char *name, size_t bytes, struct answer *answer)
{
    const struct request request = {.header = azure_header, .wait_ms = ANSWER_MS};
    char url[512];

    (void)snprintf(url, sizeof url, "%s/metadata/instance/compute/name?%s&format=text", base,
                   azure_version);
    return ask(url, &request, answer) && answer->status == 200 &&
           text_copy(name, bytes, answer->body) && name[0] != '\0';
}

static int watch_azure(const char *base, struct answer *answer)
{
    const struct request request = {.header = azure_header, .wait_ms = ANSWER_MS};
    char url[512];
    char name[256] = "";

    (void)snprintf(url, sizeof url, "%s/metadata/scheduledevents?%s", base, azure_version);
    for (;;) {
        if (name[0] == '\0' && !azure_name(base, name, sizeof name, answer)) {
            name[0] = '\0';
        } else if (ask(url, &request, answer) &&
                   notice_azure(answer->status, answer->body, name) == NOTICE_LEAVE) {
            return say_notice(NOTICE_AZURE_MS, "Azure notice");
        }
        wait_ms(AZURE_POLL_MS);
    }
}

/* --- which --- */

static bool is_gcp(const char *base, struct answer *answer)
{
    const struct request request = {.header = google_header, .wait_ms = PROBE_MS};
    char url[512];

    (void)snprintf(url, sizeof url, "%s/computeMetadata/v1/instance/preempted", base);
    return ask(url, &request, answer) && notice_gcp(answer->status, answer->body) != NOTICE_UNKNOWN;
}

static const char *find_cloud(const char *base, struct answer *answer)
{
    char text[512];

    if (aws_token(base == NULL ? local : base, text, sizeof text, answer, PROBE_MS)) {
        return "aws";
    }
    if (is_gcp(base == NULL ? google : base, answer)) {
        return "gcp";
    }
    return azure_name(base == NULL ? local : base, text, sizeof text, answer) ? "azure" : "none";
}

static int watch_file(const char *path)
{
    while (access(path, F_OK) != 0) {
        wait_ms(FILE_POLL_MS);
    }
    return say_notice(0, "notice file");
}

static int watch(const char *cloud, const char *base, struct answer *answer)
{
    char line[32];

    (void)snprintf(line, sizeof line, "cloud %.16s", cloud);
    say(line);
    if (text_equal(cloud, "aws")) {
        return watch_aws(base == NULL ? local : base, answer);
    }
    if (text_equal(cloud, "gcp")) {
        return watch_gcp(base == NULL ? google : base, answer);
    }
    return text_equal(cloud, "azure") ? watch_azure(base == NULL ? local : base, answer) : 0;
}

int main(int argc, char **argv)
{
    static struct answer answer;
    const char *cloud = argc > 1 ? argv[1] : "";
    const char *base = argc > 2 ? argv[2] : NULL;

    /* It ends with the worker that started it. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strncmp(cloud, "file:", 5) == 0) {
        return watch_file(cloud + 5);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)fprintf(stderr, "tidemill-notice: libcurl does not start\n");
        return 1;
    }
    if (text_equal(cloud, "auto")) {
        cloud = find_cloud(base, &answer);
    }
    if (!text_equal(cloud, "aws") && !text_equal(cloud, "gcp") && !text_equal(cloud, "azure") &&
        !text_equal(cloud, "none")) {
        (void)fprintf(stderr, "usage: tidemill-notice auto|aws|gcp|azure|file:PATH [BASE-URL]\n");
        return 2;
    }
    return watch(cloud, base, &answer);
}
