// A stub of a provider while a test runs; nothing here knows of the weather.
'use strict';

const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const { once } = require('node:events');

class Stub {
  // ARGUMENTS are those of `parley stub`. The command is PARLEY of the environment.
  static async start(...argv) {
    const stub = new Stub();
    stub.child = spawn(process.env.PARLEY || 'parley', ['--json', 'stub', ...argv], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: stub.child.stdout });
    const [line = '{}'] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    const ready = JSON.parse(line);
    // It is the findings, where a contract is wrong.
    if (!ready.ready) throw new Error(`no stub: ${line}`);
    stub.grpc = ready.grpc;
    stub.http = ready.http;
    return stub;
  }

  // The names of the contracts that nothing has reached.
  async unused() {
    const answer = await fetch(`http://${this.http}/__parley/unused`);
    return (await answer.json()).unused.map((contract) => contract.name);
  }

  async stop() {
    this.child.kill();
    await once(this.child, 'exit');
  }
}

module.exports = { Stub };
