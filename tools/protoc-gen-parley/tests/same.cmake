# cmake -DPROTOC=.. -DPLUGIN=.. -DFLAGS="-Ia|-Ib" -DWORK=.. -P same.cmake
#
# The same input gives the same bytes.
string(REPLACE "|" ";" FLAGS "${FLAGS}")
foreach(run 1 2)
  file(REMOVE_RECURSE ${WORK}/${run})
  file(MAKE_DIRECTORY ${WORK}/${run})
  foreach(file IN ITEMS rpc:golden/v1/services.proto events:golden/v1/events.proto)
    string(REPLACE ":" ";" parts ${file})
    list(GET parts 0 mode)
    list(GET parts 1 proto)
    execute_process(
      COMMAND ${PROTOC} ${FLAGS} --plugin=protoc-gen-parley=${PLUGIN} --parley_opt=${mode}
              --parley_out=${WORK}/${run} ${proto}
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()
file(GLOB_RECURSE files RELATIVE ${WORK}/1 ${WORK}/1/*)
list(LENGTH files count)
if(count LESS 5)
  message(FATAL_ERROR "expected 5 files, got ${files}")
endif()
foreach(file IN LISTS files)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${WORK}/1/${file} ${WORK}/2/${file}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
