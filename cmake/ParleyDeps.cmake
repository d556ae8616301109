# The libraries Debian gives us. Exactly one library of ours links each of them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# pkg-config's gRPC names fifty libraries; these two are enough.
find_library(PL_GRPC_LIBRARY grpc REQUIRED)
find_library(PL_GPR_LIBRARY gpr REQUIRED)
add_library(parley_grpc INTERFACE)
target_link_libraries(parley_grpc INTERFACE ${PL_GRPC_LIBRARY} ${PL_GPR_LIBRARY})

find_library(PL_NANOPB_LIBRARY protobuf-nanopb REQUIRED)
find_path(PL_NANOPB_INCLUDE pb_encode.h PATH_SUFFIXES nanopb REQUIRED)
add_library(parley_nanopb INTERFACE)
target_include_directories(parley_nanopb SYSTEM INTERFACE ${PL_NANOPB_INCLUDE})
target_link_libraries(parley_nanopb INTERFACE ${PL_NANOPB_LIBRARY})

find_program(PL_PROTOC protoc REQUIRED)
find_program(PL_PROTOC_GEN_C protoc-gen-c REQUIRED)
