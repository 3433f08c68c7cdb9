/*
 * A server in a thread of its own, so that it goes on while the thread of the test is blocked. It answers every request and,
 * when it is asked to, closes its connections. What arrives on a closed one is counted too.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface ClosingServerData {
  /** 0: how often the connections were closed. 1: how many requests have arrived. */
  readonly counts: Int32Array;
}
export type Close = 'half-close' | 'close' | 'reset';

const { counts } = workerData as ClosingServerData;
const open = new Set<Socket>();

const server = createServer({ allowHalfOpen: true }, (socket) => {
  open.add(socket);
  socket.on('error', () => undefined);
  socket.on('data', () => {
    Atomics.add(counts, 1, 1);
    if (socket.writable) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
});

parentPort?.on('message', (how: Close) => {
  for (const socket of open) {
    open.delete(socket);
    const done = () => {
      Atomics.add(counts, 0, 1);
      Atomics.notify(counts, 0);
    };
    if (how === 'half-close') socket.end(done);
    else socket.once('close', done);
    if (how === 'close') socket.destroy();
    if (how === 'reset') socket.resetAndDestroy();
  }
});

server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
