/*
 * A table of points knows which points it has: as many random ones of every type as make a hash
 * table grow, some a hair beside others, come, change and go, and after each move the table says of
 * points near and far what comparing with every point in it says.
 */
#include "optimizer/every_type.h"
#include "support/support.h"

#include "base/rng.h"
#include "optimizer/table.h"

#include <math.h>
#include <string.h>

enum { IDS = 300, MOVES = 4000 };

static struct space space;
static struct table table;
static struct rng rng;

static void draw_point(double *x)
{
    for (size_t i = 0; i < space.count; i++) {
        x[i] = space_draw(&space, i, rng_unit(&rng));
    }
    space_settle(&space, x);
}

/* Half of them an existing point, moved in its floats by up to twice what counts as the same. */
static void draw_near(double *x)
{
    if (table.count == 0 || rng_below(&rng, 2) == 0) {
        draw_point(x);
        return;
    }
    memcpy(x, table.x + rng_below(&rng, table.count) * space.count, space.count * sizeof *x);
    for (size_t i = 0; i < space.count; i++) {
        if (!isnan(x[i]) && space_levels(&space, i) == 0) {
            const double place = space_place(&space, i, x[i]) + 4e-7 * (rng_unit(&rng) - 0.5);
            x[i] = space_value(&space, i, fmin(fmax(place, 0), 1));
        }
    }
}

static bool has_by_comparing(const double *x)
{
    for (size_t i = 0; i < table.count; i++) {
        if (space_same(&space, x, table.x + i * space.count)) {
            return true;
        }
    }
    return false;
}

static void move(void)
{
    double x[WIDTH];
    const int64_t id = (int64_t)rng_below(&rng, IDS + 20);

    if (rng_below(&rng, 3) == 0) {
        table_drop(&table, id, space.count);
        return;
    }
    draw_near(x);
    const struct record record = {.id = id < IDS ? id : TIDE_OWN, .cell = space_cell(&space, x)};
    assert_int_equal(table_put(&table, &record, x, space.count), TIDE_OK);
}

static void it_has_what_comparing_finds(void **state)
{
    static const struct tide_config config = {.parameters = every_type, .parameter_count = WIDTH};
    char message[TIDE_MESSAGE_BYTES];
    size_t had = 0;

    (void)state;
    assert_int_equal(space_init(&space, &config, message), TIDE_OK);
    rng_init(&rng, 2385, "table");
    for (int i = 0; i < MOVES; i++) {
        double x[WIDTH];
        move();
        draw_near(x);
        const bool has = has_by_comparing(x);
        assert_int_equal(table_has(&table, &space, x), has);
        had += has ? 1 : 0;
    }
    assert_in_range(had, MOVES / 20, MOVES - MOVES / 20); /* both answers were asked for */
    table_fini(&table);
    space_fini(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_has_what_comparing_finds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
