/* Two writes over a kept connection, neither signed nor checked: what is left to any library. */
const http = process.getBuiltinModule('node:http');
const agent = new http.Agent({ keepAlive: true });
const table = process.env['FIBRIN_TABLE'] ?? '';
const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
const headers = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.PutItem',
};

const put = (id: string, state: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = http.request(endpoint, { agent, method: 'POST', headers }, (response) => {
      response.resume().once('end', resolve);
    });
    request.once('error', reject);
    request.end(JSON.stringify({ TableName: table, Item: { pk: { S: id }, state: { S: state } } }));
  });

export const handler = async ({ id }: { readonly id: string }): Promise<object> => {
  await put(id, 'in-progress');
  await put(id, 'completed');
  return { statusCode: 201, body: id };
};
