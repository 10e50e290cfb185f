/*
 * What a turn decided, kept until it is durable. Of several images of one row the last counts.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/store.h"
#include "store/table.h"

/* Texts of a batch are handles here too: 1 + the place of the text in batch.text. */

struct batch_record {
    struct record record;
    uint32_t next; /* of its kind, as batch.first */
};

struct batch_event {
    struct trace trace;
    uint32_t text;
};

struct batch_log {
    struct wire_attempt attempt;
    enum wire_stream stream;
    int64_t offset;
    uint32_t text;
};

/* One entry of a store_description: an item of one of its three lists, or the head of all. */
enum batch_detail_kind { DETAIL_HEAD, DETAIL_PARAMETER, DETAIL_OBJECTIVE, DETAIL_OUTCOME };

struct batch_detail {
    enum batch_detail_kind kind;
    int32_t experiment;
    uint32_t position;
    int32_t budget_trials; /* of a head; so is the next, and `name` is its currency */
    int64_t budget_cost_micro;
    uint32_t name, type, choices, condition;
    bool log_scale, maximize;
    double low, high, step;
};

struct batch {
    struct batch_record *records;
    struct batch_event *events;
    struct batch_log *logs;
    struct batch_detail *details;
    char *text;
    uint32_t record_count, event_count, log_count, detail_count, text_bytes;
    uint32_t record_capacity, event_capacity, log_capacity, detail_capacity, text_capacity;
    uint32_t first[RECORD_KIND_COUNT], last[RECORD_KIND_COUNT]; /* 1 + index; 0 none */
    uint32_t *slots; /* hash of keys to 1 + index in records; a power of two of them */
    uint32_t slot_count;
};

/* batch_init, batch_fini: an empty batch, and giving its memory back. */
void batch_init(struct batch *batch);
void batch_fini(struct batch *batch);

/* batch_clear: empties it and keeps its memory. batch_empty: whether there is nothing in it. */
void batch_clear(struct batch *batch);
bool batch_empty(const struct batch *batch);

/* batch_add_...: as store_apply, store_event, store_log, store_describe. On failure the batch is as
 * it was. */
enum tide_status batch_add_record(struct batch *batch, const struct record *record,
                                  const struct store_texts *texts);
enum tide_status batch_add_event(struct batch *batch, const struct trace *trace, const char *text);
enum tide_status batch_add_log(struct batch *batch, const struct wire_attempt *attempt,
                               enum wire_stream stream, int64_t offset, const char *text);
enum tide_status batch_add_description(struct batch *batch,
                                       const struct store_description *description);

/* batch_text: the text of a handle, NULL for 0; valid until the batch changes. */
const char *batch_text(const struct batch *batch, uint32_t handle);

#endif
