/*
 * ASSERT(condition): a bug in this program ends it, in release builds too. Never used on input or
 * on memory. One condition each, without side effects.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__, __func__))

/* assert_failed: says what did not hold and where on stderr, then aborts. */
_Noreturn void assert_failed(const char *condition, const char *file, int line,
                             const char *function);

#endif
