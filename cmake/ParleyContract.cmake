# Contract tests of a provider, and the states they need.
#
#   pl_contract_test(mall.products.v1
#     SERVICE   mall-products                 # pl_service
#     STATES    tests/states.c                # defines pl_service_states; without: a service that
#                                             # keeps nothing
#     LIBS      parley::states_pg             # what the states stand on
#     SETTINGS  DELIVERY_TIME_MS=0            # of the service, beside database, Redis and addresses
#     UPSTREAMS PAYMENT_ADDR=mall.payment.v1) # the setting that tells where a stub of it is
#
# makes
#   - <folder>/mall_products_v1_contract_test.c, which `parley contract test` writes of
#     contracts/mall.products.v1/*.yaml whenever one of them or a proto changes, and
#     the test mall_products_v1_contract_test of it, label contract, against the service itself;
#   - mall-products-states, the program that serves the states for `parley verify --states`. It is
#     test code: in bin/, but in no image and no distribution.
#
#   pl_contract_event_test(mall.products
#     SERVICE mall-products
#     SOURCES tests/events_test.c)            # lib/backing/tests/bed_events.h says what is in it
#
# makes the test mall_products_events_test, label contract: the consumer's contracts about events,
# contracts/*/mall.products.yaml, on its own handlers and store.
#
#   pl_contract_stubs(mall_orders_upstreams_test mall.products.v1 mall.payment.v1)
#
# lets a test run against stubs of these providers (parley/verify/stubs.h).
#
#   pl_contract_bundle(mall.products.v1)
#
# makes the target bundle_mall.products.v1: stubs/mall.products.v1.stub in the build folder.
#
#   pl_contract_packages()
#
# makes the target stubs: that, and PROVIDER.tar.gz with the protos and the commands beside it for
# consumers in any language, of every provider that contracts/ has.

set(PL_CONTRACT_BUNDLES ${CMAKE_BINARY_DIR}/stubs)

# What files made of the contracts with PROVIDER depend on. CALLER is the call that wants them.
function(_pl_contract_sources caller provider out)
  file(GLOB contracts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contracts/${provider}/*.yaml)
  file(GLOB_RECURSE protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/*.proto)
  if(NOT contracts)
    message(FATAL_ERROR "${caller}: no contracts/${provider}/*.yaml")
  endif()
  set(${out} ${contracts} ${protos} PARENT_SCOPE)
endfunction()

function(pl_contract_bundle provider)
  _pl_contract_bundle("pl_contract_bundle(${provider})" ${provider})
endfunction()

function(_pl_contract_bundle caller provider)
  if(TARGET bundle_${provider})
    return()
  endif()
  _pl_contract_sources("${caller}" ${provider} sources)
  set(bundle ${PL_CONTRACT_BUNDLES}/${provider}.stub)
  file(MAKE_DIRECTORY ${PL_CONTRACT_BUNDLES})
  add_custom_command(OUTPUT ${bundle}
    COMMAND ${CMAKE_COMMAND} -E env PROTOC=${PL_PROTOC}
            $<TARGET_FILE:parley::parley-stub> ${provider} --bundle ${bundle} -q
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS ${sources} parley::parley-stub
    COMMENT "Bundling the contracts with ${provider}"
    VERBATIM)
  add_custom_target(bundle_${provider} DEPENDS ${bundle})
endfunction()

function(pl_contract_packages)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/contracts
    ${CMAKE_SOURCE_DIR}/contracts/*/*.yaml)
  list(TRANSFORM files REPLACE "/.*$" "" OUTPUT_VARIABLE providers)
  list(REMOVE_DUPLICATES providers)
  set(script ${PL_ROOT}/stubs/package.sh)
  set(packages "")
  foreach(provider IN LISTS providers)
    pl_contract_bundle(${provider})
    set(bundle ${PL_CONTRACT_BUNDLES}/${provider}.stub)
    set(package ${PL_CONTRACT_BUNDLES}/${provider}.tar.gz)
    add_custom_command(OUTPUT ${package}
      COMMAND ${CMAKE_COMMAND} -E env PROTOC=${PL_PROTOC}
              ${script} ${provider} $<TARGET_FILE:parley::parley> ${PL_PROTOC} ${PL_CONTRACT_BUNDLES}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      DEPENDS bundle_${provider} ${bundle} ${script} parley::parley parley::parley-contract
      COMMENT "Packing the stub of ${provider}"
      VERBATIM)
    list(APPEND packages ${package})
  endforeach()
  add_custom_target(stubs DEPENDS ${packages})
