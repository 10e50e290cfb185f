/* Knows how rows wait for their commit: arrays that grow, and a hash that finds a row's earlier
 * image. */
#include "store/batch.h"

#include "base/assert.h"
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

void batch_init(struct batch *batch)
{
    memset(batch, 0, sizeof *batch);
}

void batch_fini(struct batch *batch)
{
    free(batch->records);
    free(batch->events);
    free(batch->logs);
    free(batch->details);
    free(batch->text);
    free(batch->slots);
    batch_init(batch);
}

void batch_clear(struct batch *batch)
{
    batch->record_count = batch->event_count = batch->log_count = 0;
    batch->detail_count = batch->text_bytes = 0;
    memset(batch->first, 0, sizeof batch->first);
    memset(batch->last, 0, sizeof batch->last);
    if (batch->slots != NULL) {
        memset(batch->slots, 0, batch->slot_count * sizeof *batch->slots);
    }
}

bool batch_empty(const struct batch *batch)
{
    return batch->record_count == 0 && batch->event_count == 0 && batch->log_count == 0 &&
           batch->detail_count == 0;
}

static size_t batch_bytes(const struct batch *batch)
{
    return batch->record_capacity * sizeof *batch->records +
           batch->event_capacity * sizeof *batch->events +
           batch->log_capacity * sizeof *batch->logs +
           batch->detail_capacity * sizeof *batch->details + batch->text_capacity +
           batch->slot_count * sizeof *batch->slots;
}

/* Makes room for `more` items of `bytes` bytes behind the `count` that are there. */
static enum tide_status reserve(const struct batch *batch, void **items, uint32_t *capacity,
                                uint32_t count, size_t more, size_t bytes)
{
    if (more <= *capacity - count) {
        return TIDE_OK;
    }
    size_t wanted = *capacity == 0 ? 64 : (size_t)*capacity * 2;
    if (wanted < count + more) {
        wanted = count + more;
    }
    if (batch_bytes(batch) + (wanted - *capacity) * bytes > STORE_BATCH_BYTES_MAX) {
        return TIDE_LIMIT;
    }
    void *grown = realloc(*items, wanted * bytes);
    if (grown == NULL) {
        return TIDE_NO_MEMORY;
    }
    *items = grown;
    *capacity = (uint32_t)wanted;
    return TIDE_OK;
}

const char *batch_text(const struct batch *batch, uint32_t handle)
{
    return handle == 0 ? NULL : batch->text + (handle - 1);
}

static enum tide_status text_add(struct batch *batch, const char *text, uint32_t *handle)
{
    *handle = 0;
    if (text == NULL) {
        return TIDE_OK;
    }
    size_t bytes = strlen(text) + 1;
    void *grown = batch->text;
    enum tide_status status =
        reserve(batch, &grown, &batch->text_capacity, batch->text_bytes, bytes, 1);

    batch->text = grown;
    if (status == TIDE_OK) {
        memcpy(batch->text + batch->text_bytes, text, bytes);
        *handle = 1 + batch->text_bytes;
        batch->text_bytes += (uint32_t)bytes;
    }
    return status;
}

/* ---- the earlier image of a row ---- */

static bool same_row(const struct record *a, const struct record *b)
{
    int64_t key_a[TABLE_KEYS_MAX], key_b[TABLE_KEYS_MAX];

    table_key(a, key_a);
    table_key(b, key_b);
    return a->kind == b->kind && memcmp(key_a, key_b, sizeof key_a) == 0;
}

/* The slot that holds this row, or the empty one where it belongs. */
static uint32_t slot_find(const struct batch *batch, const struct record *record)
{
    int64_t key[TABLE_KEYS_MAX];

    table_key(record, key);
    uint64_t hash = digest_integer(DIGEST_START, record->kind);
    for (int i = 0; i < TABLE_KEYS_MAX; i++) {
        hash = digest_integer(hash, key[i]);
    }
    uint32_t slot = (uint32_t)hash & (batch->slot_count - 1);
    while (batch->slots[slot] != 0 &&
           !same_row(&batch->records[batch->slots[slot] - 1].record, record)) {
        slot = (slot + 1) & (batch->slot_count - 1);
    }
    return slot;
}

/* Keeps the hash at most half full. */
static enum tide_status slots_reserve(struct batch *batch)
{
    if (batch->slot_count >= 2 * (batch->record_count + 1)) {
        return TIDE_OK;
    }
    uint32_t count = batch->slot_count == 0 ? 256 : 2 * batch->slot_count;
    uint32_t *grown = calloc(count, sizeof *grown);
    if (grown == NULL) {
        return TIDE_NO_MEMORY;
    }
    free(batch->slots);
    batch->slots = grown;
    batch->slot_count = count;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        if (batch->records[i].record.kind != RECORD_METRIC) {
            batch->slots[slot_find(batch, &batch->records[i].record)] = 1 + i;
        }
    }
    return TIDE_OK;
}

/* Copies the record's texts and makes its handles the batch's; a text it leaves is that of `before`
 * (NULL none). */
static enum tide_status texts_take(struct batch *batch, struct record *record,
                                   const struct store_texts *texts, const struct record *before)
{
    const struct table *table = table_of(record->kind);

    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column->kind != COLUMN_TEXT) {
            continue;
        }
        uint32_t handle = (uint32_t)column_int32(column, record);
        uint32_t taken = before == NULL ? 0 : (uint32_t)column_int32(column, before);
        if (handle != 0) {
            ASSERT(handle <= texts->count);
            enum tide_status status = text_add(batch, texts->items[handle - 1], &taken);
            if (status != TIDE_OK) {
                return status;
            }
        }
        column_set_int32(column, record, (int32_t)taken);
    }
    return TIDE_OK;
}

