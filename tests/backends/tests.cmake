# These tests start the attempt program itself.
if(TARGET backends_test AND TARGET sweepjob-attempt)
  add_dependencies(backends_test sweepjob-attempt)
endif()
