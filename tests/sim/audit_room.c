/* What a coordinator may give to each machine: no more than that has said is free (the other half
 * of I14), nothing to one that is silent, and no trial whose last attempt has nothing left to find
 * out. */
#include "audit_parts.h"

void audit_rooms_open(uint32_t center)
{
    for (uint32_t i = 0; i < story.audit.witness_count; i++) {
        struct witness *witness = &story.audit.witnesses[i];
        const struct attempt_row *row = rows_attempt(&story.vault.rows, witness->attempt);
        witness->decided[center] = row == NULL ? 0 : (uint8_t)(row->state + 1);
    }
    for (uint32_t i = 0; i < story.plan.machines; i++) {
        const int32_t used = story.audit.on_machine[i];
        story.audit.rooms[center][i] = (struct audit_room){.used = used, .most = used};
    }
}

void audit_free(uint32_t center, uint32_t machine, int32_t slots_free)
{
    struct audit_room *room = &story.audit.rooms[center][machine];

    room->most = room->used + slots_free;
}

static void check_offer(uint32_t center, uint32_t machine, const struct attempt_row *row)
{
    const struct audit_room *room = &story.audit.rooms[center][machine];
    const struct witness *before =
        audit_find((struct wire_attempt){row->experiment, row->trial, row->number - 1});

    if (room->used > room->most) {
        story_fails("I14: attempt %d.%d.%d is offered to machine %u, which has no free slot",
                    (int)row->experiment, (int)row->trial, (int)row->number, machine);
    }
    if (story.now_ms - story.heard_ms[machine] > LEASE_MS) {
        story_fails("R4: attempt %d.%d.%d is offered to machine %u, which was not heard for a "
                    "lease",
                    (int)row->experiment, (int)row->trial, (int)row->number, machine);
    }
    if (before != NULL && before->decided[center] == ATTEMPT_REVOKED + 1) {
        story_fails("I6: attempt %d.%d.%d is offered after one that was revoked",
                    (int)row->experiment, (int)row->trial, (int)row->number);
    }
}

void audit_decided(uint32_t center, uint32_t machine, const struct attempt_row *row)
{
    struct audit_room *room = &story.audit.rooms[center][machine];
    struct witness *witness =
        audit_need((struct wire_attempt){row->experiment, row->trial, row->number});
    const uint8_t old = witness->decided[center];
    const bool held = old > 0 && audit_is_live((enum attempt_state)(old - 1));
    const bool holds = audit_is_live(row->state);

    witness->decided[center] = (uint8_t)(row->state + 1);
    witness->decided_ms = witness->decided_ms == 0 ? story.now_ms : witness->decided_ms;
    room->used += (holds ? 1 : 0) - (held ? 1 : 0);
    if (holds && !held && row->state == ATTEMPT_OFFERED) {
        check_offer(center, machine, row);
    } else if (holds && !held) {
        room->most++; /* found again: what is free does not count it */
    }
}
