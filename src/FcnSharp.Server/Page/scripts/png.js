// Reads the server's PNGs to their samples: class ids of a mask, confidences. Done here and not by drawing on a canvas, since
// two classes may share a colour, and a canvas may be limited in size or change what it is given.

const signature = [137, 80, 78, 71, 13, 10, 26, 10];

/** The bytes of a data URL. */
export async function fromDataUrl(url) {
  const text = atob(url.slice(url.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    bytes[i] = text.charCodeAt(i);
  }
  return bytes;
}

/**
 * Width, height and one number a pixel: the index of a palette image, the grey of a grey one.
 * Palette and grey at 1 to 16 bits without interlacing, which is all that the server writes.
 */
export async function decode(bytes) {
  const { header, data } = chunks(bytes);
  const [width, height, bits, kind] = [header.getUint32(0), header.getUint32(4), header.getUint8(8), header.getUint8(9)];
  if (![0, 3].includes(kind) || header.getUint8(12) !== 0) {
    throw new Error("The mask is a PNG of an unexpected kind.");
  }
  const pitch = Math.ceil(width * bits / 8);
  const rows = await inflate(data);
  if (rows.length < (pitch + 1) * height) {
    throw new Error("The mask is cut short.");
  }
  unfilter(rows, pitch, height, Math.max(1, bits / 8));
  return { width, height, values: unpack(rows, pitch, width, height, bits) };
}

function chunks(bytes) {
  if (!signature.every((value, i) => bytes[i] === value)) {
    throw new Error("The mask is no PNG.");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = [];
  let header = null;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (name === "IHDR") {
      header = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length);
    } else if (name === "IDAT") {
      data.push(bytes.subarray(at + 8, at + 8 + length));
    } else if (name === "IEND") {
      break;
    }
    at += length + 12;
  }
  if (!header) {
    throw new Error("The mask has no header.");
  }
  return { header, data };
}

async function inflate(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Undoes the row filters in place (PNG specification, section 9). */
function unfilter(rows, pitch, height, step) {
  for (let y = 0; y < height; y++) {
    const start = y * (pitch + 1) + 1;
    const up = start - pitch - 1;
    const filter = rows[start - 1];
    for (let i = filter === 0 ? pitch : 0; i < pitch; i++) {
      const left = i >= step ? rows[start + i - step] : 0;
      const above = y > 0 ? rows[up + i] : 0;
      const corner = y > 0 && i >= step ? rows[up + i - step] : 0;
      rows[start + i] += filter === 1 ? left : filter === 2 ? above : filter === 3 ? left + above >> 1 : paeth(left, above, corner);
    }
  }
}

function paeth(left, above, corner) {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function unpack(rows, pitch, width, height, bits) {
  const values = bits === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = y * (pitch + 1) + 1;
    const out = y * width;
    if (bits === 8) {
      values.set(rows.subarray(start, start + width), out);
    } else if (bits === 16) {
      for (let x = 0; x < width; x++) {
        values[out + x] = rows[start + 2 * x] << 8 | rows[start + 2 * x + 1];
      }
    } else {
      const mask = (1 << bits) - 1;
      for (let x = 0; x < width; x++) {
        const bit = x * bits;
        values[out + x] = rows[start + (bit >> 3)] >> 8 - bits - (bit & 7) & mask;
      }
    }
  }
  return values;
}
