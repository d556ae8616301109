// A mock of the orders as people write one for @grpc/grpc-js: node node_mock.js ORDERS PROTO_FOLDER...
// It finds an order by its number, compares every field, and answers the same.
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [count, ...includeDirs] = process.argv.slice(2);
const definition = loader.loadSync('bench/v1/bench.proto', { includeDirs, keepCase: true });
const { OrderService } = grpc.loadPackageDefinition(definition).bench.v1;

const orders = new Map();
for (let id = 1000000; id < 1000000 + Number(count); id++) {
  orders.set(id, {
    id, product_id: 42, product_name: 'Kettle of brushed steel, 1.7 litres', quantity: 3, price: 39900,
    customer_id: 'customer-0000004711', customer_name: 'Jeongmin Park',
    customer_addr: '12 Street 34, apartment 5607, Seocho-gu, Seoul 06611, Republic of Korea',
    customer_phone: '+82 10 5555 0123',
    note: 'Please leave it with the neighbours on the fourth floor when nobody is at home; the bell is broken, so knock.',
    created_at: { seconds: 1760000000, nanos: 123456789 },
  });
}

function same(expected, actual) {
  return Object.entries(expected).every(([key, value]) => {
    if (typeof value === 'object') return actual[key] && same(value, actual[key]);
    return typeof value === 'number' ? Number(actual[key]) === value : actual[key] === value;
  });
}

const server = new grpc.Server();
server.addService(OrderService.service, {
  EchoInline: (call, done) => {
    const order = orders.get(Number(call.request.id));
    if (order && same(order, call.request)) return done(null, order);
    return done({ code: grpc.status.UNIMPLEMENTED, message: 'no such order' });
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`ready grpc=127.0.0.1:${port}`);
});
