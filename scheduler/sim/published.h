/*
 * published: the policies of "Can't Be Late" (Wu et al., NSDI'24), for one job as they are written
 * there and for a fleet as the nearest thing to it.
 */
#ifndef SIM_PUBLISHED_H
#define SIM_PUBLISHED_H

#include "sim/episode.h"

/* published_decide: what `policy` (any but EPISODE_TIDEMILL) holds in the next tick. The last pool
 * of the view is on-demand. */
void published_decide(enum episode_policy policy, const struct policy_view *view,
                      const struct episode_job *job, struct policy_decision *decision);

#endif
