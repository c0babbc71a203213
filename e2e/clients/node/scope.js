// A program that uses the AWS SDK for JavaScript: it asks STS for narrower credentials, once for each input.
//
//	node scope.js ENDPOINT INPUTS
//
// INPUTS is JSON, a list of inputs of GetScopedCredentials. One with again: true is signed with the credentials of the answer before
// it, the others with those that the SDK finds by itself. For each it prints what the SDK made of the answer, without secrets, or of
// the error, as one line of JSON. The SDK is looked for in NODE_PATH.
"use strict";

const STS = require("@aws-sdk/client-sts");

async function run(endpoint, inputs) {
  const answers = [];
  let before;
  for (const { again, ...input } of JSON.parse(inputs)) {
    const client = new STS.STSClient({ endpoint, maxAttempts: 1, ...(again && { credentials: before }) });
    try {
      const { Credentials: made, $metadata: _, ...answer } = await client.send(new STS.GetScopedCredentialsCommand(input));
      before = {
        accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.SessionToken, expiration: made.Expiration,
      };
      answers.push({ ...answer, Key: made.AccessKeyId, Expiration: made.Expiration, TokenBytes: made.SessionToken.length });
    } catch (error) {
      const known = Object.hasOwn(STS, error.name) && error instanceof STS[error.name];
      answers.push({ Error: error.name, Known: known, Message: error.message });
    }
  }
  console.log(JSON.stringify(answers));
}

run(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
