// grpc.testing as @grpc/proto-loader reads it from grpc-proto's files.
'use strict';

const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const { parseArgs } = require('node:util');

const OPTIONS = { keepCase: true, enums: String, defaults: true };

// Loads grpc.testing; PROTO_PATH is where grpc-proto has its files.
function load(protoPath) {
  const definition = loader.loadSync('grpc/testing/test.proto', {
    ...OPTIONS,
    includeDirs: [protoPath],
  });
  return grpc.loadPackageDefinition(definition).grpc.testing;
}

// The command line: DEFAULTS, and what client and server have both.
function flags(defaults) {
  const options = {};
  const all = { proto_path: '/usr/share/grpc-proto', compress: 'false', use_tls: 'false', ...defaults };
  for (const [name, value] of Object.entries(all))
    options[name] = { type: 'string', default: value };
  return parseArgs({ options }).values;
}

// Options of a channel or server: messages are sent compressed where ARGS want that.
const compression = ({ compress }) =>
  compress === 'true'
    ? { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip }
    : {};

module.exports = {
  load,
  flags,
  compression,
  INITIAL: 'x-grpc-test-echo-initial',
  TRAILING: 'x-grpc-test-echo-trailing-bin',
};
