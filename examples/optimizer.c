/*
 * libtidemill in forty lines: the lowest point of Branin's function by asking and telling.
 *
 *   cc optimizer.c $(pkg-config --cflags --libs tidemill) -o optimizer && ./optimizer
 */
#include <math.h>
#include <stdio.h>

#include <tidemill/optimizer.h>

static double branin(double a, double b)
{
    const double s = b - 0.129185 * a * a + 1.591549 * a - 6;

    return s * s + 9.602113 * cos(a) + 10;
}

int main(void)
{
    const struct tide_parameter parameters[] = {
        {.name = "a", .type = TIDE_FLOAT, .low = -5, .high = 10},
        {.name = "b", .type = TIDE_FLOAT, .low = 0, .high = 15}};
    const struct tide_config config = {.parameters = parameters, .parameter_count = 2, .seed = 7};
    struct tide_optimizer *optimizer = NULL;
    struct tide_observation best;
    char message[TIDE_MESSAGE_BYTES] = "";
    size_t index = 0;
    size_t count = 0;

    if (tide_new(&config, &optimizer, message) != TIDE_OK) {
        (void)fprintf(stderr, "%s\n", message);
        return 1;
    }
    for (int i = 0; i < 40; i++) {
        double x[2];
        struct tide_suggestion suggestion;
        if (tide_ask(optimizer, x, &suggestion) != TIDE_OK) {
            break;
        }
        const double value = branin(x[0], x[1]);
        const struct tide_result result = {.outcome = TIDE_EVALUATED, .values = &value};
        if (tide_tell(optimizer, suggestion.id, NULL, &result) != TIDE_OK) {
            break;
        }
    }
    if (tide_best(optimizer, &index, 1, &count) == TIDE_OK &&
        tide_get(optimizer, index, &best) == TIDE_OK) {
        printf("a %.4f   b %.4f   value %.6f\n", best.x[0], best.x[1], best.values[0]);
    }
    tide_free(optimizer);
    return 0;
}
