/* Nobody waits for a lease to end where everybody hears everybody: what a machine was given in the
 * calm it runs, or says at once that it does not; and what died with its process ends with the
 * HELLO of the next one. */
#include "audit_parts.h"

#include "process.h"

enum { PROMPT_MS = 5000 };

void audit_greeted(uint32_t machine)
{
    story.audit.greeted_ms[machine] = story.now_ms;
}

static bool owes(const struct machine *machine, struct wire_attempt attempt)
{
    for (uint32_t i = 0; i < machine->disk.result_count; i++) {
        if (attempt_equal(machine->disk.results[i].attempt, attempt)) {
            return true;
        }
    }
    return false;
}

/* Since when its machine could have heard of it, and the coordinator of that, over the link they
 * have now; INT64_MAX not at all. Frames from before the calm may be lost and overtake each other.
 */
static int64_t known_ms(uint32_t center, uint32_t machine, const struct witness *witness)
{
    const struct center *teller = &story.centers[center];
    const int64_t greeted_ms = story.audit.greeted_ms[machine];
    const int64_t since_ms = witness->sent_ms > greeted_ms ? witness->sent_ms : greeted_ms;
    const bool disturbed = teller->link[machine] != story.network.link[machine] ||
                           since_ms < teller->link_ms[machine] || since_ms <= story.calm_ms ||
                           since_ms < story.network.quiet_ms[machine];

    return disturbed ? INT64_MAX : since_ms;
}

/* Told to leave outside of a window, an offer that never arrived waits for its lease: nothing of
 * its trial could run there. */
static bool is_idle(const struct attempt_row *row, uint32_t machine, const struct witness *witness)
{
    return row->state == ATTEMPT_OFFERED ||
           (row->state == ATTEMPT_ACTIVE && !audit_is_running(witness) &&
            !owes(&story.machines[machine], witness->attempt));
}

void audit_prompt(uint32_t center)
{
    for (uint32_t i = 0; i < story.audit.witness_count; i++) {
        const struct witness *witness = &story.audit.witnesses[i];
        if (!witness->live) {
            continue;
        }
        const struct attempt_row *row = rows_attempt(&story.vault.rows, witness->attempt);
        const uint32_t machine = rows_machine(&story.vault.rows, row->worker);
        if (is_idle(row, machine, witness) &&
            story.now_ms - PROMPT_MS > known_ms(center, machine, witness)) {
            story_fails("I10: attempt %d.%d.%d is %s on machine %u, which does nothing for it",
                        (int)witness->attempt.experiment, (int)witness->attempt.trial,
                        (int)witness->attempt.number, attempt_state_text(row->state), machine);
        }
    }
}
