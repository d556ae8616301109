// The messages and services of the protos, by @grpc/proto-loader.
'use strict';

const loader = require('@grpc/proto-loader');

// PROTO_PATH: the folder of our own protos, and that of what they import, `share/parley` of parley.
const definition = loader.loadSync(
  [
    'weather/v1/weather.proto',
    'weather/v1/events.proto',
    'parley/event/v1/envelope.proto',
    'parley/contract/v1/provider_states.proto',
    'google/rpc/status.proto',
  ],
  { includeDirs: (process.env.PROTO_PATH || 'proto').split(':'), longs: Number, defaults: true },
);

module.exports = {
  Weather: definition['weather.v1.WeatherService'],
  States: definition['parley.contract.v1.ProviderStatesService'],
  encode: (type, value) => definition[type].serialize(value),
  decode: (type, bytes) => definition[type].deserialize(bytes),
};
