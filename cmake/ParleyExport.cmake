# What find_package(Parley) finds in another repository: this build folder's libraries, programs
# and functions, as they are. With build/bin in PATH it is found without further ado.
#
#   find_package(Parley REQUIRED)
#   pl_systems()      # every services/<system>/
#   pl_scenarios()    # every tests/scenarios/<system>/*.yaml
foreach(name compile compile_foreign grpc nanopb)
  pl_export(parley_${name} ${name})
endforeach()
foreach(name backing_bed backing_bed_events)
  pl_export(parley_${name} ${name})
endforeach()
foreach(program protoc-gen-parley protoc-gen-parley-c scenario-runner parley parley-contract parley-stub)
  pl_export(${program} ${program})
endforeach()

get_property(targets GLOBAL PROPERTY PARLEY_EXPORTS)
# Everything another repository links or runs.
add_custom_target(parley_exports)
add_dependencies(parley_exports ${targets} parley parley-up parley-ctl parley-call parley-contract
  parley-new parley-verify parley-breaking gateway)
export(TARGETS ${targets} NAMESPACE parley:: FILE ${CMAKE_BINARY_DIR}/cmake/ParleyExports.cmake)
configure_file(cmake/ParleyConfig.cmake.in cmake/ParleyConfig.cmake @ONLY)
