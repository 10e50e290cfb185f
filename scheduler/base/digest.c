#include "base/digest.h"

#include <math.h>
#include <string.h>

#define FNV_PRIME 0x100000001b3U

uint64_t digest_bytes(uint64_t digest, const void *data, size_t bytes)
{
    const unsigned char *at = data;

    for (size_t i = 0; i < bytes; i++) {
        digest = (digest ^ at[i]) * FNV_PRIME;
    }
    return digest;
}

uint64_t digest_integer(uint64_t digest, int64_t value)
{
    unsigned char little_endian[8];

    for (unsigned i = 0; i < 8; i++) {
        little_endian[i] = (unsigned char)((uint64_t)value >> (8 * i));
    }
    return digest_bytes(digest, little_endian, sizeof little_endian);
}

uint64_t digest_real(uint64_t digest, double value)
{
    int64_t bits = 0;

    if (isnan(value)) {
        return digest_integer(digest, INT64_MIN);
    }
    value = value == 0 ? 0 : value;
    memcpy(&bits, &value, sizeof bits);
    return digest_integer(digest, bits);
}

uint64_t digest_text(const char *text)
{
    return digest_bytes(DIGEST_START, text, strlen(text));
}
