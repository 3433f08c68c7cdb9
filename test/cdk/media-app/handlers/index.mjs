/* Calls the services without an SDK, at the endpoints that an SDK would read. */
const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_SNS, BUCKET, TOPIC } = process.env;
const object = (key) => `${AWS_ENDPOINT_URL_S3}/${BUCKET}/${key}`;

export const upload = async ({ time }) => {
  await fetch(object('in/photo.txt'), { method: 'PUT', body: `taken at ${time}` });
};

export const thumbnail = async ({ Records: [{ s3 }] }) => {
  const photo = await (await fetch(object(s3.object.key))).text();
  const body = new URLSearchParams({
    Action: 'Publish',
    TopicArn: TOPIC,
    Message: `thumbnail of ${photo.slice(0, 5)}`,
    'MessageAttributes.entry.1.Name': 'size',
    'MessageAttributes.entry.1.Value.DataType': 'Number',
    'MessageAttributes.entry.1.Value.StringValue': String(s3.object.size),
  });
  await fetch(AWS_ENDPOINT_URL_SNS, { method: 'POST', body });
};

export const notes = async ({ Records: [{ Sns }] }) => {
  console.log(`noted ${Sns.Message}`);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.GetSecretValue',
    authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/secretsmanager/aws4_request',
  };
  const response = await fetch(AWS_ENDPOINT_URL, { method: 'POST', headers, body: '{}' });
  console.log(`secret ${response.status} ${await response.text()}`);
};
