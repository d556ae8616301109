# Run by cmake -P with FOLDER, FILES (relative to it) and OUTPUT: writes templates.c there.
set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  string(MAKE_C_IDENTIFIER ${file} id)
  file(READ ${FOLDER}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(REPLACE "'\\x0a'," "'\\n',\n    " bytes "${bytes}")
  string(APPEND arrays "static const char text_${id}[] = {\n    ${bytes} 0};\n\n")
  string(APPEND rows "    {\"${file}\", text_${id}},\n")
endforeach()
file(WRITE ${OUTPUT} "/* Made by EmbedTemplates.cmake. */
#include \"new/templates.h\"

#include <string.h>

#include \"parley/base/assert.h\"
#include \"parley/base/macros.h\"

${arrays}static const struct {
    const char *name;
    const char *text;
} texts[] = {
${rows}};

const char *template_text(const char *name) {
    size_t i = 0;
    while (i < PL_COUNT(texts) && strcmp(texts[i].name, name) != 0)
        i++;
    PL_ASSERT(i < PL_COUNT(texts));
    return texts[i].text;
}
")
