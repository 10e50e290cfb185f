/*
 * Knows the price of waiting. Four thoughts, in the order of this file:
 *   certificate   on-demand slots that the deadline needs whatever spot does (Graham's bound)
 *   outlook       what each pool will probably offer until the deadline
 *   shadow price  what an hour of work will cost in the end, over that outlook
 *   slack         for trials without a slot of their own to spare: wait for spot, or stop waiting
 * Estimates are floating point; what is counted is not.
 */
#include "core/policy.h"

#include "base/assert.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const double hour_ms = 3600000;

/* Ages of a state, for hazards: spot that has just come or gone is the likeliest to change again.
 */
static const double age_hazard_per_hour[POLICY_AGES] = {2, 0.8, 0.25};
static const double age_weight = 2; /* the prior counts like so many observed ends */

/* Before anything was seen, a slot stays and stays away for so long, as if seen once per slot. */
static const double up_prior_ms = 4 * 3600000.0;
static const double down_prior_ms = 2 * 3600000.0;
static const double cycle_prior_ms = 2 * 3600000.0;

static const double correlation = 2; /* pools of one region come and go together */
static const double keep_max =
    0.3; /* a held slot is left when so much dearer than the shadow ... */
static const double keep_per_hour = 1.5; /* ... or by this x the start-up it would cost again */
static const double reserve_share = 1.0 / 15;
static const double reserve_starts = 4;
static const double scarcity_max = 8;

struct supply {
    double price_micro; /* of an hour of work done, waste counted */
    double work_ms;     /* expected until the deadline */
    double variance;
};

/* What the on-demand pools offer together. */
struct reserve {
    double slots;
    double held;
    double delay_ms;
    double warmed_ms; /* start-up that each held slot has behind it */
    double price_micro;
};

static double max_real(double a, double b)
{
    return a > b ? a : b;
}

static double min_real(double a, double b)
{
    return a < b ? a : b;
}

static int32_t clamp(double value, int32_t most)
{
    return value <= 0 ? 0 : value >= most ? most : (int32_t)value;
}

static int32_t ceiling(double value, int32_t most)
{
    const int32_t floor = clamp(value, most);

    return floor < most && floor < value ? floor + 1 : floor;
}

/* The standard normal distribution: Abramowitz and Stegun 26.2.18, error below 2.5e-4. */
static double normal(double x)
{
    const double a = x < 0 ? -x : x;
    const double base = 1 + a * (0.196854 + a * (0.115194 + a * (0.000344 + a * 0.019527)));
    const double tail = 0.5 / (base * base * base * base);

    return x < 0 ? tail : 1 - tail;
}

/* The probability that what is `mean` on average and spreads by `spread` is above zero. */
static double exceeds(double mean, double spread)
{
    if (spread <= 0) {
        return mean > 0 ? 1 : 0;
    }
    return normal(mean / spread);
}

