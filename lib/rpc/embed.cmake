# Writes the one file of the FileDescriptorSet SET as C array NAME to OUTPUT.
file(READ ${SET} hex HEX)
# The set is field 1: its tag and length are left out.
string(REGEX MATCH "^0a([89a-f][0-9a-f])*[0-7][0-9a-f]" head "${hex}")
string(LENGTH "${head}" length)
string(SUBSTRING "${hex}" ${length} -1 hex)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "static const unsigned char ${NAME}[] = {${bytes}};\n")
