# parley::compile: how every source of ours is compiled. Generated code of others
# (protoc-gen-c, nanopb) links parley::compile_foreign: the same without warnings.

# The source tree of Parley; CMAKE_SOURCE_DIR is another repository's where that uses Parley.
get_filename_component(PL_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

set(PL_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")
option(PL_COVERAGE "Instrument for gcov" OFF)

# Another repository gets both with find_package.
if(TARGET parley::compile)
  return()
endif()
add_library(parley_compile_foreign INTERFACE)
add_library(parley::compile_foreign ALIAS parley_compile_foreign)
target_compile_definitions(parley_compile_foreign INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(parley_compile_foreign INTERFACE
  -fstack-protector-strong -fstack-clash-protection -fno-omit-frame-pointer
  -ffunction-sections -fdata-sections)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  target_compile_options(parley_compile_foreign INTERFACE -fcf-protection=full)
endif()
target_link_options(parley_compile_foreign INTERFACE
  -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed)
if(PL_SANITIZE)
  target_compile_options(parley_compile_foreign INTERFACE
    -fsanitize=${PL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(parley_compile_foreign INTERFACE -fsanitize=${PL_SANITIZE})
  target_compile_definitions(parley_compile_foreign INTERFACE PL_DEV=1)
else()
  target_compile_options(parley_compile_foreign INTERFACE $<$<CONFIG:RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
  # The same bytes wherever the sources are; PL_ASSERT has the names of files.
  target_compile_options(parley_compile_foreign INTERFACE
    $<$<CONFIG:RelWithDebInfo>:-fmacro-prefix-map=${PL_ROOT}/=>
    $<$<CONFIG:RelWithDebInfo>:-fmacro-prefix-map=${CMAKE_BINARY_DIR}/=>)
endif()
if(PL_COVERAGE)
  target_compile_options(parley_compile_foreign INTERFACE --coverage)
  target_link_options(parley_compile_foreign INTERFACE --coverage)
endif()

add_library(parley_compile INTERFACE)
add_library(parley::compile ALIAS parley_compile)
target_link_libraries(parley_compile INTERFACE parley::compile_foreign)
target_compile_options(parley_compile INTERFACE
  -Werror -Wall -Wextra -Wshadow -Wpointer-arith -Wundef -Wvla -Wformat=2
  -Wno-format-nonliteral -Wno-format-truncation -Wcast-qual -Wwrite-strings
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>
  $<$<COMPILE_LANGUAGE:C>:-include ${PL_ROOT}/lib/base/include/parley/base/banned.h>)