/* The x beyond which the normal distribution has `tail` left, by bisection. */
static double normal_beyond(double tail)
{
    double low = -1;
    double high = 6;

    for (int i = 0; i < 30; i++) {
        const double middle = (low + high) / 2;
        if (normal(-middle) > tail) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static double mean_life_ms(const struct policy_stretches *stretches, double prior_ms, double slots)
{
    return ((double)stretches->duration_ms + slots * prior_ms) / ((double)stretches->ends + slots);
}

/* Ends per millisecond of a state that has lasted calm_ms. */
static double hazard(const struct policy_stretches by_age[POLICY_AGES], int64_t calm_ms)
{
    const int age = policy_age(calm_ms);
    const double prior_ms = age_weight / age_hazard_per_hour[age] * hour_ms;

    return (by_age[age].ends + age_weight) / ((double)by_age[age].duration_ms + prior_ms);
}

static struct reserve add_up_reserve(const struct policy_view *view)
{
    struct reserve reserve = {.price_micro = 0};
    double warming_ms = 0;

    for (int32_t i = 0; i < view->pool_count; i++) {
        const struct policy_pool *pool = &view->pools[i];
        if (pool->kind == POLICY_ON_DEMAND) {
            reserve.price_micro = reserve.slots == 0
                                      ? (double)pool->price_micro
                                      : min_real(reserve.price_micro, (double)pool->price_micro);
            reserve.slots += pool->slots_open;
            reserve.held += pool->slots_held;
            reserve.delay_ms = max_real(reserve.delay_ms, (double)pool->delay_ms);
            warming_ms += (double)pool->warming_ms;
        }
    }
    reserve.warmed_ms =
        reserve.held > 0 ? max_real(0, reserve.delay_ms - warming_ms / reserve.held) : 0;
    return reserve;
}

bool policy_is_urgent(const struct policy_view *view, int64_t trial_ms)
{
    const struct reserve reserve = add_up_reserve(view);

    return (double)trial_ms + reserve.delay_ms > (double)(view->left_ms - 2 * view->tick_ms);
}

/*
 * Graham's bound on list scheduling (1969), counting no spot progress: all trials end within
 * d + W/M + (1 - 1/M) r_max. It has to hold at the next decision too, and one more tick may pass
 * before the slots asked for then are starting. Every slot that runs until then buys a tick of the
 * M-fold sum; a held one that is dropped loses the start-up it has behind it. With a slot for every
 * trial each trial stands alone, and the urgent ones are counted.
 */
static void certify(const struct policy_view *view, const struct reserve *reserve,
                    struct policy_decision *decision)
{
    const double slots = min_real(reserve->slots, view->trials);
    const double held = min_real(reserve->held, slots);
    const double tick_ms = (double)view->tick_ms;
    const double limit_ms = (double)view->left_ms - 2 * tick_ms;
    double bound_ms = reserve->delay_ms + (double)view->longest_ms;

    if (slots <= 0) {
        decision->margin_ms = INT64_MIN;
        return;
    }
    if (reserve->slots >= view->trials) {
        decision->must = clamp(view->urgent, (int32_t)slots);
    } else {
        bound_ms = reserve->delay_ms + (double)view->work_ms / slots +
                   (1 - 1 / slots) * (double)view->longest_ms;
        const double missing_ms = (bound_ms - limit_ms) * slots;
        const double held_ms = held * (tick_ms + reserve->warmed_ms);
        const double need = missing_ms <= held_ms ? missing_ms / (tick_ms + reserve->warmed_ms)
                                                  : held + (missing_ms - held_ms) / tick_ms;
        decision->must = ceiling(need, (int32_t)slots);
    }
    decision->margin_ms =
        (int64_t)(limit_ms + tick_ms - bound_ms + reserve->warmed_ms * held / slots);
}

/* The share of a slot's time that is work: start-up is lost once per life. */
static double useful_share(const struct policy_pool *pool)
{
    const double life_ms = pool->kind == POLICY_SPOT
                               ? mean_life_ms(&pool->history.up, up_prior_ms, pool->slots_max)
                               : 1e15;

    return max_real((life_ms - (double)pool->delay_ms) / life_ms, 0.05);
}

/*
 * The expected share of its slots that a spot pool will offer over the next `left_ms`, and the
 * variance of the sum: each slot an on-off process whose present state fades with the correlation
 * time, plus what is not known about its mean after so short a look.
 */
static double expected_share(const struct policy_pool *pool, double left_ms, double *variance)
{
    const double slots = pool->slots_max;
    const double up_ms = mean_life_ms(&pool->history.up, up_prior_ms, slots);
    const double down_ms = mean_life_ms(&pool->history.down, down_prior_ms, slots);
    const double mean = up_ms / (up_ms + down_ms);
    const double fade_ms = up_ms * down_ms / (up_ms + down_ms);
    const double seen_ms = (double)pool->history.observed_ms + up_prior_ms + down_prior_ms;
    const double now = slots > 0 ? pool->slots_open / slots : 0;

    *variance = correlation * mean * (1 - mean) * 2 * fade_ms * slots * slots * left_ms * left_ms *
                (1 / (left_ms + fade_ms) + 1 / seen_ms);
    return mean + (now - mean) * fade_ms / (fade_ms + left_ms);
}

/* Shell's sort, by price. */
static void sort_supplies(struct supply *supplies, int32_t count)
{
    for (int32_t gap = count / 2; gap > 0; gap /= 2) {
        for (int32_t i = gap; i < count; i++) {
            const struct supply moved = supplies[i];
            int32_t at = i;
            while (at >= gap && supplies[at - gap].price_micro > moved.price_micro) {
                supplies[at] = supplies[at - gap];
                at -= gap;
            }
            supplies[at] = moved;
        }
    }
}

/* Adds what one pool offers; the number of supplies afterwards. */
static int32_t add_pool_supplies(const struct policy_view *view, const struct policy_pool *pool,
                                 struct supply *supplies, int32_t count)
{
    const struct policy_offer as_now = {view->left_ms, pool->price_micro};
    const struct policy_offer *offers = pool->offers ? pool->offers : &as_now;
    const int32_t offer_count = pool->offers ? pool->offer_count : 1;
    const double useful = useful_share(pool);
    double variance = 0;
    double share = 1;

    if (pool->kind == POLICY_SPOT) {
        share = expected_share(pool, (double)view->left_ms, &variance);
    }
    for (int32_t i = 0; i < offer_count && count < POLICY_OFFERS_MAX; i++, count++) {
        const double part = (double)offers[i].duration_ms / max_real((double)view->left_ms, 1);
        supplies[count] = (struct supply){.price_micro = (double)offers[i].price_micro / useful,
                                          .work_ms = share * pool->slots_max * useful *
                                                     (double)offers[i].duration_ms,
                                          .variance = variance * part * part};
    }
    return count;
}

struct outlook {
    double shadow_micro;
    double cheapest_micro;
    double short_ms;  /* work that on-demand slots will have to do: expected */
    double spread_ms; /* and its standard deviation */
};

/*
 * The price of the last hour of work: the k-th cheapest supply is needed when the cheaper ones do
 * not suffice, which has a probability. A smooth form of "the cheapest price whose supply covers
 * the work". Without on-demand slots behind it, the dearest supply is the last resort.
 */
static struct outlook look_ahead(const struct policy_view *view, const struct reserve *reserve)
{
    struct supply supplies[POLICY_OFFERS_MAX];
    struct outlook outlook = {.short_ms = (double)view->work_ms,
                              .shadow_micro = reserve->price_micro,
                              .cheapest_micro = reserve->price_micro};
    int32_t count = 0;
    double variance = 0;

    for (int32_t i = 0; i < view->pool_count; i++) {
        if (view->pools[i].kind != POLICY_ON_DEMAND) {
            count = add_pool_supplies(view, &view->pools[i], supplies, count);
        }
    }
    sort_supplies(supplies, count);
    if (count > 0) {
        outlook.shadow_micro = supplies[0].price_micro;
        outlook.cheapest_micro = supplies[0].price_micro;
    }
    for (int32_t i = 0; i < count; i++) {
        const double last = reserve->slots > 0 ? reserve->price_micro : supplies[i].price_micro;
        const double next = i + 1 < count ? supplies[i + 1].price_micro : last;
        outlook.short_ms -= supplies[i].work_ms;
        variance += supplies[i].variance;
        outlook.spread_ms = sqrt(variance);
        outlook.shadow_micro +=
            (next - supplies[i].price_micro) * exceeds(outlook.short_ms, outlook.spread_ms);
    }
    return outlook;
}

/*
 * On-demand slots worth holding before the certificate asks. What only they can do is spread over
 * all the time left, so that few of them start; but not before it is likely enough to be needed:
 * waiting an hour with m slots' work costs m d c / R in later starts, going ahead costs
 * m (c - cheapest) if spot would have done it. Held slots stay while they may be needed.
 */
static int32_t ahead_of_need(const struct policy_view *view, const struct reserve *reserve,
                             const struct outlook *outlook)
{
    const double left_ms = max_real((double)(view->left_ms), 1);
    const double saving = max_real(reserve->price_micro - outlook->cheapest_micro, 1);
    const double risk =
        min_real(reserve->delay_ms * reserve->price_micro / (left_ms * saving), 0.5);
    const double sure_ms = outlook->short_ms - normal_beyond(risk) * outlook->spread_ms;
    const double time_ms = max_real(left_ms - reserve->delay_ms, (double)view->tick_ms);
    const int32_t start = clamp(sure_ms / time_ms + 0.5, (int32_t)reserve->slots);
    const bool keep = outlook->short_ms + outlook->spread_ms > 0;

    return keep && reserve->held > start ? (int32_t)reserve->held : start;
}

/*
 * When every trial could have an on-demand slot, time is what is scarce: a trial waits for spot, or
 * leaves on-demand for it, only from its slack. Every change of machine costs a start-up, so slack
 * is kept for the changes still to come; an hour of it is worth an hour of on-demand times
 * (what should be kept) / (what there is).
 */
struct slack {
    bool wait; /* a trial without a slot should go on waiting for spot */
    bool move; /* a trial on on-demand should move to spot that is there */
};

static const struct policy_pool *likeliest_spot(const struct policy_view *view)
{
    const struct policy_pool *best = NULL;

    for (int32_t i = 0; i < view->pool_count; i++) {
        const struct policy_pool *pool = &view->pools[i];
        if (pool->kind == POLICY_SPOT &&
            (!best || (pool->slots_open > 0 && best->slots_open == 0) ||
             ((pool->slots_open > 0) == (best->slots_open > 0) &&
              pool->price_micro < best->price_micro))) {
            best = pool;
        }
    }
    return best;
}

static struct slack weigh_slack(const struct policy_view *view, const struct reserve *reserve)
{
    const struct policy_pool *spot = likeliest_spot(view);
    const double changes_ms = 2 * reserve->delay_ms;
    const double slack_ms = (double)view->left_ms - (double)view->longest_ms - reserve->delay_ms -
                            (double)view->tick_ms;

    if (!spot) {
        return (struct slack){.wait = false, .move = false};
    }
    const double slots = max_real(spot->slots_max, 1);
    const double cycle_ms = ((double)spot->history.up.duration_ms +
                             (double)spot->history.down.duration_ms + slots * cycle_prior_ms) /
                            ((double)spot->history.up.ends + slots);
    const double keep_ms =
        (double)view->left_ms * (reserve_starts * reserve->delay_ms / cycle_ms + reserve_share);
    const double scarcity = min_real(keep_ms / max_real(slack_ms, 1), scarcity_max);
    const double worth = reserve->price_micro * scarcity;
    const double back = hazard(spot->history.down_by_age, spot->history.calm_ms);
    const double gone = hazard(spot->history.up_by_age, spot->history.calm_ms);

    return (struct slack){
        .wait = reserve->price_micro + back * changes_ms * worth > worth,
        .move = slack_ms >= reserve->delay_ms + (double)view->tick_ms &&
                gone * changes_ms * worth / 2 < reserve->price_micro - (double)spot->price_micro,
    };
}

static int32_t free_spot(const struct policy_view *view)
{
    int32_t slots = 0;

    for (int32_t i = 0; i < view->pool_count; i++) {
        const struct policy_pool *pool = &view->pools[i];
        slots += pool->kind == POLICY_SPOT ? pool->slots_open - pool->slots_held : 0;
    }
    return slots;
}

/* Slots of the pools that are worth their price, the cheapest first, as far as `room` goes. */
static int32_t take_cheap(const struct policy_view *view, double shadow_micro, int32_t room,
                          struct policy_decision *decision)
{
    bool taken[POLICY_POOLS_MAX] = {false};

    for (int32_t turn = 0; turn < view->pool_count; turn++) {
        int32_t best = -1;
        double best_price = 0;
        for (int32_t i = 0; i < view->pool_count; i++) {
            const struct policy_pool *pool = &view->pools[i];
            const double price = (double)pool->price_micro / useful_share(pool);
            if (pool->kind != POLICY_ON_DEMAND && !taken[i] && (best < 0 || price < best_price)) {
                best = i;
                best_price = price;
            }
        }
        if (best < 0) {
            break;
        }
        const struct policy_pool *pool = &view->pools[best];
        const double keep = min_real(keep_per_hour * (double)pool->delay_ms / hour_ms, keep_max);
        const double factor = pool->slots_held > 0 ? 1.0001 + keep : 1.0001;
        taken[best] = true;
        if (best_price <= shadow_micro * factor) {
            decision->want[best] = pool->slots_open < room ? pool->slots_open : room;
            room -= decision->want[best];
        }
    }
    return room;
}

/* `count` on-demand slots, from the pools in order of price. */
static void take_on_demand(const struct policy_view *view, int32_t count,
                           struct policy_decision *decision)
{
    while (count > 0) {
        int32_t best = -1;
        for (int32_t i = 0; i < view->pool_count; i++) {
            const struct policy_pool *pool = &view->pools[i];
            if (pool->kind == POLICY_ON_DEMAND && decision->want[i] < pool->slots_open &&
                (best < 0 || pool->price_micro < view->pools[best].price_micro)) {
                best = i;
            }
        }
        if (best < 0) {
            break;
        }
        const int32_t room = view->pools[best].slots_open - decision->want[best];
        decision->want[best] += count < room ? count : room;
        count -= count < room ? count : room;
    }
}

void policy_decide(const struct policy_view *view, struct policy_decision *decision)
{
    const struct reserve reserve = add_up_reserve(view);
    const struct outlook outlook = look_ahead(view, &reserve);
    int32_t ahead = 0;
    int32_t fixed = 0;
    int32_t room = 0;

    ASSERT(view->pool_count <= POLICY_POOLS_MAX);
    memset(decision, 0, sizeof *decision);
    decision->shadow_micro = (int64_t)outlook.shadow_micro;
    certify(view, &reserve, decision);
    ahead = ahead_of_need(view, &reserve, &outlook);
    fixed = decision->must;
    if (reserve.slots >= view->trials) {
        const struct slack slack = weigh_slack(view, &reserve);
        const int32_t stay = clamp(reserve.held, view->trials) - (slack.move ? free_spot(view) : 0);
        fixed = stay > fixed ? stay : fixed;
        ahead = slack.wait ? (view->trials > 1 ? ahead : 0) : view->trials;
    }
    room = take_cheap(view, outlook.shadow_micro, view->trials - fixed, decision);
    ahead = ahead > fixed ? ahead - fixed : 0;
    take_on_demand(view, fixed + (ahead < room ? ahead : room), decision);
}
