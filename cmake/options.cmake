# The options of a build, carried by INTERFACE targets; no flag is global.
#   tide_pure    what every target of ours compiles with: C17 without extensions
#   tide_shell   the same for the impure rooms, which may use what Linux offers beyond C17
option(TIDE_TESTS "Build the tests" ON)
option(TIDE_WERROR "Treat warnings as errors" OFF)
option(TIDE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(TIDE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_library(tide_pure INTERFACE)
target_compile_options(tide_pure INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
  -Wcast-qual -Wwrite-strings -Wpointer-arith -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough
  # clang's fires on every NAN and INFINITY too, which glibc makes floats
  $<$<C_COMPILER_ID:GNU>:-Wdouble-promotion>
  $<$<BOOL:${TIDE_WERROR}>:-Werror>
  -ffp-contract=off)
if(TIDE_SANITIZE)
  target_compile_options(tide_pure INTERFACE -fsanitize=${TIDE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tide_pure INTERFACE -fsanitize=${TIDE_SANITIZE})
endif()
if(TIDE_FUZZ)
  target_compile_options(tide_pure INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(tide_shell INTERFACE)
target_link_libraries(tide_shell INTERFACE tide_pure)
target_compile_definitions(tide_shell INTERFACE _GNU_SOURCE)
