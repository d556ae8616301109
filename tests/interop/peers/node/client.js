// The cases of gRPC's interoperability tests by @grpc/grpc-js.
//
//     node client.js --server_port PORT --test_case NAME|all
//         [--use_tls true --ca_file F --server_host_override NAME] [--compress true]
//
// One line a case; exit code 1 where one failed.
'use strict';

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const grpc = require('@grpc/grpc-js');
const { load, flags, compression, INITIAL, TRAILING } = require('./service');

const { CANCELLED, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNKNOWN } = grpc.status;
const PATIENCE = 60000; // milliseconds a call may take
const INITIAL_VALUE = 'test_initial_metadata_value';
const TRAILING_VALUE = Buffer.from([0xab, 0xab, 0xab]);
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n';

const patience = () => ({ deadline: Date.now() + PATIENCE });
const payload = (size) => ({ body: Buffer.alloc(size) });
const largeRequest = { response_size: 314159, payload: payload(271828) };
const outputRequest = (sizes, body) => ({
  response_parameters: sizes.map((size) => ({ size })),
  payload: body === undefined ? undefined : payload(body),
});

function check(what, expected, got) {
  assert.deepEqual(got, expected, `${what}: expected ${expected}, got ${got}`);
}

// The next event NAME of a call. Errors are looked at as statuses.
const next = (call, name) => new Promise((resolve) => call.once(name, resolve));

// Calls METHOD(REQUEST, METADATA): its status, answer and initial metadata.
function unary(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve) => {
    const result = {};
    const call = client[method](request, metadata, patience(), (error, answer) => {
      result.answer = answer;
    });
    call.on('metadata', (initial) => (result.initial = initial));
    call.on('status', (status) => resolve({ ...result, status }));
  });
}

// What becomes of a stream of answers: all of them, and the status.
async function rest(call) {
  const answers = [];
  call.on('error', () => {});
  call.on('data', (answer) => answers.push(answer));
  const status = await next(call, 'status');
  return { answers, status };
}

function checkOk({ status }) {
  check('status', grpc.status.OK, status.code);
}

function checkStatus(what, { status }, code, message) {
  check(what, code, status.code);
  if (message !== undefined) check(`${what}: message`, message, status.details);
}

function checkMetadata(what, initial, trailing) {
  check(`${what}: initial metadata`, [INITIAL_VALUE], initial.get(INITIAL));
  check(`${what}: trailing metadata`, [TRAILING_VALUE], trailing.get(TRAILING));
}

const sizesOf = (answers) => answers.map((answer) => answer.payload.body.length);

