// The protoc of the distribution: descriptor sets are all that parley asks for, so there are no
// generators in it, and nobody needs to install one.
#include <google/protobuf/compiler/command_line_interface.h>

int main(int argc, char *argv[]) {
    google::protobuf::compiler::CommandLineInterface protoc;
    return protoc.Run(argc, argv);
}
