// A program that uses Databricks' SQL driver for Node.js: it asks a warehouse who it works as.
//
//	node sql.js token HOST PORT PATH       with DATABRICKS_TOKEN, which does not change while it runs
//	node sql.js callback HOST PORT PATH    with a callback that asks the metadata service of the environment
//
// It prints the user name as one line of JSON. The driver is looked for in NODE_PATH.
"use strict";

const http = require("node:http");
const { once } = require("node:events");
const { json } = require("node:stream/consumers");
const { DBSQLClient, DBSQLLogger } = require("@databricks/sql");

const signIns = {
  token: () => ({ token: process.env.DATABRICKS_TOKEN }),
  callback: () => ({ authType: "external-token", getToken: metadataToken }),
};

// Not by fetch: Node's says of itself what browsers say of pages (Sec-Fetch-Mode), and a page gets no token.
async function metadataToken() {
  const headers = { "X-Databricks-Metadata-Version": "1", "X-Databricks-Host": process.env.DATABRICKS_HOST };
  const [answer] = await once(http.get(process.env.DATABRICKS_METADATA_SERVICE_URL, { headers }), "response");
  const { access_token, message } = await json(answer);
  if (!access_token) throw new Error(message);
  return access_token;
}

async function run(signIn, host, port, path) {
  const client = new DBSQLClient({ logger: new DBSQLLogger({ level: "error" }) }); // it logs to stdout
  // A double is no place for telemetry, and a refusal no reason to try for minutes.
  await client.connect({ host, port: Number(port), path, telemetryEnabled: false, retryMaxAttempts: 1, ...signIns[signIn]() });
  try {
    const session = await client.openSession();
    const operation = await session.executeStatement("SELECT current_user() AS user_name");
    const rows = await operation.fetchAll();
    await operation.close();
    await session.close();
    console.log(JSON.stringify({ user_name: rows[0].user_name, expiry: 0, calls: 1 }));
  } finally {
    await client.close();
  }
}

run(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
