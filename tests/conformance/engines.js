/* The two engines, each a function from operation and body to {status, body}. */
"use strict";
const { spawn } = require("node:child_process");
const http = require("node:http");
const path = require("node:path");
const readline = require("node:readline");
const dynalite = require("dynalite");

const TARGET = "DynamoDB_20120810.";

const startOncecheck = () => {
  const program = process.env.ONCECHECK || path.resolve(__dirname, "../../build/oncecheck");
  const child = spawn(program, ["aws"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  readline.createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()(JSON.parse(line)));
  return {
    ask: (operation, body) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify({ target: TARGET + operation, body })}\n`);
      }),
    stop: () => child.stdin.end(),
  };
};

const startDynalite = async () => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = new http.Agent({ keepAlive: true });
  const headers = {
    "Content-Type": "application/x-amz-json-1.0",
    Authorization: "AWS4-HMAC-SHA256 Credential=a/20240101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=a",
    "X-Amz-Date": "20240101T000000Z",
  };
  /* It throws outside of any request where it cannot work one out. */
  let fail = null;
  process.on("uncaughtException", (error) => {
    if (fail === null) throw error;
    fail(error);
  });
  const ask = (operation, body) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        { host: "127.0.0.1", port: server.address().port, method: "POST", agent, headers: { ...headers, "X-Amz-Target": TARGET + operation } },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (part) => (text += part));
          response.on("end", () => {
            fail = null;
            try {
              resolve({ status: response.statusCode, body: text === "" ? {} : JSON.parse(text) });
            } catch {
              resolve({ status: response.statusCode, body: { __type: text } });
            }
          });
        },
      );
      fail = (error) => {
        fail = null;
        request.destroy();
        resolve({ status: 500, body: { __type: "crash", message: error.message } });
      };
      request.on("error", (error) => (fail === null ? undefined : reject(error)));
      request.end(JSON.stringify(body));
    });
  return { ask, stop: () => (agent.destroy(), server.close()) };
};

module.exports = { startOncecheck, startDynalite };
