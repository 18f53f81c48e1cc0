"use strict";
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { createProxyServer } = require("http-proxy-3");

const { LISTEN_PORT, TARGET, TOKEN, ACCESS_LOG } = process.env;
const kind = TARGET.startsWith("https:") ? https : http;
const proxy = createProxyServer({
  target: TARGET,
  agent: new kind.Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 512 }),
  headers: { authorization: `Bearer ${TOKEN}` },
});
const log = fs.createWriteStream(ACCESS_LOG);

proxy.on("error", (error, request, response) => {
  if (response.headersSent) return response.destroy();
  response.writeHead(502).end();
});

http
  .createServer((request, response) => {
    const begin = process.hrtime.bigint();
    response.on("finish", () => {
      const took = Number(process.hrtime.bigint() - begin) / 1e6;
      log.write(
        `${new Date().toISOString()} ${request.method} ${request.url} ${response.statusCode} ${took.toFixed(2)}\n`,
      );
    });
    proxy.web(request, response);
  })
  .listen(Number(LISTEN_PORT), "127.0.0.1");
