# cmake -DPROTOC=.. -DPLUGIN=.. -DFLAGS="-Ia|-Ib" -DROOT=.. -DWORK=.. -P same.cmake
#
# The same input gives the same bytes, also with all files at once and in another order.
string(REPLACE "|" ";" FLAGS "${FLAGS}")
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/alone ${WORK}/together)
function(generate mode into)
  execute_process(
    COMMAND ${PROTOC} ${FLAGS} --plugin=protoc-gen-parley=${PLUGIN} --parley_opt=${mode}
            --parley_out=${WORK}/${into} ${ARGN}
    COMMAND_ERROR_IS_FATAL ANY)
endfunction()
file(GLOB_RECURSE protos RELATIVE ${ROOT} ${ROOT}/*.proto)
set(types golden/v1/types.proto)
set(events golden/v1/structs.proto golden/v1/events.proto)
set(rpc ${protos})
list(REMOVE_ITEM rpc ${types} ${events})
list(REVERSE rpc)
foreach(mode rpc types events)
  generate(${mode} together ${${mode}})
  foreach(proto IN LISTS ${mode})
    generate(${mode} alone ${proto})
  endforeach()
endforeach()
file(GLOB_RECURSE files RELATIVE ${WORK}/alone ${WORK}/alone/*)
list(LENGTH files count)
list(LENGTH protos expected)
math(EXPR expected "2 * ${expected}")
if(count LESS expected)
  message(FATAL_ERROR "expected at least ${expected} files, got ${files}")
endif()
foreach(file IN LISTS files)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E compare_files ${WORK}/alone/${file} ${WORK}/together/${file}
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
