#include "core/moving.h"

static const double markedly = 1.3; /* the dear price over the cheap one, at least */
static const double certainly = 2;  /* what is saved over what the change costs, at least */

double moving_gain(double rest_ms, double here_micro, double there_micro, double overhead)
{
    if (rest_ms <= 0 || here_micro <= 0 || here_micro < markedly * there_micro) {
        return 0;
    }
    return rest_ms * (here_micro - there_micro) - certainly * overhead;
}
