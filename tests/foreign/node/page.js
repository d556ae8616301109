// The page: a consumer of the weather service.
'use strict';

const grpc = require('@grpc/grpc-js');
const { Weather } = require('./protos');

const Client = grpc.makeClientConstructor(Weather, 'WeatherService');
const deadline = () => ({ deadline: Date.now() + 10000 });

class Page {
  constructor(address) {
    this.client = new Client(address, grpc.credentials.createInsecure());
  }

  close() {
    this.client.close();
  }

  // What stands above the readings of a station.
  title(name) {
    return new Promise((resolve, reject) => {
      this.client.getStation({ name }, deadline(), (error, station) => {
        if (!error) resolve(`Weather in ${station.town}`);
        else if (error.code === grpc.status.NOT_FOUND) resolve(`No station ${name}`);
        else reject(error);
      });
    });
  }

  // The readings behind the last one that the page has.
  async newer(station, after) {
    const readings = [];
    for await (const reading of this.client.listReadings({ station, after }, deadline()))
      readings.push(reading);
    return readings;
  }

  // Sends what a visitor has measured; whether it was kept.
  send(station, celsius) {
    return new Promise((resolve, reject) => {
      const call = this.client.recordReadings(deadline(), (error, answer) =>
        error ? reject(error) : resolve(answer.count === 1),
      );
      call.write({ station, celsius });
      call.end();
    });
  }

  // The nearest station of every place on the way.
  async along(route) {
    const call = this.client.findNearest(deadline());
    for (const [latitude, longitude] of route) call.write({ latitude, longitude });
    call.end();
    const names = [];
    for await (const station of call) names.push(station.name);
    return names;
  }
}

module.exports = { Page };
