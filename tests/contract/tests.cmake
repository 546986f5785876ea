# These tests start the attempt program itself.
if(TARGET contract_test AND TARGET sweepjob-attempt)
  add_dependencies(contract_test sweepjob-attempt)
endif()
