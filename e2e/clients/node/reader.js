// A program that uses the AWS SDK for JavaScript: it reads an object once, and again and again until a file is there.
//
//	node reader.js ENDPOINT BUCKET KEY STOP
//
// Region and credentials come from where the SDK finds them by itself. It prints how many reads went well, how many did not, and
// the first error, as one line of JSON. The SDK is looked for in NODE_PATH.
"use strict";

const { existsSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { S3Client, GetObjectCommand } = require("@aws-sdk/client-s3");

const pause = 200; // milliseconds

async function run(endpoint, bucket, key, stop) {
  const client = new S3Client({ endpoint, forcePathStyle: true });
  const tally = { reads: 0, failures: 0, error: "" };
  for (; ; await sleep(pause)) {
    try {
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      await object.Body.transformToString();
      tally.reads++;
    } catch (error) {
      tally.failures++;
      tally.error ||= `${new Date().toISOString()} ${error}`;
    }
    if (existsSync(stop)) break;
  }
  console.log(JSON.stringify(tally));
}

run(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
