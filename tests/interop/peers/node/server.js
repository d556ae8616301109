// grpc.testing.TestService by @grpc/grpc-js. Prints its port and serves until it is terminated.
//
//     node server.js --port 0 [--use_tls true --tls_cert_file F --tls_key_file F]
//         [--compress true]
'use strict';

const { readFileSync } = require('node:fs');
const grpc = require('@grpc/grpc-js');
const { load, flags, compression, INITIAL, TRAILING } = require('./service');

const payload = (size) => ({ type: 'COMPRESSABLE', body: Buffer.alloc(size) });

// Sends the initial metadata asked for; returns the trailing metadata.
function echoMetadata(call) {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const value of call.metadata.get(INITIAL)) initial.add(INITIAL, value);
  for (const value of call.metadata.get(TRAILING)) trailing.add(TRAILING, value);
  call.sendMetadata(initial);
  return trailing;
}

// The status that REQUEST asks for, as an error; undefined where it asks for none.
function statusOf(request, metadata) {
  const status = request.response_status;
  if (!status || status.code === 0) return undefined;
  return { code: status.code, details: status.message, metadata };
}

function emptyCall(call, done) {
  done(null, {});
}

function unaryCall(call, done) {
  const trailing = echoMetadata(call);
  const status = statusOf(call.request, trailing);
  if (status) done(status);
  else done(null, { payload: payload(call.request.response_size) }, trailing);
}

function writeOutputs(call, request) {
  for (const { size } of request.response_parameters) call.write({ payload: payload(size) });
}

function streamingOutputCall(call) {
  const status = statusOf(call.request);
  if (status) {
    call.emit('error', status);
    return;
  }
  writeOutputs(call, call.request);
  call.end();
}

function streamingInputCall(call, done) {
  let size = 0;
  call.on('data', (request) => (size += request.payload ? request.payload.body.length : 0));
  call.on('end', () => done(null, { aggregated_payload_size: size }));
}

function fullDuplexCall(call) {
  const trailing = echoMetadata(call);
  let over = false;
  call.on('data', (request) => {
    const status = statusOf(request, trailing);
    if (over) return;
    if (status) {
      over = true;
      call.emit('error', status);
    } else {
      writeOutputs(call, request);
    }
  });
  call.on('end', () => {
    if (!over) call.end(trailing);
  });
}

function credentials() {
  if (args.use_tls !== 'true') return grpc.ServerCredentials.createInsecure();
  const pair = {
    private_key: readFileSync(args.tls_key_file),
    cert_chain: readFileSync(args.tls_cert_file),
  };
  return grpc.ServerCredentials.createSsl(null, [pair]);
}

const args = flags({ port: '8080', tls_cert_file: '', tls_key_file: '' });
const server = new grpc.Server(compression(args));
server.addService(load(args.proto_path).TestService.service, {
  EmptyCall: emptyCall,
  UnaryCall: unaryCall,
  StreamingOutputCall: streamingOutputCall,
  StreamingInputCall: streamingInputCall,
  FullDuplexCall: fullDuplexCall,
});
server.bindAsync(`127.0.0.1:${args.port}`, credentials(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.on('SIGTERM', () => server.forceShutdown());