const cases = {
  async empty_unary({ test }) {
    const result = await unary(test, 'EmptyCall', {});
    checkOk(result);
    check('answer', {}, { ...result.answer });
  },

  async large_unary({ test }) {
    const result = await unary(test, 'UnaryCall', largeRequest);
    checkOk(result);
    assert.ok(result.answer.payload.body.equals(Buffer.alloc(314159)), 'payload: 314159 zeros');
  },

  async client_streaming({ test }) {
    const result = new Promise((resolve, reject) => {
      const call = test.StreamingInputCall(patience(), (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
      for (const size of [27182, 8, 1828, 45904]) call.write({ payload: payload(size) });
      call.end();
    });
    check('aggregated_payload_size', 74922, (await result).aggregated_payload_size);
  },

  async server_streaming({ test }) {
    const sizes = [31415, 9, 2653, 58979];
    const result = await rest(test.StreamingOutputCall(outputRequest(sizes), patience()));
    checkOk(result);
    check('payload sizes', sizes, sizesOf(result.answers));
  },

  async ping_pong({ test }) {
    const call = test.FullDuplexCall(patience());
    const turns = [[31415, 27182], [9, 8], [2653, 1828], [58979, 45904]];
    for (const [size, body] of turns) {
      call.write(outputRequest([size], body));
      const answer = await next(call, 'data');
      check('payload size', size, answer.payload.body.length);
    }
    call.end();
    const result = await rest(call);
    checkOk(result);
    check('answers after the last', [], result.answers);
  },

  async empty_stream({ test }) {
    const call = test.FullDuplexCall(patience());
    call.end();
    const result = await rest(call);
    checkOk(result);
    check('answers', [], result.answers);
  },

  async custom_metadata({ test }) {
    const metadata = new grpc.Metadata();
    metadata.set(INITIAL, INITIAL_VALUE);
    metadata.set(TRAILING, TRAILING_VALUE);
    const single = await unary(test, 'UnaryCall', largeRequest, metadata);
    checkOk(single);
    checkMetadata('UnaryCall', single.initial, single.status.metadata);

    const call = test.FullDuplexCall(metadata, patience());
    const initial = next(call, 'metadata');
    call.write(outputRequest([314159], 271828));
    call.end();
    const result = await rest(call);
    checkOk(result);
    check('payload sizes', [314159], sizesOf(result.answers));
    checkMetadata('FullDuplexCall', await initial, result.status.metadata);
  },

  async status_code_and_message({ test }) {
    const request = { response_status: { code: UNKNOWN, message: 'test status message' } };
    const single = await unary(test, 'UnaryCall', request);
    checkStatus('UnaryCall', single, UNKNOWN, 'test status message');
    const call = test.FullDuplexCall(patience());
    call.write(request);
    call.end();
    checkStatus('FullDuplexCall', await rest(call), UNKNOWN, 'test status message');
  },

  async special_status_message({ test }) {
    const request = { response_status: { code: UNKNOWN, message: SPECIAL } };
    checkStatus('UnaryCall', await unary(test, 'UnaryCall', request), UNKNOWN, SPECIAL);
  },

  async unimplemented_method({ test }) {
    const result = await unary(test, 'UnimplementedCall', {});
    checkStatus('UnimplementedCall', result, UNIMPLEMENTED);
  },

  async unimplemented_service({ none }) {
    const result = await unary(none, 'UnimplementedCall', {});
    checkStatus('UnimplementedService', result, UNIMPLEMENTED);
  },

  async cancel_after_begin({ test }) {
    const call = test.StreamingInputCall(patience(), () => {});
    call.cancel();
    const status = await next(call, 'status');
    checkStatus('StreamingInputCall', { status }, CANCELLED);
  },

  async cancel_after_first_response({ test }) {
    const call = test.FullDuplexCall(patience());
    call.write(outputRequest([31415], 27182));
    const answer = await next(call, 'data');
    check('payload size', 31415, answer.payload.body.length);
    call.cancel();
    checkStatus('FullDuplexCall', await rest(call), CANCELLED);
  },

  async timeout_on_sleeping_server({ test }) {
    const call = test.FullDuplexCall({ deadline: Date.now() + 1 });
    call.write(outputRequest([], 27182));
    checkStatus('FullDuplexCall', await rest(call), DEADLINE_EXCEEDED);
  },
};

function connection(args) {
  const options = compression(args);
  if (args.use_tls !== 'true') return [grpc.credentials.createInsecure(), options];
  const credentials = grpc.credentials.createSsl(readFileSync(args.ca_file));
  const name = args.server_host_override || args.server_host;
  return [credentials, { ...options, 'grpc.ssl_target_name_override': name }];
}

async function main() {
  const args = flags({
    server_host: '127.0.0.1',
    server_host_override: '',
    server_port: '8080',
    test_case: 'large_unary',
    ca_file: '',
  });
  const names = args.test_case === 'all' ? Object.keys(cases) : [args.test_case];
  const address = `${args.server_host}:${args.server_port}`;
  const testing = load(args.proto_path);
  const [credentials, options] = connection(args);
  const clients = {
    test: new testing.TestService(address, credentials, options),
    none: new testing.UnimplementedService(address, credentials, options),
  };
  let failed = 0;
  for (const name of names) {
    assert.ok(cases[name], `no case ${name}; there are ${Object.keys(cases).join(', ')}`);
    try {
      await cases[name](clients);
      console.log('ok     ', name);
    } catch (error) {
      failed += 1;
      console.log('FAILED ', `${name}:`, error.message);
    }
  }
  clients.test.close();
  clients.none.close();
  // A cancelled call's deadline would keep the process until it is over.
  process.exit(failed ? 1 : 0);
}

main();
