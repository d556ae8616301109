# Makes two trees of protos of a corpus of schema pairs: OUT/old/cNNN/a.proto and OUT/new/cNNN/a.proto,
# and OUT/titles. Every case is a package of its own, so that one comparison is enough for all. A text
# without a syntax becomes proto3 of this package, by a line before its first.
/^=== / {
    sub(/^=== /, "")
    name = sprintf("%s%03d", TOPIC, ++cases)
    print name " " $0 >> (OUT "/titles")
    file = ""
    next
}
/^--- (old|new)/ {
    folder = OUT "/" $2 "/" name
    system("mkdir -p " folder)
    file = folder "/" (NF > 2 ? $3 : "a.proto")
    first = 1
    next
}
file != "" {
    if (first && $0 !~ /^syntax/)
        print "syntax = \"proto3\"; package " name ";" > file
    first = 0
    gsub(/PACKAGE/, name)
    print > file
}
