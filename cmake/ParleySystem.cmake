# A system: what its services say, the services, and how it is tried.
#
#   pl_system(mall SERVICES orders products)
#
# For each service: proto/mall/orders/v1/*.proto become parley::proto_mall_orders_v1 and, of
# events.proto, parley::events_mall_orders_v1 (v2 likewise), and the folder orders/ beside the
# file that says pl_system is added, which says pl_service. gen/mall.binpb, target
# parley_set_mall, is the descriptor set that the gateway reads: all protos of the system and
# the event log's. system_mall builds everything `parley up mall` starts.
#
#   pl_systems()
#
# adds every services/<system>/ with a CMakeLists.txt and a system.yaml, and
#
#   pl_scenarios()
#
# every tests/scenarios/<system>/*.yaml as the test scenarios_<system>_<name>. New files in
# these places are seen by the next build, without a line anywhere.

function(pl_system system)
  cmake_parse_arguments(A "" "" "SERVICES" ${ARGN})
  set(all "")
  foreach(service IN LISTS A_SERVICES)
    file(GLOB protos CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/proto
      ${CMAKE_SOURCE_DIR}/proto/${system}/${service}/v*/*.proto)
    if(NOT protos)
      message(FATAL_ERROR "pl_system(${system}): no proto/${system}/${service}/v1/*.proto")
    endif()
    list(APPEND all ${protos})
    list(TRANSFORM protos REPLACE "^.*/(v[^/]*)/[^/]*$" "\\1" OUTPUT_VARIABLE versions)
    list(REMOVE_DUPLICATES versions)
    foreach(version IN LISTS versions)
      set(rpc ${protos})
      list(FILTER rpc INCLUDE REGEX "/${version}/")
      set(events ${rpc})
      list(FILTER rpc EXCLUDE REGEX "/events\\.proto$")
      list(FILTER events INCLUDE REGEX "/events\\.proto$")
      pl_proto_library(${system}_${service}_${version} RPC ${rpc} EVENTS ${events}
        DEPS google_api google_protobuf parley_options parley_rest_v1)
    endforeach()
  endforeach()
  pl_descriptor_set(${system} OUTPUT ${system}.binpb
    PROTOS ${all} parley/event/v1/envelope.proto parley/event/v1/event_log.proto
    IMPORTS parley/options.proto parley/rest/v1/page.proto)
  add_custom_target(system_${system})
  add_dependencies(system_${system} parley_set_${system})
  set_property(GLOBAL APPEND PROPERTY PARLEY_SYSTEMS system_${system})
  foreach(service IN LISTS A_SERVICES)
    add_subdirectory(${service})
    add_dependencies(system_${system} ${system}-${service})
    if(TARGET ${system}-${service}-states) # for parley verify
      add_dependencies(system_${system} ${system}-${service}-states)
    endif()
  endforeach()
endfunction()

function(pl_systems)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} services/*/system.yaml)
  foreach(file IN LISTS files)
    get_filename_component(folder ${file} DIRECTORY)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${CMAKE_SOURCE_DIR}/${folder} ${CMAKE_BINARY_DIR}/${folder})
    endif()
  endforeach()
endfunction()

function(pl_scenarios)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/scenarios
    ${CMAKE_SOURCE_DIR}/tests/scenarios/*/*.yaml)
  foreach(file IN LISTS files)
    string(REGEX MATCH "^(.*)/(.*)\\.yaml$" matched ${file})
    set(name scenarios_${CMAKE_MATCH_1}_${CMAKE_MATCH_2})
    add_test(NAME ${name}
      COMMAND $<TARGET_FILE:parley::scenario-runner> ${CMAKE_SOURCE_DIR}/tests/scenarios/${file})
    set_tests_properties(${name} PROPERTIES LABELS system TIMEOUT 300)
  endforeach()
endfunction()