endfunction()

# Bundles of PROVIDERS for the program TARGET, which has PL_CONTRACT_BUNDLES, their folder.
function(pl_contract_stubs target)
  _pl_contract_stubs("pl_contract_stubs(${target})" ${target} ${ARGN})
endfunction()

function(_pl_contract_stubs caller target)
  target_link_libraries(${target} PRIVATE parley::fixture)
  target_compile_definitions(${target} PRIVATE "PL_CONTRACT_BUNDLES=\"${PL_CONTRACT_BUNDLES}\"")
  foreach(provider IN LISTS ARGN)
    _pl_contract_bundle("${caller}" ${provider})
    add_dependencies(${target} bundle_${provider})
  endforeach()
endfunction()

function(pl_contract_test provider)
  cmake_parse_arguments(A "" "SERVICE;STATES" "LIBS;SETTINGS;UPSTREAMS" ${ARGN})
  string(MAKE_C_IDENTIFIER ${A_SERVICE} parts)
  string(MAKE_C_IDENTIFIER ${provider} id)
  set(test ${id}_contract_test)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${test}.c)
  _pl_contract_sources("pl_contract_test(${provider})" ${provider} sources)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -E env PROTOC=${PL_PROTOC}
            $<TARGET_FILE:parley::parley-contract> test ${provider} --out ${source}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS ${sources} parley::parley-contract
    COMMENT "Generating the contract tests of ${provider}"
    VERBATIM)

  pl_test(${test} SOURCES ${source} ${A_STATES} LIBS ${parts}_parts ${A_LIBS}
    LABEL contract TIMEOUT 300)
  string(REPLACE ";" "\\;" settings "${A_SETTINGS}")
  string(REPLACE ";" "\\;" upstreams "${A_UPSTREAMS}")
  target_compile_definitions(${test} PRIVATE
    PL_CONTRACT_STATES=$<IF:$<BOOL:${A_STATES}>,&pl_service_states,NULL>
    "PL_CONTRACT_PROGRAM=\"$<TARGET_FILE:${A_SERVICE}>\""
    "PL_CONTRACT_SETTINGS=\"${settings}\"" "PL_CONTRACT_UPSTREAMS=\"${upstreams}\"")
  add_dependencies(${test} ${A_SERVICE})
  list(TRANSFORM A_UPSTREAMS REPLACE "^.*=" "")
  _pl_contract_stubs("pl_contract_test(${provider})" ${test} ${provider} ${A_UPSTREAMS})

  if(A_STATES)
    pl_executable(${A_SERVICE}-states
      SOURCES ${A_STATES} ${PL_ROOT}/lib/verify/src/states_program.c
      LIBS ${parts}_parts parley::states ${A_LIBS})
  endif()
endfunction()

function(pl_contract_event_test consumer)
  cmake_parse_arguments(A "" "SERVICE" "SOURCES" ${ARGN})
  file(GLOB contracts RELATIVE ${CMAKE_SOURCE_DIR}/contracts CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/contracts/*/${consumer}.yaml)
  list(TRANSFORM contracts REPLACE "/.*$" "" OUTPUT_VARIABLE providers)
  string(MAKE_C_IDENTIFIER ${A_SERVICE} parts)
  string(MAKE_C_IDENTIFIER ${consumer} id)
  pl_test(${id}_events_test SOURCES ${A_SOURCES}
    LIBS ${parts}_parts parley::backing_bed_events LABEL contract)
  _pl_contract_stubs("pl_contract_event_test(${consumer})" ${id}_events_test ${providers})
  string(REPLACE ";" "\\;" list "${providers}")
  target_compile_definitions(${id}_events_test PRIVATE "PL_CONTRACT_PROVIDERS=\"${list}\"")
endfunction()
