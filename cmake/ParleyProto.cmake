# From .proto files to libraries. The only ways to run the generators.
#
#   pl_proto_library(mall_orders_v1
#     RPC    mall/orders/v1/orders.proto    messages, validators, services
#     EVENTS mall/orders/v1/events.proto    nanopb structs, publish_ and on_ functions
#     TYPES  google/rpc/status.proto        messages only, no runtime behind them
#     STRUCTS parley/event/v1/envelope.proto  nanopb structs only
#     FILES  google/api/http.proto          nothing but the embedded descriptor
#     DEPS   google_protobuf                other pl_proto_library names, of what they import
#     ROOT   tests/proto                    where the files are; proto/ unless said
#     AUTH   public)                        rule of methods without (parley.auth), for contracts
#                                           of others: public, user or internal
#
# makes parley::proto_<name> of RPC, TYPES and FILES, and parley::events_<name> of EVENTS and
# STRUCTS.
# A path is the one that `import` uses. Headers are included by it: "mall/orders/v1/orders.parley.h".
#
#   pl_descriptor_set(mall OUTPUT mall.binpb PROTOS a.proto b.proto IMPORTS c.proto)
#
# makes target parley_set_<name>: OUTPUT below the generated folder, with imports and
# source information. IMPORTS are files of ours that PROTOS import: changes of them count too.
#
# Everything generated is below ${PL_GEN}. Each .proto is one command: it runs again when
# the file, one of its imports (protoc's own dependency file says which) or a generator has
# changed, and an output whose bytes are the same is left alone, so that nothing behind it
# is built again.

set(PL_GEN ${CMAKE_BINARY_DIR}/gen)
set(PL_GEN_WORK ${CMAKE_BINARY_DIR}/gen.work)
if(NOT PL_GOOGLEAPIS)
  set(PL_GOOGLEAPIS ${PL_ROOT}/build/third_party/googleapis)
endif()
if(NOT EXISTS ${PL_GOOGLEAPIS}/google/api/http.proto)
  message(FATAL_ERROR "google/api/http.proto is not in ${PL_GOOGLEAPIS}: ./dev setup puts it there")
endif()
find_path(PL_PROTOBUF_PROTOS google/protobuf/descriptor.proto REQUIRED)
find_path(PL_GRPC_PROTOS grpc/health/v1/health.proto PATHS /usr/share/grpc-proto REQUIRED)
find_program(PL_PROTOC_GEN_NANOPB protoc-gen-nanopb REQUIRED)
set(PL_PROTO_PATH ${CMAKE_SOURCE_DIR}/proto ${PL_ROOT}/proto ${PL_GOOGLEAPIS} ${PL_GRPC_PROTOS}
  ${PL_PROTOBUF_PROTOS})
list(REMOVE_DUPLICATES PL_PROTO_PATH)
list(TRANSFORM PL_PROTO_PATH PREPEND -I OUTPUT_VARIABLE PL_PROTO_FLAGS)

# One command that makes OUTPUTS (below PL_GEN) of PROTO with the protoc arguments ARGS and,
# when THEN is given, a second protoc run over the same file.
function(_pl_protoc proto work)
  set(flags ${PL_PROTO_FLAGS})
  if(PL_PROTO_ROOT)
    list(PREPEND flags -I${PL_PROTO_ROOT})
  endif()
  cmake_parse_arguments(A "" "" "OUTPUTS;ARGS;THEN;DEPENDS" ${ARGN})
  get_filename_component(folder ${proto} DIRECTORY)
  file(MAKE_DIRECTORY ${work} ${PL_GEN}/${folder})
  list(TRANSFORM A_OUTPUTS PREPEND ${work}/ OUTPUT_VARIABLE made)
  list(TRANSFORM A_OUTPUTS PREPEND ${PL_GEN}/ OUTPUT_VARIABLE outputs)
  list(GET outputs 0 output)
  set(then "")
  if(A_THEN)
    set(then COMMAND ${PL_PROTOC} ${flags} ${A_THEN} ${proto})
  endif()
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${PL_PROTOC} ${flags} --dependency_out=${work}/deps.d ${A_ARGS} ${proto}
    ${then}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${made} ${PL_GEN}/${folder}
    COMMAND ${CMAKE_COMMAND} -DDEPFILE=${work}/deps.d -DOUTPUT=${output}
            -P ${PL_ROOT}/cmake/ProtoDepfile.cmake
    DEPENDS ${A_DEPENDS} ${PL_ROOT}/cmake/ProtoDepfile.cmake
    DEPFILE ${work}/deps.d
    COMMENT "Generating from ${proto}"
    VERBATIM)
endfunction()

