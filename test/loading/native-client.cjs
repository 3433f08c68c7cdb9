/*
 * Stands for the native part of AWS's runtime clients, which is libcurl: it asks for invocations, and sends an answer before
 * it returns.
 */
const { execFileSync } = require('node:child_process');
const http = require('node:http');

const host = process.env.AWS_LAMBDA_RUNTIME_API;
const port = host.split(':')[1];
const options = (method, path) => ({
  ...{ host: '127.0.0.1', port, method, path: `/2018-06-01/runtime/invocation/${path}` },
  headers: { host, 'content-type': 'application/json' },
});

const POST = `
const [options, body] = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
require('node:http').request(options, (response) => response.resume()).end(body);`;

function post(path, body, headers = {}) {
  const request = options('POST', path);
  const sent = { ...request, headers: { ...request.headers, ...headers } };
  const env = { PATH: process.env.PATH };
  execFileSync(process.execPath, ['-e', POST], { env, input: JSON.stringify([sent, body]) });
}

exports.next = () =>
  new Promise((resolve, reject) => {
    http
      .request(options('GET', 'next'), (response) => {
        let bodyJson = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          bodyJson += chunk;
        });
        response.on('end', () => resolve({ bodyJson, headers: response.headers }));
      })
      .on('error', reject)
      .end();
  });
exports.done = (id, body) => post(`${id}/response`, body);
exports.error = (id, body) =>
  post(`${id}/error`, body, {
    'lambda-runtime-function-error-type': String(JSON.parse(body).errorType).replaceAll(/[^\x20-\x7e]/g, '?'),
  });
