// The weather service as it is verified: beside it, on a port of its own, ProviderStatesService.
//
//     node states.js REDIS_URL     prints both addresses; events go to this Redis
'use strict';

const grpc = require('@grpc/grpc-js');
const { States: definition } = require('./protos');
const { Publisher } = require('./publisher');
const provider = require('./provider');

const weather = new provider.Weather();
const publisher = new Publisher(process.argv[2], 'weather');

const CATALOGUE = {
  states: [
    {
      name: 'station',
      description: 'a station that stands in a town',
      parameters: [{ name: 'name', type: 'string' }, { name: 'town', type: 'string' }],
    },
    {
      name: 'readings',
      description: 'a station that has measured so often',
      parameters: [{ name: 'station', type: 'string' }, { name: 'count', type: 'int32' }],
      returns: [{ name: 'first', type: 'int64' }],
    },
  ],
  triggers: ['frost'],
};

const SETUPS = {
  station({ name, town }) {
    weather.stations.set(name, town);
    return {};
  },
  readings({ station, count }) {
    const readings = Array.from({ length: count }, (_, i) => weather.add(station, 10 - i));
    return { first: readings[0].id };
  },
};

const TRIGGERS = {
  async frost() {
    for (const station of weather.stations.keys())
      await publisher.publish('weather.v1.FrostReported', station, { station, celsius: -3 });
  },
};

// google.protobuf.Struct of strings and numbers, there and back.
const fromStruct = ({ fields }) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value.stringValue || value.numberValue]),
  );
const toStruct = (values) => ({
  fields: Object.fromEntries(
    Object.entries(values).map(([name, numberValue]) => [name, { numberValue }]),
  ),
});

const unknown = (what) => ({ code: grpc.status.NOT_FOUND, details: `there is no ${what}` });

const handlers = {
  catalogue: (call, done) => done(null, CATALOGUE),
  setup({ request }, done) {
    const setup = SETUPS[request.state];
    if (!setup) done(unknown(`state ${request.state}`));
    else done(null, { values: toStruct(setup(fromStruct(request.parameters))) });
  },
  trigger({ request }, done) {
    const trigger = TRIGGERS[request.trigger];
    if (!trigger) done(unknown(`trigger ${request.trigger}`));
    else trigger().then(() => done(null, {}), done);
  },
  teardown(call, done) {
    weather.stations.clear();
    weather.readings = [];
    done(null, {});
  },
};

async function main() {
  const target = await provider.serve(provider.definition, weather.handlers());
  const states = await provider.serve(definition, handlers);
  console.log(`ready grpc=${target} states=${states}`);
}

main();