# Messages by protobuf-c and what protoc-gen-parley adds (MODE rpc or types); or the
# latter alone (MODE file).
function(_pl_generate_rpc proto mode out_foreign out_own)
  string(REGEX REPLACE "\\.proto$" "" base ${proto})
  string(MAKE_C_IDENTIFIER ${base} id)
  set(work ${PL_GEN_WORK}/${id})
  set(outputs ${base}.parley.h ${base}.parley.c)
  set(args --plugin=protoc-gen-parley=$<TARGET_FILE:parley::protoc-gen-parley>
           --parley_opt=${mode}${PL_PROTO_AUTH} --parley_out=${work})
  set(depends parley::protoc-gen-parley)
  if(NOT mode STREQUAL file)
    list(APPEND outputs ${base}.pb-c.h ${base}.pb-c.c)
    list(APPEND args --plugin=protoc-gen-c=$<TARGET_FILE:parley::protoc-gen-parley-c> --c_out=${work})
    list(APPEND depends parley::protoc-gen-parley-c)
    set(${out_foreign} ${${out_foreign}} ${PL_GEN}/${base}.pb-c.h ${PL_GEN}/${base}.pb-c.c PARENT_SCOPE)
  endif()
  _pl_protoc(${proto} ${work} OUTPUTS ${outputs} ARGS ${args} DEPENDS ${depends})
  set(${out_own} ${${out_own}} ${PL_GEN}/${base}.parley.h ${PL_GEN}/${base}.parley.c PARENT_SCOPE)
endfunction()

# protoc-gen-parley writes the bounds (.options) that the nanopb run after it reads.
function(_pl_generate_events proto out_foreign out_own)
  string(REGEX REPLACE "\\.proto$" "" base ${proto})
  string(MAKE_C_IDENTIFIER ${base} id)
  set(work ${PL_GEN_WORK}/${id})
  _pl_protoc(${proto} ${work}
    OUTPUTS ${base}.parley.h ${base}.parley.c ${base}.pb.h ${base}.pb.c
    ARGS --plugin=protoc-gen-parley=$<TARGET_FILE:parley::protoc-gen-parley>
         --parley_opt=events --parley_out=${work}
    THEN --plugin=protoc-gen-nanopb=${PL_PROTOC_GEN_NANOPB}
         "--nanopb_opt=-I${work} -xparley/options.proto --error-on-unmatched -q" --nanopb_out=${work}
    DEPENDS parley::protoc-gen-parley)
  set(${out_foreign} ${${out_foreign}} ${PL_GEN}/${base}.pb.h ${PL_GEN}/${base}.pb.c PARENT_SCOPE)
  set(${out_own} ${${out_own}} ${PL_GEN}/${base}.parley.h ${PL_GEN}/${base}.parley.c PARENT_SCOPE)
endfunction()

# A library of FOREIGN sources, compiled without warnings, and OWN ones, with all of them.
function(_pl_generated_library target alias runtime)
  cmake_parse_arguments(A "" "" "FOREIGN;OWN;DEPS" ${ARGN})
  add_library(${target} STATIC ${A_OWN})
  add_library(${alias} ALIAS ${target})
  if(A_FOREIGN)
    add_library(${target}_foreign OBJECT ${A_FOREIGN})
    target_link_libraries(${target}_foreign PRIVATE parley::compile_foreign ${runtime} ${A_DEPS})
    target_include_directories(${target}_foreign PRIVATE ${PL_GEN})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_foreign>)
    add_dependencies(${target} ${target}_foreign)
  endif()
  target_include_directories(${target} PUBLIC ${PL_GEN})
  target_link_libraries(${target} PUBLIC ${runtime} ${A_DEPS} PRIVATE parley::compile)
endfunction()

# The libraries of generated code that TARGET stands on, itself included.
function(_pl_proto_closure target out)
  set(open ${target})
  set(closure "")
  while(open)
    list(POP_FRONT open next)
    list(APPEND closure ${next})
    get_target_property(links ${next} INTERFACE_LINK_LIBRARIES)
    list(FILTER links INCLUDE REGEX "^parley::proto_")
    list(REMOVE_ITEM links ${closure})
    list(APPEND open ${links})
    list(REMOVE_DUPLICATES open)
  endwhile()
  set(${out} ${closure} PARENT_SCOPE)
endfunction()

# Runs when all libraries are known. A DEPS that was forgotten would be an error of the C compiler,
# in a header of another library.
function(_pl_check_imports)
  get_property(libraries GLOBAL PROPERTY PARLEY_PROTO_LIBRARIES)
  get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  list(FILTER imported INCLUDE REGEX "^parley::proto_")
  foreach(library IN LISTS libraries imported)
    get_target_property(protos ${library} PARLEY_PROTOS)
    foreach(proto IN LISTS protos)
      set("library_of_${proto}" ${library})
    endforeach()
  endforeach()
  foreach(library IN LISTS libraries)
    _pl_proto_closure(${library} closure)
    get_target_property(protos ${library} PARLEY_PROTOS)
    get_target_property(root ${library} PARLEY_PROTO_ROOT)
    foreach(proto IN LISTS protos)
      foreach(folder IN LISTS root PL_PROTO_PATH)
        if(EXISTS ${folder}/${proto})
          file(STRINGS ${folder}/${proto} imports REGEX "^import[ \t]")
          break()
        endif()
      endforeach()
      foreach(import IN LISTS imports)
        string(REGEX REPLACE "^[^\"]*\"([^\"]*)\".*$" "\\1" import ${import})
        set(needed "${library_of_${import}}")
        if(needed AND NOT needed IN_LIST closure)
          string(REPLACE "parley::proto_" "" needed ${needed})
          string(REPLACE "parley::proto_" "" name ${library})
          message(FATAL_ERROR "${proto} imports ${import}: add DEPS ${needed} to "
            "pl_proto_library(${name})")
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()

