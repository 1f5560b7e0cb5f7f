// Starts `fcn serve`, sends it requests and prints what came of them; bench/serve gives the arguments.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');

const [root, load, imagePath, model, netName, threads, queue, connections, accept, seconds, minutes, steps, jsonPath] = process.argv.slice(2);
const autocannon = require(path.join(load, 'node_modules', 'autocannon'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const sleep = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const wants = step => [step, 'all'].some(name => steps.split(',').includes(name)) && (step !== 'soak' || Number(minutes) > 0);
const log = line => process.stderr.write(line + '\n');

// A picture that packs about as badly as a photo: smooth shapes with a little noise, from a seed.
function drawPng(width, height) {
  let state = 12345;
  const noise = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 28;
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (1 + 3 * width) + 1 + 3 * x;
      const shape = Math.sin(x / 37) * Math.cos(y / 23) > 0.2 ? 60 : 0;
      rows[at] = 60 + x / 5 + noise() + shape;
      rows[at + 1] = 50 + y / 4 + noise() + shape / 2;
      rows[at + 2] = 90 + (x + y) / 9 + noise();
    }
  }

  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(zlib.crc32 ? zlib.crc32(body) : crc32(body), body.length + 4);
    return framed;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }

  return ~crc >>> 0;
}

function percentile(sorted, share) {
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function summary(latencies) {
  const sorted = Float64Array.from(latencies).sort();
  return { count: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) };
}

async function startServer() {
  const server = spawn(path.join(root, 'fcn'), ['serve', '--port', '0', '--threads', threads, ...(queue ? ['--queue', queue] : []), '--quiet', ...(model ? ['--model', model] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise(done => server.on('exit', code => done(code)));
  const address = await Promise.race([new Promise(done => server.stdout.once('data', data => done(String(data).trim()))), ended.then(code => { throw new Error(`fcn serve ended with exit code ${code}`); })]);
  return { server, ended, address };
}

// One request by node's own client; resolves with the status, or the error's code.
function request(address, body, headers = {}, query = '') {
  return new Promise(done => {
    const call = http.request(`${address}/v1/segment${query}`, { method: 'POST', agent, headers: { accept, ...headers } }, answer => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode));
      answer.on('error', error => done(error.code));
    });
    call.on('error', error => done(error.code));
    call.end(body);
  });
}

function get(address, place) {
  return new Promise((done, failed) => http.get(address + place, { agent }, answer => {
    let text = '';
    answer.on('data', data => { text += data; });
    answer.on('end', () => done(text));
  }).on('error', failed));
}

async function metric(address, name) {
  const line = (await get(address, '/metrics')).split('\n').find(l => l.startsWith(name + ' '));
  return line ? Number(line.slice(name.length + 1)) : 0;
}

async function cannon(address, body, connections, overallRate) {
  const byStatus = new Map();
  const run = autocannon({ url: `${address}/v1/segment`, method: 'POST', body, headers: { accept }, connections, duration: Number(seconds), timeout: 60, ...(overallRate ? { overallRate } : {}) });
  run.on('response', (client, status, bytes, milliseconds) => {
    if (!byStatus.has(status)) byStatus.set(status, []);
    byStatus.get(status).push(milliseconds);
  });
  const result = await run;
  const served = byStatus.get(200) ?? [];
  const other = [...byStatus].filter(([status]) => status !== 200 && status !== 429).map(([status, all]) => [status, all.length]);
  return { connections, seconds: result.duration, perSecond: served.length / result.duration, served: summary(served), refused: summary(byStatus.get(429) ?? []), other: Object.fromEntries(other), errors: result.errors, timeouts: result.timeouts };
}

function bare(width, height) {
  log('Bare net ...');
  const run = spawnSync(path.join(root, 'fcn'), ['bench', '--net', netName, '--size', `${height}x${width}`, '--threads', threads, '--json'], { encoding: 'utf8' });
  const found = /"ms": *([0-9.eE+-]+)/.exec(run.stdout ?? '');
  if (!found) throw new Error(`fcn bench --net ${netName} failed: ${run.stderr}`);
  return 1000 / Number(found[1]);
}

// Good requests one after the other on two connections; each has to be answered by 200, or by 429 and then again.
async function good(address, bodies, until, counts) {
  for (let i = 0; Date.now() < until; i++) {
    const status = await request(address, bodies[i % bodies.length]);
    if (status === 200) counts.good++;
    else if (status === 429) { counts.refused++; await sleep(50); }
    else { counts.failed++; counts.failures[status] = (counts.failures[status] ?? 0) + 1; }
  }
}

