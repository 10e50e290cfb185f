/*
 * notice_parse: what the metadata services of clouds answer, in facts.
 */
#ifndef WORKER_NOTICE_PARSE_H
#define WORKER_NOTICE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

enum notice_fact {
    NOTICE_QUIET,
    NOTICE_LEAVE,   /* this machine goes away */
    NOTICE_UNKNOWN, /* an answer that says neither */
    NOTICE_DENIED   /* the token is not valid (any more) */
};

/* How long a machine has from its notice on, at least: counted from receipt, for no clock of a
 * cloud is this machine's. */
enum { NOTICE_AWS_MS = 120000, NOTICE_GCP_MS = 30000, NOTICE_AZURE_MS = 30000 };

/* notice_aws: of .../spot/instance-action: 404 is the normal answer. */
enum notice_fact notice_aws(long status, const char *body);

/* notice_gcp: of .../instance/preempted. */
enum notice_fact notice_gcp(long status, const char *body);

/* notice_azure: of .../scheduledevents: a Preempt that names this machine. */
enum notice_fact notice_azure(long status, const char *body, const char *machine);

#endif
