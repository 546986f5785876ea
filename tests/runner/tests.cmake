# These tests start the attempt program itself.
if(TARGET runner_test AND TARGET sweepjob-attempt)
  add_dependencies(runner_test sweepjob-attempt)
endif()