// What is wrong in itself: each has to be answered by a status of 4xx.
async function broken(address, body, until, counts) {
  const bomb = Buffer.from(body);
  bomb.writeUInt32BE(40000, 16);
  bomb.writeUInt32BE(40000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  const kinds = [
    () => request(address, body.subarray(0, body.length >> 1)),
    () => request(address, Buffer.from('no image')),
    () => request(address, Buffer.concat([bomb, Buffer.alloc(6 << 20)])),
    () => request(address, body, { 'content-type': 'application/json' }),
    () => request(address, body, { 'content-type': 'multipart/form-data; boundary=x' }),
    () => request(address, body, {}, '?model=nobody'),
    () => request(address, body, { accept: 'text/html' }),
    () => request(address, body, { origin: 'https://evil.example' }),
    () => request(address, body, { host: 'evil.example' }),
    () => request(address, Buffer.alloc(33 << 20)),
  ];
  for (let i = 0; Date.now() < until; i++) {
    const status = await kinds[i % kinds.length]();
    if (status >= 400 && status < 500) counts.broken++;
    else counts.unexpected[status] = (counts.unexpected[status] ?? 0) + 1;
    await sleep(100);
  }
}

// Connections that do not behave; nothing is expected of them but that they harm no one.
async function hostile(address, body, until, counts) {
  const { hostname, port } = new URL(address);
  const head = length => `POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
  const kinds = [
    [socket => socket.write(head(body.length)), 3000],
    [socket => { socket.write(head(body.length)); socket.write(body.subarray(0, 5000)); }, 500],
    [socket => { socket.write(head(body.length)); socket.write(body); }, 20],
    [socket => socket.write('\0\x01garbage\r\n\r\n'), 100],
    [socket => socket.write('POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nabc'), 500],
    [socket => socket.write('GET /' + 'a'.repeat(20000)), 200],
  ];
  for (let i = 0; Date.now() < until; i++) {
    const [act, wait] = kinds[i % kinds.length];
    await new Promise(done => {
      const socket = net.connect(Number(port), hostname, () => {
        act(socket);
        setTimeout(() => { socket.resetAndDestroy(); done(); }, wait);
      });
      socket.on('error', done);
      socket.resume();
    });
    counts.hostile++;
  }
}

async function soak(address, body) {
  log(`Soak of ${minutes} minutes ...`);
  const until = Date.now() + 60000 * Number(minutes);
  const counts = { good: 0, refused: 0, failed: 0, failures: {}, broken: 0, unexpected: {}, hostile: 0 };
  const bodies = [body, drawPng(320, 240), drawPng(333, 500), drawPng(64, 64), drawPng(800, 600)];
  const memory = [];
  const sample = async () => {
    while (Date.now() < until) {
      memory.push(await metric(address, 'process_resident_memory_bytes') / 1e6);
      await sleep(5000);
    }
  };
  await Promise.all([good(address, bodies, until, counts), good(address, bodies.toReversed?.() ?? [...bodies].reverse(), until, counts), broken(address, body, until, counts), hostile(address, body, until, counts), sample()]);
  await sleep(3000);
  const median = values => percentile(Float64Array.from(values).sort(), 0.5);
  return { minutes: Number(minutes), ...counts, memory: { samples: memory.length, quarters: [0, 1, 2, 3].map(q => median(memory.slice(q * memory.length / 4, (q + 1) * memory.length / 4))), most: Math.max(...memory) }, heldAtEnd: await metric(address, 'fcn_held_bytes'), inFlightAtEnd: await metric(address, 'fcn_in_flight') };
}

async function main() {
  const body = imagePath ? fs.readFileSync(imagePath) : drawPng(480, 360);
  const figures = { tool: `autocannon ${require(path.join(load, 'node_modules', 'autocannon', 'package.json')).version}`, node: process.version, threads: Number(threads), accept, bodyBytes: body.length };
  const { server, ended, address } = await startServer();
  try {
    const first = JSON.parse(await new Promise((done, failed) => {
      const call = http.request(`${address}/v1/segment`, { method: 'POST', agent, headers: { accept: 'application/json' } }, answer => {
        let text = '';
        answer.on('data', data => { text += data; });
        answer.on('end', () => (answer.statusCode === 200 ? done(text) : failed(new Error(text))));
      });
      call.on('error', failed);
      call.end(body);
    }));
    Object.assign(figures, { model: first.model, width: first.width, height: first.height, queue: await metric(address, 'fcn_queue_limit') });
    const before = wants('bare') ? bare(first.width, first.height) : null;
    if (wants('throughput') || wants('overload')) {
      log('Throughput ...');
      await cannonWarm(address, body);
      figures.throughput = await cannon(address, body, Number(connections));
    }

    if (wants('overload')) {
      log('Overload ...');

      // At least one request a second for each connection, or autocannon would not keep to the rate.
      const rate = Math.ceil(4 * figures.throughput.perSecond);
      figures.overload = { rate, ...await cannon(address, body, Math.min(4 * (figures.queue + 4), rate), rate) };
    }

    if (wants('bare')) {
      const after = bare(first.width, first.height);
      figures.bare = { before, after, perSecond: 2 / (1 / before + 1 / after) };
    }

    if (wants('idle')) {
      log('Idle ...');
      await sleep(5000);
      const busy = await metric(address, 'process_cpu_seconds_total');
      await sleep(10000);
      figures.idle = { percentOfACore: 100 * (await metric(address, 'process_cpu_seconds_total') - busy) / 10 };
    }

    if (wants('soak')) figures.soak = await soak(address, body);
  } finally {
    server.kill('SIGTERM');
    figures.exitCode = await ended;
  }

  print(figures);
  if (jsonPath) fs.writeFileSync(jsonPath, JSON.stringify(figures, null, 2) + '\n');
  const { failed = 0, unexpected = {}, heldAtEnd = 0, inFlightAtEnd = 0 } = figures.soak ?? {};
  process.exit(figures.exitCode === 0 && failed === 0 && Object.keys(unexpected).length === 0 && heldAtEnd === 0 && inFlightAtEnd === 0 ? 0 : 1);
}

async function cannonWarm(address, body) {
  for (let i = 0; i < 10; i++) await request(address, body);
}

function print(figures) {
  const number = (value, digits = 1) => (value === null || value === undefined ? '-' : value.toFixed(digits));
  const line = (name, text) => console.log(`  ${name.padEnd(12)} ${text}`);
  console.log(`${figures.model}, ${figures.width}x${figures.height} pixels from ${figures.bodyBytes} bytes, answers ${figures.accept}, ${figures.threads} threads, queue of ${figures.queue}; ${figures.tool}, Node.js ${figures.node}:`);
  if (figures.bare) line('bare net', `${number(figures.bare.perSecond, 2)} images/s (${number(figures.bare.before, 2)} before, ${number(figures.bare.after, 2)} after)`);
  for (const name of ['throughput', 'overload']) {
    const f = figures[name];
    if (!f) continue;
    line(name, `${number(f.perSecond, 2)} images/s on ${f.connections} connections${f.rate ? ` that send ${f.rate}/s` : ''}; latency p50 ${number(f.served.p50)}, p99 ${number(f.served.p99)} ms`);
    if (f.refused.count > 0) line('', `429: ${f.refused.count}, latency p50 ${number(f.refused.p50)}, p99 ${number(f.refused.p99)} ms`);
    if (f.errors > 0 || Object.keys(f.other).length > 0) line('', `errors ${f.errors}, other answers ${JSON.stringify(f.other)}`);
  }

  if (figures.bare && figures.throughput) line('ratio', `${number(figures.throughput.perSecond / figures.bare.perSecond, 3)} of the bare net`);
  if (figures.idle) line('idle', `${number(figures.idle.percentOfACore, 2)} % of a core`);
  if (figures.soak) {
    const s = figures.soak;
    line('soak', `${s.minutes} minutes: ${s.good} good served, ${s.failed} failed ${s.failed ? JSON.stringify(s.failures) : ''}, ${s.refused} refused by 429; ${s.broken} broken refused, unexpected ${JSON.stringify(s.unexpected)}; ${s.hostile} hostile`);
    line('', `memory ${s.memory.quarters.map(q => number(q)).join(', ')} MB (medians of the quarters), ${number(s.memory.most)} at most; held at the end ${s.heldAtEnd} bytes, ${s.inFlightAtEnd} in flight`);
  }

  line('stop', `exit code ${figures.exitCode}`);
}

main().catch(error => {
  log(`error: ${error.message}`);
  process.exit(1);
});
