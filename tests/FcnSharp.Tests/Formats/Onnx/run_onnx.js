'use strict';
// Runs an ONNX model in ONNX Runtime for several inputs. Usage: run_onnx.js FOLDER MODEL RUNS.json, where FOLDER has
// node_modules/onnxruntime-node and RUNS is [{"input", "type", "shape", "output"}]. Inputs and outputs are raw little-endian numbers; classes
// are written as bytes. Writes the shapes of the outputs as a JSON array.
const fs = require('fs');
const path = require('path');
const [folder, model, runs] = process.argv.slice(2);
const ort = require(path.join(folder, 'node_modules', 'onnxruntime-node'));

(async () => {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const shapes = [];
    for (const run of JSON.parse(fs.readFileSync(runs))) {
        const bytes = fs.readFileSync(run.input);
        const data = run.type === 'uint8' ? new Uint8Array(bytes) : new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        const result = await session.run({ [session.inputNames[0]]: new ort.Tensor(run.type, data, run.shape) });
        const output = result[session.outputNames[0]];
        fs.writeFileSync(run.output, Buffer.from(output.data.buffer, output.data.byteOffset, output.data.byteLength));
        shapes.push(output.dims);
    }
    process.stdout.write(JSON.stringify(shapes));
})().catch(error => {
    console.error(`error: ${String(error.message).split('\n')[0]}`);
    process.exit(1);
});
