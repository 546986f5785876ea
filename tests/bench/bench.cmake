# One Google Benchmark program over *_bench.cc; not in `all`, so that a day-to-day build leaves it
# out: `scripts/bench` asks for the target sweepjob_bench, and for the reference programs of run.
find_package(benchmark REQUIRED)
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/*_bench.cc)
add_executable(sweepjob_bench EXCLUDE_FROM_ALL ${bench_sources})
sweepjob_link_layers(sweepjob_bench)
target_link_libraries(sweepjob_bench PRIVATE benchmark::benchmark benchmark::benchmark_main)
if(support_sources)
  target_link_libraries(sweepjob_bench PRIVATE sweepjob_test_support)
endif()

# References: std and POSIX only, nothing of ours.
add_executable(minimal_loop EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench/minimal_loop.cc)
target_link_libraries(minimal_loop PRIVATE sweepjob_warnings)
set_target_properties(sweepjob_bench minimal_loop PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
add_custom_target(benchmarks DEPENDS sweepjob sweepjob-attempt sweepjob_bench minimal_loop)
