/** Frames of the plugin protocol: two lengths, one JSON object, one body. See docs/plugin-protocol.md. */

export type Fields = { [name: string]: unknown };

export interface Frame {
  readonly fields: Fields;
  readonly body: Buffer;
}

const HEAD_BYTES = 8;
const MAX_JSON_BYTES = 262_144;

/** The bytes of a frame. Throws RangeError for JSON that is longer than the gateway reads. */
export function encodeFrame(fields: Fields, body: Buffer = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(fields), "utf-8");
  if (json.length > MAX_JSON_BYTES) {
    throw new RangeError(`JSON of more than ${MAX_JSON_BYTES} bytes`);
  }
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(json.length, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, json, body]);
}

/** Takes bytes as they come and gives whole frames. */
export class FrameReader {
  private bytes = Buffer.alloc(0);

  *feed(data: Buffer): Generator<Frame> {
    this.bytes = Buffer.concat([this.bytes, data]);
    while (this.bytes.length >= HEAD_BYTES) {
      const jsonEnds = HEAD_BYTES + this.bytes.readUInt32BE(0);
      const ends = jsonEnds + this.bytes.readUInt32BE(4);
      if (this.bytes.length < ends) {
        return;
      }
      const fields = JSON.parse(this.bytes.subarray(HEAD_BYTES, jsonEnds).toString("utf-8")) as Fields;
      const body = Buffer.from(this.bytes.subarray(jsonEnds, ends));
      this.bytes = this.bytes.subarray(ends);
      yield { fields, body };
    }
  }
}
