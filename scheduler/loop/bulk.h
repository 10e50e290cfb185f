/*
 * bulk: the thread that moves files: objects of others into the folder beside the store and back
 * (docs/PROTOCOL.md, "Bulk"; store/objects.h). It knows hashes and offsets, not who may have what:
 * before each transfer it asks the loop, which knows the leases, and goes on with others meanwhile.
 */
#ifndef LOOP_BULK_H
#define LOOP_BULK_H

#include "store/objects.h"
#include "transport/transport.h"

struct bulk;

/* May this peer do that? */
struct bulk_question {
    uint64_t id; /* for the answer */
    struct peer peer;
    bool store; /* else fetch */
    enum wire_object kind;
    struct wire_attempt attempt; /* in whose name; all 0: an operator's */
    char hash[OBJECT_HASH_BYTES];
};

struct bulk_answer {
    uint64_t id;
    bool allowed;
    int64_t max_bytes; /* of what is stored */
    char why[128];     /* where it is not allowed */
};

/* bulk_open: begins to serve; `root` is the folder of objects.h. TIDE_NO_MEMORY, TIDE_IO. */
enum tide_status bulk_open(struct bulk_socket *socket, const char *root, struct bulk **bulk,
                           struct error *error);

/* bulk_close: before transport_close. What was on its way stays for another time. NULL is fine. */
void bulk_close(struct bulk *bulk);

/* bulk_fd: readable when a question may wait. bulk_asked: the next one; false: none. */
int bulk_fd(const struct bulk *bulk);
bool bulk_asked(struct bulk *bulk, struct bulk_question *question);

/* bulk_answer: from the loop's thread. */
void bulk_answer(struct bulk *bulk, const struct bulk_answer *answer);

#endif
