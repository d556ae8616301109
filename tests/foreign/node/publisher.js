// Entries of a stream as docs/events.md has them: id, `at`, `prev`, and the envelope in `e`. It goes
// on behind what is there. A service that must not lose events has them in its database; and a client
// of Redis is a package, of which this has as much as is needed here.
'use strict';

const net = require('node:net');
const { once } = require('node:events');
const { randomBytes } = require('node:crypto');
const { encode } = require('./protos');

class Publisher {
  constructor(redisUrl, stream) {
    const { hostname, port } = new URL(redisUrl);
    this.socket = net.connect(Number(port), hostname);
    this.stream = stream;
    this.generation = Date.now();
    this.position = 0;
    this.versions = new Map();
  }

  async publish(type, subject, event) {
    this.last ??= await this.findLast();
    const key = `${type} ${subject}`;
    const version = (this.versions.get(key) || 0) + 1;
    this.versions.set(key, version);
    const envelope = encode('parley.event.v1.Envelope', {
      id: uuid7(),
      source: this.stream,
      type,
      subject,
      version,
      timeUs: Date.now() * 1000,
      payload: encode(type, event),
    });
    const at = `${this.generation}-${++this.position}`;
    await this.command('XADD', this.stream, at, 'at', at, 'prev', this.last, 'e', envelope);
    this.last = at;
  }

  async findLast() {
    const reply = await this.command('XREVRANGE', this.stream, '+', '-', 'COUNT', '1');
    const [id] = /\d+-\d+/.exec(reply) || ['0-0']; // an entry begins with it
    return id;
  }

  // One at a time, with a reply so short that it comes at once.
  async command(...words) {
    this.socket.write(`*${words.length}\r\n`);
    for (const word of words.map((word) => Buffer.from(word))) {
      this.socket.write(`$${word.length}\r\n`);
      this.socket.write(word);
      this.socket.write('\r\n');
    }
    const [reply] = await once(this.socket, 'data');
    if (reply[0] === '-'.charCodeAt(0)) throw new Error(reply.toString());
    return reply.toString('latin1');
  }
}

function uuid7() {
  const id = randomBytes(16);
  id.writeUIntBE(Date.now(), 0, 6);
  id[6] = 0x70 | (id[6] & 0x0f);
  id[8] = 0x80 | (id[8] & 0x3f);
  return id;
}

module.exports = { Publisher };
