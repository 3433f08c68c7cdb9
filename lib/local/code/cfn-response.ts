/**
 * `cfn-response`, which functions whose code is in the template can require: it answers CloudFormation for a custom resource.
 * `done` is there up to nodejs22.x; from then on handlers await what `send` returns.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
 */
export const CFN_RESPONSE = `'use strict';
exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';
exports.send = (event, context, status, data, physicalResourceId, noEcho) =>
  new Promise((resolve) => {
    const url = new URL(event.ResponseURL);
    const body = JSON.stringify({
      Status: status,
      Reason: 'See the details in CloudWatch Log Stream: ' + context.logStreamName,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: data,
    });
    const finish = () => {
      context.done?.();
      resolve();
    };
    const { request } = require(url.protocol === 'http:' ? 'http' : 'https');
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    request(url, { method: 'PUT', headers }, (response) => response.resume().on('end', finish))
      .on('error', (error) => {
        console.log('send(..) failed executing request(..): ' + error);
        finish();
      })
      .end(body);
  });
`;
