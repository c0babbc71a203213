// A coding agent's program: it starts an MCP server, calls its tools and prints what a model would see.
//
//   node agent.js SDK GENERATION PROGRAM ARGUMENT… < calls
//
// SDK is sdk or client, the older and the newer of the protocol's own; GENERATION a version of the protocol. calls are a list of [tool,
// arguments] in JSON. The answer to any question of the server's to the person is in $PERSON, in JSON.
const [, , sdk, generation, command, ...args] = process.argv;

async function connected(capabilities) {
  const info = { name: "node-client", version: "1.0.0" };
  if (sdk === "sdk") {
    const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
    const { ElicitRequestSchema } = require("@modelcontextprotocol/sdk/types.js");
    const client = new Client(info, { capabilities });
    if (capabilities.elicitation) client.setRequestHandler(ElicitRequestSchema, answer);
    await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" }));
    return client;
  }
  const { Client } = require("@modelcontextprotocol/client");
  const { StdioClientTransport } = require("@modelcontextprotocol/client/stdio");
  const mode = generation === "2026-07-28" ? { pin: generation } : "legacy";
  const client = new Client(info, { capabilities, versionNegotiation: { mode } });
  if (capabilities.elicitation) client.setRequestHandler("elicitation/create", answer);
  await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" }));
  return client;
}

function answer(request) {
  console.log(JSON.stringify({ asked: request.params.message }));
  return JSON.parse(process.env.PERSON);
}

async function main() {
  const calls = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const client = await connected(process.env.PERSON ? { elicitation: { form: {} } } : {});
  const { tools } = await client.listTools();
  console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), server: client.getServerVersion() }));
  for (const [name, given] of calls) {
    const result = await client.callTool({ name, arguments: given });
    console.log(JSON.stringify({ tool: name, error: result.isError === true, text: result.content.map((c) => c.text).join(""), structured: result.structuredContent }));
  }
  await client.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
