// A program that uses the Databricks SDK for JavaScript: it asks the workspace who it works as.
//
//	node workspace.js          once
//	node workspace.js 30       every second for 30 seconds
//
// Host, profile and token come from where the SDK finds them by itself. It prints the user name and what the SDK takes
// for the token's expiry, as one line of JSON. The SDK is looked for in NODE_PATH.
"use strict";

const { WorkspaceClient } = require("@databricks/sdk-experimental");
const { setTimeout: sleep } = require("node:timers/promises");

async function run(seconds) {
  const workspace = new WorkspaceClient({});
  const answer = { user_name: "", expiry: 0, calls: 0 };
  for (const end = Date.now() + seconds * 1000; ; await sleep(1000)) {
    const me = await workspace.currentUser.me();
    answer.user_name = me.userName;
    answer.calls++;
    if (Date.now() >= end) break;
  }
  answer.expiry = (await currentToken(workspace.config)).expiry;
  console.log(JSON.stringify(answer));
}

// The SDK keeps its token to itself, so its own reader of what the helper or the metadata service answers is asked once more.
function currentToken(config) {
  if (config.authType === "metadata-service") {
    const { MetadataServiceCredentials } = require("@databricks/sdk-experimental/dist/config/MetadataServiceCredentials");
    return new MetadataServiceCredentials().getTokenSource(config, new URL(config.metadataServiceUrl))();
  }
  const { DatabricksCliCredentials } = require("@databricks/sdk-experimental/dist/config/DatabricksCliCredentials");
  return new DatabricksCliCredentials().getTokenSource(config)();
}

run(Number(process.argv[2] ?? 0)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
