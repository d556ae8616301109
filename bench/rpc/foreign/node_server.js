// The server of @grpc/grpc-js: node node_server.js PROTO_FOLDER...
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadSync('bench/v1/bench.proto', {
  includeDirs: process.argv.slice(2),
});
const { OrderService } = grpc.loadPackageDefinition(definition).bench.v1;
const server = new grpc.Server();
server.addService(OrderService.service, {
  Echo: (call, done) => done(null, call.request),
  EchoInline: (call, done) => done(null, call.request),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`ready grpc=127.0.0.1:${port}`);
});
