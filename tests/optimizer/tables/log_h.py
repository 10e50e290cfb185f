"""Prints log_h.inc: z, log(phi(z) + z Phi(z)) and its derivative, computed with 60 digits.

python3 log_h.py > log_h.inc     (needs mpmath)
"""
from mpmath import mp, mpf, npdf, ncdf, log

mp.dps = 400  # z = -25 cancels 140 digits in the direct form
for z in ["40", "7.385", "2.385", "0.7", "0", "-0.385", "-0.999", "-1", "-1.001", "-1.7",
          "-2.385", "-4.1", "-7.9", "-13.37", "-24.9", "-25.1"]:
    x = mpf(z)
    h = npdf(x) + x * ncdf(x)
    print("{%s, %s, %s}," % (z, mp.nstr(log(h), 20), mp.nstr(ncdf(x) / h, 20)))
for z in ["-60", "-316", "-2385", "-1e5", "-1e6"]:  # the asymptotic series has 30 digits here
    x = mpf(z)
    s = sum((-1) ** k * mp.fac2(2 * k + 1) * x ** (-2 * k) for k in range(0, 12))
    r = sum((-1) ** k * mp.fac2(2 * k - 1) * x ** (-2 * k) for k in range(0, 12))
    lh = -x * x / 2 - log(2 * mp.pi) / 2 - 2 * log(-x) + log(s)
    print("{%s, %s, %s}," % (z, mp.nstr(lh, 20), mp.nstr(-x * r / s, 20)))
