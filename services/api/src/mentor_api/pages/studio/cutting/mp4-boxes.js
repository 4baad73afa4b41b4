// The boxes of an MP4 or MOV (ISO/IEC 14496-12): those of a file, and those within its index.

const MOST_BOXES = 20_000;

/** @typedef {{name: string, start: number, end: number}} Box what is inside of it */

/** The outermost boxes of a file, their headers included; of other kinds of files hardly any. @param {Blob} file @returns {Promise<Box[]>} */
export async function outermost(file) {
  const boxes = [];
  for (let at = 0; at + 16 <= file.size && boxes.length < MOST_BOXES; ) {
    const header = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const size = header.getUint32(0);
    const length = size === 1 ? Number(header.getBigUint64(8)) : size || file.size - at;
    if (length < 8) break;
    boxes.push({ name: nameAt(header, 4), start: at, end: at + length });
    at += length;
  }
  return boxes;
}

/** The first box along a path. @param {DataView} view @param {Pick<Box, "start"|"end">} box @param {string[]} path @returns {Box|undefined} */
export function inside(view, box, ...path) {
  const [name, ...rest] = path;
  const found = [...boxesOf(view, box)].find((each) => each.name === name);
  return found && rest.length ? inside(view, found, ...rest) : found;
}

/** The first track of a kind in the inside of an index (`moov`). @param {DataView} view @param {"soun"|"vide"} kind @returns {Box|undefined} */
export function trackOf(view, kind) {
  for (const box of boxesOf(view, { start: 0, end: view.byteLength })) {
    const handler = inside(view, box, "mdia", "hdlr");
    if (handler && nameAt(view, handler.start + 8) === kind) return box;
  }
}

/** Four letters. @param {DataView} view @param {number} at */
export const nameAt = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((n) => view.getUint8(at + n)));

/** The boxes of a span, in order. @param {DataView} view @param {{start: number, end: number}} span @returns {Generator<Box>} */
function* boxesOf(view, { start, end }) {
  for (let at = start; at + 8 <= end; ) {
    const size = view.getUint32(at) || end - at;
    const large = size === 1;
    const next = at + (large ? Number(view.getBigUint64(at + 8)) : size);
    if (next <= at || next > end) return;
    yield { name: nameAt(view, at + 4), start: at + (large ? 16 : 8), end: next };
    at = next;
  }
}
