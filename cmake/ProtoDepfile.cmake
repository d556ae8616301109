# cmake -DDEPFILE=x.d -DOUTPUT=a.h -P ProtoDepfile.cmake
#
# protoc's dependency file names the files in its working folder; the build tool looks for
# the output as it knows it.
file(READ ${DEPFILE} text)
string(REGEX REPLACE "^.*: " "${OUTPUT}: " text "${text}")
file(WRITE ${DEPFILE} "${text}")
