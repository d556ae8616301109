# cmake -DPROTO=bad/v1/x.proto -DMODE=rpc -DPROTOC=.. -DPLUGIN=.. -DFLAGS="-Ia|-Ib" -DEXPECTED=x.txt
#       -DWORK=.. -P negative.cmake
#
# Runs the generator over a file it must refuse and compares what it says. UPDATE in the
# environment writes down what it says now.
string(REPLACE "|" ";" FLAGS "${FLAGS}")
file(MAKE_DIRECTORY ${WORK})
execute_process(
  COMMAND ${PROTOC} ${FLAGS} --plugin=protoc-gen-parley=${PLUGIN} --parley_opt=${MODE}
          --parley_out=${WORK} ${PROTO}
  RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_VARIABLE output)
if(status EQUAL 0)
  message(FATAL_ERROR "${PROTO} was accepted")
endif()
string(REGEX REPLACE "^--parley_out: " "" said "${said}")
if(DEFINED ENV{UPDATE})
  file(WRITE ${EXPECTED} "${said}")
  return()
endif()
file(READ ${EXPECTED} expected)
if(NOT said STREQUAL expected)
  message(FATAL_ERROR "${PROTO}: expected\n${expected}\nbut the generator says\n${said}")
endif()
