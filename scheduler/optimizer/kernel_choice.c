/*
 * Knows which build of the kernel's loops this CPU runs. (Function pointers rather than
 * target_clones, whose resolver crashes under ThreadSanitizer.)
 */
#include "optimizer/kernel_rows.h"

extern const struct kernel_rows kernel_rows_plain;
#ifdef KERNEL_AVX2
extern const struct kernel_rows kernel_rows_avx2;
#endif

const struct kernel_rows *kernel_rows(void)
{
#ifdef KERNEL_AVX2
    if (__builtin_cpu_supports("avx2")) {
        return &kernel_rows_avx2;
    }
#endif
    return &kernel_rows_plain;
}
