# Run by cmake -P with MODULE, FOLDER and FILES (absolute paths, in order): writes
# migrations.h and migrations.c there. The scripts become byte arrays, since C limits
# the length of a string literal and CMake's lists would eat semicolons and brackets.
set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  string(MAKE_C_IDENTIFIER ${name} id)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(REPLACE "'\\x0a'," "'\\n',\n    " bytes "${bytes}")
  string(APPEND arrays "static const char sql${id}[] = {\n    ${bytes} 0};\n\n")
  string(APPEND rows "    {\"${name}\", sql${id}},\n")
endforeach()
list(LENGTH FILES count)
file(WRITE ${FOLDER}/migrations.h "/* Made by EmbedMigrations.cmake from the migrations of ${MODULE}. */
#ifndef PARLEY_SERVICE_MIGRATIONS_H
#define PARLEY_SERVICE_MIGRATIONS_H

#include \"parley/pg/migrate.h\"

/* The scripts of this service, for pl_pg_migrate and pl_pg_check_schema. */
extern const pl_pg_migration_set pl_service_migrations;

#endif
")
file(WRITE ${FOLDER}/migrations.c "/* Made by EmbedMigrations.cmake from the migrations of ${MODULE}. */
#include \"migrations.h\"

${arrays}static const pl_pg_migration list[] = {
${rows}};

const pl_pg_migration_set pl_service_migrations = {\"${MODULE}\", list, ${count}};
")
