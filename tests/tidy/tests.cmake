# The checks themselves, which the tests of this folder call.
target_sources(tidy_test PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/source_file.cc ${CMAKE_CURRENT_LIST_DIR}/layers.cc
  ${CMAKE_CURRENT_LIST_DIR}/style.cc ${CMAKE_CURRENT_LIST_DIR}/coroutines.cc)
