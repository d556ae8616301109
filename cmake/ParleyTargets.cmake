# The ways to make a target of our own.
#
#   pl_library(json DEPS schema PRIVATE_DEPS PkgConfig::X SOURCES src/a.c LINUX src/b.c)
#     target parley_json, alias parley::json; include/ is public, src/ is not.
#     DEPS are libraries of ours, by their short names. LINUX files may use what is
#     Linux only (_GNU_SOURCE).
#   pl_executable(name SOURCES ... LIBS ... LINUX ...)
#   pl_test(name SOURCES ... LIBS ... [LABEL unit|contract|system|slow] [TIMEOUT s] [LINUX ...])
#     a cmocka program, run by ctest.
#   pl_export(parley_json json)
#     a target that find_package(Parley) brings to another repository, as parley::json.
#     pl_library does it by itself.

function(pl_export target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY PARLEY_EXPORTS ${target})
endfunction()

function(pl_library name)
  cmake_parse_arguments(A "" "" "DEPS;PRIVATE_DEPS;SOURCES;LINUX" ${ARGN})
  add_library(parley_${name} STATIC ${A_SOURCES} ${A_LINUX})
  add_library(parley::${name} ALIAS parley_${name})
  pl_export(parley_${name} ${name})
  target_include_directories(parley_${name} PUBLIC include PRIVATE src)
  list(TRANSFORM A_DEPS PREPEND parley::)
  target_link_libraries(parley_${name} PUBLIC ${A_DEPS} PRIVATE parley::compile ${A_PRIVATE_DEPS})
  if(A_LINUX)
    set_source_files_properties(${A_LINUX} PROPERTIES COMPILE_DEFINITIONS _GNU_SOURCE)
  endif()
endfunction()

function(pl_executable name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;LINUX" ${ARGN})
  add_executable(${name} ${A_SOURCES} ${A_LINUX})
  add_executable(parley::${name} ALIAS ${name})
  target_link_libraries(${name} PRIVATE ${A_LIBS} parley::compile)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  if(A_LINUX)
    set_source_files_properties(${A_LINUX} PROPERTIES COMPILE_DEFINITIONS _GNU_SOURCE)
  endif()
endfunction()

function(pl_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LIBS;LINUX;ARGS" ${ARGN})
  if(NOT A_LABEL)
    set(A_LABEL unit)
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  pl_executable(${name} SOURCES ${A_SOURCES} LIBS ${A_LIBS} PkgConfig::CMOCKA LINUX ${A_LINUX})
  target_include_directories(${name} PRIVATE ${PL_ROOT}/lib/base/tests/include) # check.h
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT})
endfunction()
