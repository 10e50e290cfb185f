#include "loop/machines.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define NEVER INT64_MAX

void machines_fini(struct machines *machines)
{
    free(machines->items);
    *machines = (struct machines){0};
}

static bool machines_grow(struct machines *machines)
{
    const size_t capacity = machines->capacity == 0 ? 8 : 2 * machines->capacity;
    struct machine *items = realloc(machines->items, capacity * sizeof *items);

    if (items == NULL) {
        return false;
    }
    machines->items = items;
    machines->capacity = capacity;
    return true;
}

struct machine *machines_add(struct machines *machines, enum machine_state state, const char *name,
                             int64_t wall_ms)
{
    if (machines->count == machines->capacity && !machines_grow(machines)) {
        return NULL;
    }
    struct machine *machine = &machines->items[machines->count++];
    *machine = (struct machine){.number = ++machines->last_number,
                                .state = state,
                                .launched_ms = wall_ms,
                                .free_boot_ms = NEVER,
                                .away_boot_ms = NEVER,
                                .changed = true};
    (void)text_copy(machine->name, sizeof machine->name, name);
    return machine;
}

bool machines_load(struct machines *machines, const struct machine_row *row, const char *name,
                   int64_t boot_ms)
{
    machines->last_number = row->number; /* rows come in order */
    if (row->state == MACHINE_GONE) {
        return true;
    }
    machines->last_number--;
    struct machine *machine =
        machines_add(machines, row->state, name == NULL ? "" : name, row->launched_ms);
    if (machine == NULL) {
        return false;
    }
    machine->away_boot_ms = boot_ms;
    machine->changed = false;
    return true;
}

bool machines_ask(struct machines *machines, int32_t count, int64_t wall_ms, int64_t boot_ms)
{
    machines->asked_from = machines->last_number + 1;
    for (int32_t i = 0; i < count; i++) {
        struct machine *machine = machines_add(machines, MACHINE_ASKED, "", wall_ms);
        if (machine == NULL) {
            return false;
        }
        machine->away_boot_ms = boot_ms;
    }
    return true;
}

/* A worker is to be called so: letters, digits, '.', '_', '-'. */
static bool is_id(const char *text, size_t bytes)
{
    static const char accepted[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return bytes < MACHINE_NAME_BYTES && strspn(text, accepted) >= bytes;
}

static struct machine *asked_next(struct machines *machines, int32_t from)
{
    for (size_t i = 0; i < machines->count; i++) {
        if (machines->items[i].state == MACHINE_ASKED && machines->items[i].number >= from) {
            return &machines->items[i];
        }
    }
    return NULL;
}

/* True where the id is news. */
static bool id_take(struct machines *machines, const char *name, int64_t wall_ms, int64_t boot_ms)
{
    if (machines_find(machines, name) != NULL) {
        return false;
    }
    struct machine *machine = asked_next(machines, machines->asked_from);
    if (machine == NULL) {
        machine = machines_add(machines, MACHINE_UP, name, wall_ms);
    }
    if (machine != NULL) {
        (void)text_copy(machine->name, sizeof machine->name, name);
        machines_move(machine, MACHINE_UP, wall_ms);
        machine->away_boot_ms = boot_ms;
    }
    return machine != NULL;
}

struct machines_answer machines_answer(struct machines *machines, const char *output,
                                       int64_t wall_ms, int64_t boot_ms)
{
    struct machines_answer answer = {0};
    struct machine *asked = NULL;
    char name[MACHINE_NAME_BYTES];

    for (const char *line = output; *line != '\0';) {
        const size_t length = strcspn(line, "\r\n");
        if (length > 0 && is_id(line, length)) {
            memcpy(name, line, length);
            name[length] = '\0';
            answer.granted += id_take(machines, name, wall_ms, boot_ms) ? 1 : 0;
        } else if (length > 0) {
            answer.nonsense++;
        }
        line += length + (line[length] == '\0' ? 0 : 1);
    }
    while ((asked = asked_next(machines, machines->asked_from)) != NULL) {
        machines_move(asked, MACHINE_GONE, wall_ms);
        answer.missing++;
    }
    return answer;
}

struct machine *machines_adopt(struct machines *machines, const char *name, int64_t wall_ms)
{
    struct machine *machine = asked_next(machines, 1);

    if (machine == NULL) {
        return machines_add(machines, MACHINE_UP, name, wall_ms);
    }
    (void)text_copy(machine->name, sizeof machine->name, name);
    machines_move(machine, MACHINE_UP, wall_ms);
    return machine;
}

struct machine *machines_find(const struct machines *machines, const char *name)
{
    for (size_t i = 0; i < machines->count; i++) {
        struct machine *machine = &machines->items[i];
        if (machine->state != MACHINE_GONE && strcmp(machine->name, name) == 0) {
            return machine;
        }
    }
    return NULL;
}

int64_t machines_launched_ms(struct machines *machines, const char *name)
{
    const struct machine *known = machines_find(machines, name);
    const struct machine *machine = known != NULL ? known : asked_next(machines, 1);

    return machine == NULL ? 0 : machine->launched_ms;
}

int32_t machines_count(const struct machines *machines, enum machine_state state)
{
    int32_t count = 0;

    for (size_t i = 0; i < machines->count; i++) {
        count += machines->items[i].state == state ? 1 : 0;
    }
    return count;
}

void machines_move(struct machine *machine, enum machine_state state, int64_t wall_ms)
{
    machine->state = state;
    machine->ended_ms = state == MACHINE_GONE ? wall_ms : 0;
    machine->changed = true;
}

struct machine *machines_idlest(const struct machines *machines, int64_t boot_ms, int64_t idle_ms)
{
    struct machine *idlest = NULL;

    for (size_t i = 0; i < machines->count; i++) {
        struct machine *machine = &machines->items[i];
        if (machine->state == MACHINE_UP && machine->free_boot_ms != NEVER &&
            boot_ms - machine->free_boot_ms >= idle_ms &&
            (idlest == NULL || machine->free_boot_ms < idlest->free_boot_ms)) {
            idlest = machine;
        }
    }
    return idlest;
}

void machines_sweep(struct machines *machines)
{
    size_t kept = 0;

    for (size_t i = 0; i < machines->count; i++) {
        if (machines->items[i].state != MACHINE_GONE || machines->items[i].changed) {
            machines->items[kept++] = machines->items[i];
        }
    }
    machines->count = kept;
}
