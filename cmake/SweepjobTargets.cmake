# Targets carry everything: warnings, sanitizers and Asio's build mode are INTERFACE targets.
include_guard()

add_library(sweepjob_warnings INTERFACE)
# -ffp-contract=off: verdicts are the same on machines with fused multiply-add. -Wmaybe-uninitialized:
# g++ 12 sees it wrongly in moved-from variants.
target_compile_options(sweepjob_warnings INTERFACE -Wall -Wextra -Wno-maybe-uninitialized -ffp-contract=off -Wshadow -Wnon-virtual-dtor
                       -Wimplicit-fallthrough -Werror=return-type -Werror=unused-result)
if(SWEEPJOB_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SWEEPJOB_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

find_program(SWEEPJOB_LLD ld.lld)
if(SWEEPJOB_LLD)
  add_link_options(-fuse-ld=lld)
endif()
find_program(SWEEPJOB_CCACHE ccache)
if(SWEEPJOB_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SWEEPJOB_CCACHE})
endif()

add_library(sweepjob_asio_flags INTERFACE)
# g++ 12 takes the aligned allocation of awaitable frames for a mismatch.
target_compile_options(sweepjob_asio_flags INTERFACE -Wno-mismatched-new-delete)
target_compile_definitions(sweepjob_asio_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
                           BOOST_ASIO_NO_DEPRECATED)

set(SWEEPJOB_LAYERS "" CACHE INTERNAL "")

# An OBJECT library over the .cc files of some folders: a STATIC one would let the linker drop a
# catalog entry. Adding a sampler, policy or backend is one file; nothing here changes.
function(sweepjob_layer name)
  cmake_parse_arguments(arg "" "" "FOLDERS;LINKS;EXCLUDE" ${ARGN})
  set(patterns "")
  foreach(folder IN LISTS arg_FOLDERS)
    list(APPEND patterns ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  foreach(excluded IN LISTS arg_EXCLUDE)
    list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${excluded})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(sweepjob_${name} OBJECT ${sources})
  target_include_directories(sweepjob_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(sweepjob_${name} PUBLIC sweepjob_warnings ${arg_LINKS})
  set(SWEEPJOB_LAYERS ${SWEEPJOB_LAYERS} sweepjob_${name} CACHE INTERNAL "")
endfunction()

function(sweepjob_link_layers target)
  target_link_libraries(${target} PRIVATE ${SWEEPJOB_LAYERS} Threads::Threads)
endfunction()

function(sweepjob_executable name)
  add_executable(${name} ${ARGN})
  sweepjob_link_layers(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
