/*
 * moving: whether work pays to go on in another slot. Pure: production and simulation ask the same.
 */
#ifndef CORE_MOVING_H
#define CORE_MOVING_H

/*
 * moving_gain: what `rest_ms` of work saves at `there_micro` an hour instead of `here_micro`, less
 * what it has to save: twice `overhead`, which is what the change costs in the same unit, price
 * times milliseconds. Not above zero: it stays, also where `here_micro` is not markedly dearer, so
 * that no small change brings it back.
 */
double moving_gain(double rest_ms, double here_micro, double there_micro, double overhead);

#endif
