#!/usr/bin/env node
'use strict';
// Times an ONNX model of a net in ONNX Runtime, scores and the class of each pixel.
// Usage: ort_net.js MODEL HEIGHT WIDTH THREADS FOLDER, which has node_modules/onnxruntime-node. Writes {"ms", "peak_bytes", "version"}.
const path = require('path');
const [model, height, width, threads, folder] = process.argv.slice(2);
const ort = require(path.join(folder, 'node_modules', 'onnxruntime-node'));

(async () => {
    const session = await ort.InferenceSession.create(model, {
        intraOpNumThreads: +threads, interOpNumThreads: 1, graphOptimizationLevel: 'all', executionMode: 'sequential', logSeverityLevel: 3
    });
    const data = new Float32Array(3 * height * width);
    for (let i = 0; i < data.length; i++) {
        data[i] = 60 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    }
    const feeds = { x: new ort.Tensor('float32', data, [1, 3, +height, +width]) };
    await session.run(feeds);
    await session.run(feeds);
    const times = [];
    const begin = process.hrtime.bigint();
    while (times.length < 5 || (process.hrtime.bigint() - begin < 4_000_000_000n && times.length < 50)) {
        const start = process.hrtime.bigint();
        await session.run(feeds);
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    times.sort((a, b) => a - b);
    process.stdout.write(JSON.stringify({
        ms: times[times.length >> 1], peak_bytes: process.resourceUsage().maxRSS * 1024, version: `ONNX Runtime ${ort.env.versions.node}`
    }));
})().catch(error => {
    console.error(`error: ${String(error.message).split('\n')[0]}`);
    process.exit(1);
});
