# tide_test(NAME SOURCES file... LIBRARIES target... [LABELS label...] [ARGUMENTS word...])
#   one cmocka executable, one ctest entry of the same name.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

function(tide_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS;ARGUMENTS")
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE tide_test_support ${arg_LIBRARIES})
  add_test(NAME ${name} COMMAND test_${name} ${arg_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS "${arg_LABELS}")
  if(TIDE_SANITIZE MATCHES thread)
    # libzmq is not instrumented: what it does in its own threads would be taken for races, one by one.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1")
  endif()
endfunction()

# tide_bench(NAME SOURCES file... LIBRARIES target...): a program under tests/bench that prints figures; built, never run as a test.
function(tide_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE tide_shell ${arg_LIBRARIES})
endfunction()

# tide_fuzz(NAME SOURCES file... LIBRARIES target...): a libFuzzer target; its corpus is tests/fuzz/corpus/NAME.
#   Without TIDE_FUZZ the same entry point is linked to a driver that replays the corpus as an ordinary test.
function(tide_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE tide_shell ${arg_LIBRARIES})
  if(TIDE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay.c)
    add_test(NAME fuzz_${name}_corpus COMMAND fuzz_${name} ${corpus})
  endif()
endfunction()
