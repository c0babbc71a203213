// A program that has policies judged by @cloud-copilot/iam-simulate, an evaluator of IAM's rules that shares nothing with ours.
// It is under the AGPL: it runs here, in a process of its own, and nothing of the product links or ships it.
//
//	node judge.js < cases.json
//
// In comes a list of what the package calls simulations; out comes, as one line of JSON, a list of verdicts: Allowed,
// ExplicitlyDenied, ImplicitlyDenied, or why there is none. A context key that it would leave out is no verdict, either.
// The package is looked for in NODE_PATH.
"use strict";

const { readFileSync } = require("node:fs");
const { runSimulation } = require("@cloud-copilot/iam-simulate");

async function judge(simulation) {
  const answer = await runSimulation(simulation, { simulationMode: "Strict" });
  if (answer.resultType !== "single") return "no verdict: " + JSON.stringify(answer.errors ?? answer.resultType);
  const ignored = answer.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) return "no verdict: it leaves out " + ignored;
  return answer.overallResult;
}

async function run() {
  const verdicts = [];
  for (const simulation of JSON.parse(readFileSync(0, "utf8"))) {
    verdicts.push(await judge(simulation).catch((error) => "no verdict: " + error.message));
  }
  console.log(JSON.stringify(verdicts));
}

run();