static void record_append(struct batch *batch, const struct record *record)
{
    uint32_t handle = 1 + batch->record_count++;

    batch->records[handle - 1] = (struct batch_record){.record = *record, .next = 0};
    if (batch->last[record->kind] == 0) {
        batch->first[record->kind] = handle;
    } else {
        batch->records[batch->last[record->kind] - 1].next = handle;
    }
    batch->last[record->kind] = handle;
}

enum tide_status batch_add_record(struct batch *batch, const struct record *record,
                                  const struct store_texts *texts)
{
    void *grown = batch->records;
    enum tide_status status = reserve(batch, &grown, &batch->record_capacity, batch->record_count,
                                      1, sizeof *batch->records);
    batch->records = grown;
    if (status == TIDE_OK) {
        status = slots_reserve(batch);
    }
    if (status != TIDE_OK) {
        return status;
    }
    struct record taken = *record;
    uint32_t *slot = record->kind == RECORD_METRIC ? NULL : &batch->slots[slot_find(batch, record)];
    struct record *before = slot == NULL || *slot == 0 ? NULL : &batch->records[*slot - 1].record;

    status = texts_take(batch, &taken, texts, before);
    if (status != TIDE_OK) {
        return status;
    }
    if (before != NULL) {
        *before = taken;
        return TIDE_OK;
    }
    record_append(batch, &taken);
    if (slot != NULL) {
        *slot = batch->record_count;
    }
    return TIDE_OK;
}

/* ---- events, logs, descriptions ---- */

enum tide_status batch_add_event(struct batch *batch, const struct trace *trace, const char *text)
{
    struct batch_event event = {.trace = *trace};
    void *grown = batch->events;
    enum tide_status status = reserve(batch, &grown, &batch->event_capacity, batch->event_count, 1,
                                      sizeof *batch->events);

    batch->events = grown;
    if (status == TIDE_OK) {
        status = text_add(batch, text, &event.text);
    }
    if (status == TIDE_OK) {
        batch->events[batch->event_count++] = event;
    }
    return status;
}

enum tide_status batch_add_log(struct batch *batch, const struct wire_attempt *attempt,
                               enum wire_stream stream, int64_t offset, const char *text)
{
    struct batch_log log = {.attempt = *attempt, .stream = stream, .offset = offset};
    void *grown = batch->logs;
    enum tide_status status =
        reserve(batch, &grown, &batch->log_capacity, batch->log_count, 1, sizeof *batch->logs);

    batch->logs = grown;
    if (status == TIDE_OK) {
        status = text_add(batch, text, &log.text);
    }
    if (status == TIDE_OK) {
        batch->logs[batch->log_count++] = log;
    }
    return status;
}

static enum tide_status detail_add(struct batch *batch, struct batch_detail detail,
                                   const struct store_parameter *parameter, const char *name)
{
    void *grown = batch->details;
    enum tide_status status = reserve(batch, &grown, &batch->detail_capacity, batch->detail_count,
                                      1, sizeof *batch->details);

    batch->details = grown;
    if (status == TIDE_OK) {
        status = text_add(batch, name, &detail.name);
    }
    if (status == TIDE_OK && parameter != NULL) {
        status = text_add(batch, parameter->type, &detail.type);
    }
    if (status == TIDE_OK && parameter != NULL) {
        status = text_add(batch, parameter->choices, &detail.choices);
    }
    if (status == TIDE_OK && parameter != NULL) {
        status = text_add(batch, parameter->condition, &detail.condition);
    }
    if (status == TIDE_OK) {
        batch->details[batch->detail_count++] = detail;
    }
    return status;
}

static enum tide_status details_add(struct batch *batch,
                                    const struct store_description *description)
{
    int32_t id = description->experiment;
    enum tide_status status =
        detail_add(batch,
                   (struct batch_detail){.kind = DETAIL_HEAD,
                                         .experiment = id,
                                         .budget_trials = description->budget_trials,
                                         .budget_cost_micro = description->budget_cost_micro},
                   NULL, description->currency);

    for (uint32_t i = 0; i < description->parameter_count && status == TIDE_OK; i++) {
        const struct store_parameter *parameter = &description->parameters[i];
        struct batch_detail detail = {.kind = DETAIL_PARAMETER,
                                      .experiment = id,
                                      .position = i,
                                      .low = parameter->low,
                                      .high = parameter->high,
                                      .step = parameter->step,
                                      .log_scale = parameter->log};
        status = detail_add(batch, detail, parameter, parameter->name);
    }
    for (uint32_t i = 0; i < description->objective_count && status == TIDE_OK; i++) {
        struct batch_detail detail = {.kind = DETAIL_OBJECTIVE,
                                      .experiment = id,
                                      .maximize = description->objectives[i].maximize};
        status = detail_add(batch, detail, NULL, description->objectives[i].metric);
    }
    for (uint32_t i = 0; i < description->outcome_count && status == TIDE_OK; i++) {
        const struct store_outcome *outcome = &description->outcomes[i];
        struct batch_detail detail = {
            .kind = DETAIL_OUTCOME, .experiment = id, .low = outcome->min, .high = outcome->max};
        status = detail_add(batch, detail, NULL, outcome->metric);
    }
    return status;
}

enum tide_status batch_add_description(struct batch *batch,
                                       const struct store_description *description)
{
    uint32_t before = batch->detail_count;
    enum tide_status status = details_add(batch, description);

    if (status != TIDE_OK) {
        batch->detail_count = before;
    }
    return status;
}
