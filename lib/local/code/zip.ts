import {
  chmodSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { LocalRunError } from '../problem.ts';

/*
 * Archives of functions and layers are deflated or stored, never encrypted, and under 4 GB: the directory at their end and
 * Node's own inflate are all that it takes to read them, so there is no package for it.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
/** A size or a number that stands elsewhere, as in archives over 4 GB or with over 65,534 files. */
const ZIP64 = [0xffff, 0xffffffff];

const UNIX = 3;
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly at: number;
  readonly isEncrypted: boolean;
  /** As on Unix; undefined where the archive was made elsewhere. */
  readonly mode: number | undefined;
}

function findEnd(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = archive.length - END_BYTES; at >= lowest; at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new Error('it is no zip archive');
}

function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (ZIP64.includes(count) || ZIP64.includes(at)) throw new Error('it is a zip64 archive');
  for (let left = count; left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('its directory is broken');
    const nameBytes = archive.readUInt16LE(at + 28);
    const madeOn = archive.readUInt8(at + 5);
    yield {
      name: archive.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      isEncrypted: (archive.readUInt16LE(at + 8) & 1) === 1,
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      compressedBytes: archive.readUInt32LE(at + 20),
      bytes: archive.readUInt32LE(at + 24),
      mode: madeOn === UNIX ? archive.readUInt16LE(at + 40) : undefined,
      at: archive.readUInt32LE(at + 42),
    };
    at += ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

function contentOf(archive: Buffer, entry: Entry): Buffer {
  const { name, at, compressedBytes, bytes, method } = entry;
  if (entry.isEncrypted) throw new Error(`${name} is encrypted`);
  if (archive.readUInt32LE(at) !== LOCAL) throw new Error(`${name} is not where the directory says`);
  const start = at + LOCAL_BYTES + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const packed = archive.subarray(start, start + compressedBytes);
  if (method !== 0 && method !== 8) throw new Error(`${name} is compressed by method ${method}`);
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  if (content.length !== bytes || crc32(content) !== entry.crc) throw new Error(`${name} is damaged`);
  return content;
}

function extract(archive: Buffer, folder: string): void {
  const links: (readonly [target: string, path: string])[] = [];
  const place = (name: string): string => {
    const path = resolve(folder, name);
    const parent = name.endsWith('/') ? path : dirname(path);
    const isInside = path.startsWith(folder + sep);
    if (isInside) mkdirSync(parent, { recursive: true });
    if (!isInside || realpathSync(parent) !== parent) throw new Error(`${name} leads out of it`);
    return path;
  };
  for (const entry of entriesOf(archive)) {
    const path = place(entry.name);
    if (entry.name.endsWith('/')) continue;
    const content = contentOf(archive, entry);
    const mode = entry.mode ?? 0;
    if ((mode & FILE_TYPE) === SYMLINK) {
      links.push([content.toString('utf8'), path]);
      continue;
    }
    rmSync(path, { force: true });
    writeFileSync(path, content);
    if ((mode & 0o777) !== 0) chmodSync(path, mode & 0o777);
  }
  // Last, so that nothing is written through one.
  for (const [target, path] of links) {
    rmSync(path, { force: true });
    symlinkSync(target, path);
  }
}

/**
 * Extracts a zip archive into an existing folder, with permissions and symbolic links.
 * @throws {LocalRunError} for one that is damaged, encrypted, or larger than Lambda takes.
 */
export function unzip(file: string, folder: string): void {
  try {
    extract(readFileSync(file), realpathSync(folder));
  } catch (error) {
    throw new LocalRunError(`${file} cannot be extracted: ${(error as Error).message}`, error as Error);
  }
}
