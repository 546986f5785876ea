# These tests run the programs themselves. They wait for conditions, but a machine that is busy with
# other tests makes the waits long, and kills at random instants want instants that differ.
if(TARGET e2e_test)
  target_sources(e2e_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/e2e/sandbox.cc)
  add_dependencies(e2e_test sweepjob sweepjob-attempt)
endif()
