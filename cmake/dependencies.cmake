# Every library is a Debian 12 package; docs/adr records why each one is here.
find_package(PkgConfig REQUIRED)

# GSL must run over OpenBLAS. FindGSL would take gslcblas, and naming openblas only after GSL silently leaves gslcblas bound;
# so the choice is made before FindGSL looks. tests/optimizer proves which one is bound.
find_library(OPENBLAS_LIBRARY openblas REQUIRED)
set(GSL_CBLAS_LIBRARY ${OPENBLAS_LIBRARY} CACHE FILEPATH "The CBLAS that GSL is linked over" FORCE)
find_package(GSL REQUIRED)

pkg_check_modules(NLOPT REQUIRED IMPORTED_TARGET nlopt)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0)
find_package(Threads REQUIRED)