# What pl_proto_library NAME is made of, for the check above.
function(_pl_record_protos name root)
  set_target_properties(parley_proto_${name} PROPERTIES
    PARLEY_PROTOS "${ARGN}" PARLEY_PROTO_ROOT "${root}" EXPORT_PROPERTIES PARLEY_PROTOS)
  get_property(libraries GLOBAL PROPERTY PARLEY_PROTO_LIBRARIES)
  if(NOT libraries)
    cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL _pl_check_imports)
  endif()
  set_property(GLOBAL APPEND PROPERTY PARLEY_PROTO_LIBRARIES parley::proto_${name})
endfunction()

function(pl_proto_library name)
  cmake_parse_arguments(A "" "ROOT;AUTH" "RPC;EVENTS;TYPES;STRUCTS;FILES;DEPS" ${ARGN})
  set(PL_PROTO_ROOT ${A_ROOT})
  set(PL_PROTO_AUTH "")
  if(A_AUTH)
    set(PL_PROTO_AUTH ,auth=${A_AUTH})
  endif()
  list(TRANSFORM A_DEPS PREPEND parley::proto_)
  set(foreign "")
  set(own "")
  foreach(mode rpc types file)
    string(TOUPPER ${mode} list)
    string(REPLACE FILE FILES list ${list})
    foreach(proto IN LISTS A_${list})
      _pl_generate_rpc(${proto} ${mode} foreign own)
    endforeach()
  endforeach()
  if(own)
    _pl_generated_library(parley_proto_${name} parley::proto_${name} PkgConfig::PROTOBUF_C
      FOREIGN ${foreign} OWN ${own} DEPS parley::base ${A_DEPS})
    if(A_RPC)
      target_link_libraries(parley_proto_${name} PUBLIC parley::rpc)
    endif()
    # Types and descriptors need the runtime's header, not the runtime, which itself
    # stands on some of them.
    target_include_directories(parley_proto_${name} PUBLIC ${PL_ROOT}/lib/rpc/include)
    _pl_record_protos(${name} "${A_ROOT}" ${A_RPC} ${A_TYPES} ${A_FILES})
  endif()
  set(foreign "")
  set(own "")
  foreach(proto IN LISTS A_EVENTS A_STRUCTS)
    _pl_generate_events(${proto} foreign own)
  endforeach()
  if(own)
    _pl_generated_library(parley_events_${name} parley::events_${name} parley_nanopb
      FOREIGN ${foreign} OWN ${own} DEPS parley::base)
    # lib/event stands on the envelope's structs; generated events stand on lib/event.
    if(A_EVENTS)
      target_link_libraries(parley_events_${name} PUBLIC parley::event)
    endif()
    target_include_directories(parley_events_${name} PUBLIC ${PL_ROOT}/lib/event/include)
  endif()
endfunction()

function(pl_descriptor_set name)
  cmake_parse_arguments(A "" "OUTPUT;ROOT" "PROTOS;IMPORTS" ${ARGN})
  set(root ${CMAKE_SOURCE_DIR}/proto)
  if(A_ROOT)
    set(root ${A_ROOT})
  endif()
  set(work ${PL_GEN_WORK}/set_${name})
  file(MAKE_DIRECTORY ${work} ${PL_GEN})
  set(depends "")
  foreach(proto IN LISTS A_PROTOS A_IMPORTS)
    # protoc writes a dependency file for one input only.
    foreach(folder ${root} ${PL_ROOT}/proto)
      if(EXISTS ${folder}/${proto})
        list(APPEND depends ${folder}/${proto})
        break()
      endif()
    endforeach()
  endforeach()
  add_custom_command(OUTPUT ${PL_GEN}/${A_OUTPUT}
    COMMAND ${PL_PROTOC} -I${root} ${PL_PROTO_FLAGS} --include_imports --include_source_info
            --descriptor_set_out=${work}/${A_OUTPUT} ${A_PROTOS}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${work}/${A_OUTPUT} ${PL_GEN}/${A_OUTPUT}
    DEPENDS ${depends}
    COMMENT "Generating ${A_OUTPUT}"
    VERBATIM)
  add_custom_target(parley_set_${name} ALL DEPENDS ${PL_GEN}/${A_OUTPUT})
endfunction()
