// The page's tests. They need no weather service: `parley stub` answers as the contracts say.
'use strict';

const { after, before, test } = require('node:test');
const assert = require('node:assert/strict');
const { Page } = require('./page');
const { Stub } = require('./stub');

let stub;
let page;

before(async () => {
  stub = await Stub.start(process.env.WEATHER || 'weather.v1', '--consumer', 'page');
  page = new Page(stub.grpc);
});

after(async () => {
  if (!page) return;
  const unused = await stub.unused();
  page.close();
  await stub.stop();
  assert.deepEqual(unused, [], 'contracts that no test needs');
});

test('a station has its town in the title', async () => {
  assert.equal(await page.title('oak-hill'), 'Weather in Nauen');
});

test('an unknown station has a title, too', async () => {
  assert.equal(await page.title('nowhere'), 'No station nowhere');
});

test('newer readings are shown', async () => {
  const readings = await page.newer('oak-hill', 17);
  assert.deepEqual(readings.map((reading) => reading.celsius), [3.5, 3.5]);
});

test('what a visitor has measured is kept', async () => {
  assert.ok(await page.send('oak-hill', 21));
});

test('a route has its stations', async () => {
  const route = [[52.6, 12.9], [52.7, 12.8]];
  assert.deepEqual(await page.along(route), ['oak-hill', 'oak-hill']);
});
