#!/usr/bin/env node
'use strict';
// Times ONNX Runtime on the forward passes of the cases that `fcn bench --json` writes.
// Usage: ort_layers.js CASES.json THREADS FOLDER, which has node_modules/onnxruntime-node.
// Writes {"version": ..., "times": {"case pass": ms}} to standard output: the faster of outputs that the runtime allocates and
// outputs that are given to it. A model is one primitive, with ReLU where it follows, so layouts are changed in each run.
const fs = require('fs');
const path = require('path');
const { onnxModel, normal, product } = require('./onnx_model.js');
const [casesPath, threads, folder] = process.argv.slice(2);
const ort = require(path.join(folder, 'node_modules', 'onnxruntime-node'));

/** As `fcn bench` does: warmed up for 0.15 seconds, then at least 7 for 0.25. */
async function medianMs(run) {
    let begin = process.hrtime.bigint();
    for (let runs = 0; runs < 2 || process.hrtime.bigint() - begin < 150_000_000n; runs++) {
        await run();
    }
    const times = [];
    begin = process.hrtime.bigint();
    while (times.length < 7 || process.hrtime.bigint() - begin < 250_000_000n) {
        const start = process.hrtime.bigint();
        await run();
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    times.sort((a, b) => a - b);
    return times[times.length >> 1];
}

async function time(geometry) {
    const built = onnxModel(geometry);
    if (!built) {
        return null;
    }
    const session = await ort.InferenceSession.create(built.model, {
        intraOpNumThreads: +threads, interOpNumThreads: 1, graphOptimizationLevel: 'all', executionMode: 'sequential', logSeverityLevel: 3
    });
    try {
        const feeds = {};
        built.inputs.forEach((shape, i) => { feeds['x' + i] = new ort.Tensor('float32', normal(product(shape), 1), shape); });
        const outputs = await session.run(feeds);
        return Math.min(await medianMs(() => session.run(feeds)), await medianMs(() => session.run(feeds, outputs)));
    } finally {
        await session.release();
    }
}

(async () => {
    const times = {};
    for (const c of JSON.parse(fs.readFileSync(casesPath, 'utf8')).filter(c => c.pass === 'forward')) {
        try {
            const ms = await time(c.geometry);
            if (ms !== null) {
                times[`${c.case} ${c.pass}`] = ms;
            }
        } catch (error) {
            console.error(`note: ONNX Runtime cannot run ${c.case} ${c.pass}: ${String(error.message).split('\n')[0]}`);
        }
    }
    process.stdout.write(JSON.stringify({ version: `ONNX Runtime ${ort.env.versions.node}, node ${process.versions.node}`, times }));
})();
