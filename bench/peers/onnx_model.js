'use strict';
// Writes the ONNX model of one case, so that no ONNX package is needed: ONNX is a protobuf message, of which the few fields
// below suffice (field numbers from onnx.proto; opset 13).

const FLOAT = 1, INT64 = 7;

function varint(value) {
    const bytes = [];
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
        if (rest < 128n) {
            return Buffer.from([...bytes, Number(rest)]);
        }
        bytes.push(Number(rest & 127n) | 128);
    }
}

const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

function bytes(field, content) {
    const body = typeof content === 'string' ? Buffer.from(content) : content;
    return Buffer.concat([varint(field << 3 | 2), varint(body.length), body]);
}

function attribute(name, value) {
    const parts = [bytes(1, name)];
    if (typeof value === 'string') {
        parts.push(bytes(4, value), integer(20, 3));
    } else if (Array.isArray(value)) {
        parts.push(...value.map(v => integer(8, v)), integer(20, 7));
    } else if (Number.isInteger(value)) {
        parts.push(integer(3, value), integer(20, 2));
    } else {
        const number = Buffer.alloc(5);
        number[0] = 2 << 3 | 5;
        number.writeFloatLE(value.float, 1);
        parts.push(number, integer(20, 1));
    }
    return Buffer.concat(parts);
}

const node = (type, inputs, outputs, attributes = {}) => Buffer.concat([
    ...inputs.map(i => bytes(1, i)), ...outputs.map(o => bytes(2, o)), bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value)))]);

const tensor = (name, type, shape, data) => Buffer.concat([
    ...shape.map(d => integer(1, d)), integer(2, type), bytes(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength))]);

function valueInfo(name, type, shape) {
    const dimensions = shape ? bytes(2, Buffer.concat(shape.map(d => bytes(1, integer(1, d))))) : Buffer.alloc(0);
    return Buffer.concat([bytes(1, name), bytes(2, bytes(1, Buffer.concat([integer(1, type), dimensions])))]);
}

const product = shape => shape.reduce((a, b) => a * b, 1);

/** Random numbers, roughly normal: the sum of three uniform ones, to the wanted deviation. */
function normal(count, scale) {
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) {
        data[i] = 2 * scale * (Math.random() + Math.random() + Math.random() - 1.5);
    }
    return data;
}

/** What each operation is in ONNX; null where there is no inference of it. */
function parts(g) {
    const pads = [g.padding, g.padding, g.padding, g.padding], strides = [g.stride, g.stride];
    const window = [g.weight[0], g.weight[0]];
    const one = (type, attributes) => ({ nodes: [node(type, ['x0'], ['y'], attributes)] });
    const channels = g.input[1];
    switch (g.operation) {
        case 'conv2d':
            return {
                nodes: [node('Conv', ['x0', 'w', 'b'], [g.relu ? 'c' : 'y'], { pads, strides, kernel_shape: g.weight.slice(2) }),
                    ...(g.relu ? [node('Relu', ['c'], ['y'])] : [])],
                floats: [['w', g.weight, 0.02], ['b', [g.weight[0]], 0.02]]
            };
        case 'conv_transpose2d':
            return { nodes: [node('ConvTranspose', ['x0', 'w'], ['y'], { pads, strides, kernel_shape: g.weight.slice(2) })], floats: [['w', g.weight, 0.02]] };
        case 'max_pool2d':
            return one('MaxPool', { pads, strides, kernel_shape: window, ceil_mode: g.ceil_mode ? 1 : 0 });
        case 'avg_pool2d':
            return one('GlobalAveragePool');
        case 'batch_norm2d':
            return {
                nodes: [node('BatchNormalization', ['x0', 'w', 'b', 'mean', 'variance'], ['y'])],
                floats: [['w', [channels], 1], ['b', [channels], 1], ['mean', [channels], 1]], ones: [['variance', [channels]]]
            };
        case 'local_response_norm':
            return one('LRN', { size: g.weight[0], alpha: { float: 1e-4 }, beta: { float: 0.75 }, bias: { float: 1 } });
        case 'relu':
            return one('Relu');
        case 'sum':
            return { nodes: [node('Add', ['x0', 'x1'], ['y'])], inputs: [g.input, g.input] };
        case 'concat':
            return {
                nodes: [node('Concat', g.weight.map((_, i) => 'x' + i), ['y'], { axis: 1 })],
                inputs: g.weight.map(c => [g.input[0], c, g.input[2], g.input[3]])
            };
        case 'resize_bilinear':
            return {
                nodes: [node('Resize', ['x0', '', '', 'sizes'], ['y'], { mode: 'linear', coordinate_transformation_mode: 'half_pixel' })],
                integers: [['sizes', [g.input[0], g.input[1], ...g.weight]]]
            };
        case 'argmax':
            return { nodes: [node('ArgMax', ['x0'], ['y'], { axis: 1 })], outputs: [['y', INT64]] };
        case 'softmax_argmax':
            return {
                nodes: [node('Softmax', ['x0'], ['p'], { axis: 1 }), node('ArgMax', ['p'], ['y'], { axis: 1 }), node('ReduceMax', ['p'], ['z'], { axes: [1] })],
                outputs: [['y', INT64], ['z', FLOAT]]
            };
        default:
            return null;
    }
}

/** The model of a geometry and the shapes of its inputs x0, x1, ...; null where ONNX Runtime has no inference of it. */
function onnxModel(geometry) {
    const p = parts(geometry);
    if (!p) {
        return null;
    }

    const inputs = p.inputs ?? [geometry.input];
    const graph = Buffer.concat([
        ...p.nodes.map(n => bytes(1, n)), bytes(2, 'case'),
        ...(p.floats ?? []).map(([name, shape, scale]) => bytes(5, tensor(name, FLOAT, shape, normal(product(shape), scale)))),
        ...(p.ones ?? []).map(([name, shape]) => bytes(5, tensor(name, FLOAT, shape, new Float32Array(product(shape)).fill(1)))),
        ...(p.integers ?? []).map(([name, values]) => bytes(5, tensor(name, INT64, [values.length], BigInt64Array.from(values, BigInt)))),
        ...inputs.map((shape, i) => bytes(11, valueInfo('x' + i, FLOAT, shape))),
        ...(p.outputs ?? [['y', FLOAT]]).map(([name, type]) => bytes(12, valueInfo(name, type)))]);
    return { inputs, model: Buffer.concat([integer(1, 8), bytes(7, graph), bytes(8, integer(2, 13))]) };
}

module.exports = { onnxModel, normal, product };
