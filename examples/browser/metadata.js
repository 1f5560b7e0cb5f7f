// What FcnSharp has written into an ONNX file about the model. ONNX Runtime Web does not tell it, but the file does: a protobuf message
// (ModelProto of onnx.proto) whose field 14 is repeated for each pair of key and value. The other fields are passed over by their length.

const metadataField = 14;
const [varint, eightBytes, counted, fourBytes] = [0, 1, 2, 5];

/** The pairs as an object. Throws where the bytes are no ONNX model. */
export function metadataOf(model) {
  const pairs = {};
  for (const { field, bytes } of fieldsOf(model)) {
    if (field === metadataField) {
      const [key, value] = [...fieldsOf(bytes)].map(part => new TextDecoder().decode(part.bytes));
      pairs[key] = value;
    }
  }
  return pairs;
}

/** The fields of a message one after the other; bytes only where the field has some. */
function* fieldsOf(message) {
  let at = 0;
  while (at < message.length) {
    const tag = number();
    const kind = tag % 8;
    let bytes = null;
    if (kind === varint) {
      number();
    } else if (kind === counted) {
      const length = number();
      bytes = message.subarray(at, at += length);
    } else if (kind === eightBytes || kind === fourBytes) {
      at += kind === eightBytes ? 8 : 4;
    } else {
      throw new Error("no protobuf message");
    }
    if (at > message.length) {
      throw new Error("cut short");
    }
    yield { field: Math.floor(tag / 8), bytes };
  }

  // Seven bits a byte, the lowest first; the highest bit says that more follow.
  function number() {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) {
        throw new Error("cut short");
      }
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        return value;
      }
    }
  }
}
