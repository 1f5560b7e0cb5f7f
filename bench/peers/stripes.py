"""An image to time with where none is given, from the standard library alone."""
import struct
import zlib


def write_image(path, width, height):
    """A PNG with stripes and noise."""
    rows, state = bytearray(), 1
    for y in range(height):
        rows.append(0)
        for x in range(width):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            noise = state >> 26
            rows += bytes(((x // 2 + noise) & 255, (y // 2 + noise) & 255, (x * y // 700 + noise) & 255))
    write_png(path, width, height, 2, rows)


def write_png(path, width, height, colour, rows):
    """8 bits a channel; colour is PNG's code of the kind, and each row begins with the number of its filter."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b""))
