// The weather service, with @grpc/grpc-js.
'use strict';

const grpc = require('@grpc/grpc-js');
const { Weather: definition, encode } = require('./protos');

class Weather {
  constructor() {
    this.stations = new Map();
    this.readings = [];
    this.lastId = 0;
  }

  add(station, celsius) {
    const reading = { id: ++this.lastId, station, celsius };
    this.readings.push(reading);
    return reading;
  }

  getStation(call, done) {
    const { name } = call.request;
    if (this.stations.has(name)) done(null, { name, town: this.stations.get(name) });
    else done(notFound(`there is no station ${name}`, 'weather.v1.NoSuchStation', { name }));
  }

  listReadings(call) {
    const { station, after } = call.request;
    for (const reading of this.readings)
      if (reading.station === station && reading.id > after) call.write(reading);
    call.end();
  }

  recordReadings(call, done) {
    let count = 0;
    call.on('data', ({ station, celsius }) => {
      this.add(station, celsius);
      count++;
    });
    call.on('end', () => done(null, { count }));
  }

  findNearest(call) {
    // Stations have no place yet.
    call.on('data', () => call.write({ name: [...this.stations.keys()][0] }));
    call.on('end', () => call.end());
  }

  handlers() {
    const names = ['getStation', 'listReadings', 'recordReadings', 'findNearest'];
    return Object.fromEntries(names.map((name) => [name, this[name].bind(this)]));
  }
}

// NOT_FOUND with a message in its details, which are a google.rpc.Status.
function notFound(details, type, value) {
  const code = grpc.status.NOT_FOUND;
  const detail = { type_url: `type.googleapis.com/${type}`, value: encode(type, value) };
  const metadata = new grpc.Metadata();
  metadata.set(
    'grpc-status-details-bin',
    encode('google.rpc.Status', { code, message: details, details: [detail] }),
  );
  return { code, details, metadata };
}

// A server on a free port of this machine; resolves to its address.
function serve(service, handlers) {
  const server = new grpc.Server();
  server.addService(service, handlers);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    );
  });
}

module.exports = { Weather, serve, definition };

if (require.main === module)
  serve(definition, new Weather().handlers()).then((address) =>
    console.log(`ready grpc=${address}`),
  );
