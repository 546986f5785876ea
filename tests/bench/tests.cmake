# The problems that samplers are measured on, for the programs of tests/bench/samplers and the tests.
file(GLOB quality_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/samplers/*.cc)
list(FILTER quality_sources EXCLUDE REGEX "_(main|test)\\.cc$")
add_library(sweepjob_quality OBJECT ${quality_sources})
target_link_libraries(sweepjob_quality PUBLIC sweepjob_samplers sweepjob_spec sweepjob_model
  nlohmann_json::nlohmann_json)
# Of the layers, what samplers need and no more: quick to build for whoever works on one.
add_executable(sampler_quality ${CMAKE_CURRENT_LIST_DIR}/samplers/sampler_quality_main.cc)
target_link_libraries(sampler_quality PRIVATE sweepjob_quality sweepjob_model sweepjob_spec
  sweepjob_samplers CLI11::CLI11 Threads::Threads)
target_compile_definitions(sampler_quality PRIVATE
  SWEEPJOB_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SWEEPJOB_VERSION="${PROJECT_VERSION}")
set_target_properties(sampler_quality PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

if(TARGET bench_test)
  target_link_libraries(bench_test PRIVATE sweepjob_quality)
  add_dependencies(bench_test sampler_quality)
endif()
