# Makes two trees of protos of a corpus of schema pairs: OUT/old/cNNN/a.proto and OUT/new/cNNN/a.proto,
# the same for every case, and OUT/titles. A text without a syntax becomes proto3 of package cNNN, by
# a line before its first. What a case says goes to OUT/says as "cNNN/a.proto:LINE RULE element".
/^=== / { sub(/^=== /, ""); name = sprintf("c%03d", ++cases); print name " " $0 >> (OUT "/titles"); file = ""; next }
/^--- says/ { file = "says"; next }
/^--- (old|new)/ {
    folder = OUT "/" $2 "/" name
    system("mkdir -p " folder)
    file = folder "/" (NF > 2 ? $3 : "a.proto")
    first = 1
    next
}
file == "says" { print name "/" $0 >> (OUT "/says"); next }
file != "" {
    if (first && $0 !~ /^syntax/)
        print "syntax = \"proto3\"; package " name ";" > file
    first = 0
    gsub(/PACKAGE/, name)
    print > file
}
