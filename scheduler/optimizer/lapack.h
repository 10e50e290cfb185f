/*
 * The two LAPACK routines we call ourselves (in OpenBLAS; Debian has no LAPACKE in it): unlike
 * GSL's, they say that a matrix is not positive definite by a number.
 */
#ifndef OPTIMIZER_LAPACK_H
#define OPTIMIZER_LAPACK_H

/* dpotrf_: Cholesky factor in place; info 0 on success. dpotri_: the inverse from the factor. */
void dpotrf_(const char *triangle, const int *n, double *a, const int *stride, int *info);
void dpotri_(const char *triangle, const int *n, double *a, const int *stride, int *info);

#endif
