# A service: one binary, its test twin, its tests.
#
#   pl_service(mall-orders
#     SOURCES      main.c api.c orders.c store.c policies.c
#     PROTOS       mall_orders_v1 mall_products_v1     pl_proto_library names, RPC and EVENTS
#     MIGRATIONS   migrations/0001_orders.sql          in order; need LIBS parley::pg
#     LIBS         parley::pg parley::event_pg         beside the chassis
#     TEST_SOURCES tests/states.c                      in the twin only
#     TEST_PROTOS  ...
#     TESTS        orders store api                    tests/orders_test.c ..., by ctest
#     TEST_HELPERS tests/fixture.c)                    compiled into each of them
#
# makes bin/mall-orders and bin/mall-orders-test, which is the same compiled with
# PL_FAILPOINTS=1 and the test sources: the binary that fault tests start. With
# MIGRATIONS both have "migrations.h", which declares
#
#     extern const pl_pg_migration_set pl_service_migrations;    module "orders"
#
# TESTS link all sources but main.c, compiled with PL_FAILPOINTS=1, and lib/backing's test bed;
# contract tests link these sources too.
# PL_SERVICE_VERSION is the project's version.

function(_pl_service_protos target scope)
  foreach(proto IN LISTS ARGN)
    foreach(kind proto events)
      if(TARGET parley::${kind}_${proto})
        target_link_libraries(${target} ${scope} parley::${kind}_${proto})
      endif()
    endforeach()
    if(NOT TARGET parley::proto_${proto} AND NOT TARGET parley::events_${proto})
      message(FATAL_ERROR "${target}: PROTOS ${proto}: no pl_proto_library of this name")
    endif()
  endforeach()
endfunction()

function(_pl_service_binary target)
  cmake_parse_arguments(A "" "" "SOURCES;PROTOS;LIBS" ${ARGN})
  pl_executable(${target} SOURCES ${A_SOURCES} LIBS parley::service ${A_LIBS})
  _pl_service_protos(${target} PRIVATE ${A_PROTOS})
  target_compile_definitions(${target} PRIVATE PL_SERVICE_VERSION="${PROJECT_VERSION}")
endfunction()

# The scripts as C, made when one of them changes.
function(_pl_service_migrations name out_sources)
  string(REGEX REPLACE "^[^-]*-" "" module ${name})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.migrations)
  set(script ${PL_ROOT}/cmake/EmbedMigrations.cmake)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  add_custom_command(OUTPUT ${folder}/migrations.c ${folder}/migrations.h
    COMMAND ${CMAKE_COMMAND} -DMODULE=${module} -DFOLDER=${folder} "-DFILES=${files}" -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Embedding migrations of ${name}"
    VERBATIM)
  # Two targets that use them must not run one command at the same time.
  add_custom_target(${name}-migrations DEPENDS ${folder}/migrations.c ${folder}/migrations.h)
  set(${out_sources} ${folder}/migrations.c ${folder}/migrations.h PARENT_SCOPE)
endfunction()

function(_pl_service_tests name)
  cmake_parse_arguments(A "" "" "SOURCES;PROTOS;LIBS;TESTS;HELPERS" ${ARGN})
  string(MAKE_C_IDENTIFIER ${name} id)
  list(REMOVE_ITEM A_SOURCES main.c)
  add_library(${id}_parts STATIC ${A_SOURCES})
  target_include_directories(${id}_parts PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(${id}_parts PUBLIC PL_FAILPOINTS=1)
  target_link_libraries(${id}_parts PUBLIC parley::service ${A_LIBS} PRIVATE parley::compile)
  _pl_service_protos(${id}_parts PUBLIC ${A_PROTOS})
  foreach(test IN LISTS A_TESTS)
    pl_test(${id}_${test}_test SOURCES tests/${test}_test.c ${A_HELPERS}
      LIBS ${id}_parts parley::backing_bed)
  endforeach()
endfunction()

function(pl_service name)
  cmake_parse_arguments(A "" ""
    "SOURCES;PROTOS;MIGRATIONS;LIBS;TEST_SOURCES;TEST_PROTOS;TESTS;TEST_HELPERS" ${ARGN})
  if(A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "pl_service(${name}): unknown arguments ${A_UNPARSED_ARGUMENTS}")
  endif()
  set(migrations "")
  if(A_MIGRATIONS)
    _pl_service_migrations(${name} migrations ${A_MIGRATIONS})
  endif()
  _pl_service_binary(${name} SOURCES ${A_SOURCES} ${migrations} PROTOS ${A_PROTOS} LIBS ${A_LIBS})
  _pl_service_binary(${name}-test SOURCES ${A_SOURCES} ${A_TEST_SOURCES} ${migrations}
    PROTOS ${A_PROTOS} ${A_TEST_PROTOS} LIBS ${A_LIBS})
  target_compile_definitions(${name}-test PRIVATE PL_FAILPOINTS=1)
  _pl_service_tests(${name} SOURCES ${A_SOURCES} ${migrations} PROTOS ${A_PROTOS}
    LIBS ${A_LIBS} TESTS ${A_TESTS} HELPERS ${A_TEST_HELPERS})
  string(MAKE_C_IDENTIFIER ${name} id)
  set(targets ${name} ${name}-test ${id}_parts)
  if(A_MIGRATIONS)
    foreach(target IN LISTS targets)
      add_dependencies(${target} ${name}-migrations)
      target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/${name}.migrations)
    endforeach()
  endif()
endfunction()
